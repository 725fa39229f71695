import FleetMQTT
import FleetModel
import Testing

@Suite("A broker's address is read from a URL")
struct BrokerURLTests {
    @Test(
        "good ones",
        arguments: [
            ("mqtt://localhost", "localhost", 1883, nil, nil, false),
            ("mqtt://10.0.0.7:2883/", "10.0.0.7", 2883, nil, nil, false),
            ("mqtt://zubrd:p%40ss:w@broker:1", "broker", 1, "zubrd", "p@ss:w", false),
            ("mqtt://north%2Ftruck_1@broker:65535", "broker", 65_535, "north/truck_1", nil, false),
            ("mqtt://[::1]:1884", "::1", 1884, nil, nil, false),
            ("mqtt://[::1]", "::1", 1883, nil, nil, false),
            ("mqtts://broker.example", "broker.example", 8883, nil, nil, true),
        ] as [(String, String, Int, String?, String?, Bool)])
    func good(url: String, host: String, port: Int, user: String?, password: String?, isSecure: Bool) throws {
        let settings = try BrokerSettings(url: url, clientID: "sim", authorityFile: "/ca.pem")
        #expect(settings.host == host)
        #expect(settings.port == port)
        #expect(settings.inbox == BrokerSettings.Credentials(clientID: "sim", user: user, password: password))
        #expect(settings.post == settings.inbox)
        #expect(settings.tls == (isSecure ? BrokerSettings.TLS(authorityFile: "/ca.pem") : nil))
    }

    @Test(
        "bad ones say what is wrong",
        arguments: [
            ("localhost:1883", "begins with neither"), ("http://localhost", "begins with neither"),
            ("mqtt://", "host is missing"), ("mqtt://:1883", "host is missing"), ("mqtt://a/b", "has a path"),
            ("mqtt://a:0", "port"), ("mqtt://a:65536", "port"), ("mqtt://a:x", "port"), ("mqtt://a:", "port"),
            ("mqtt://@a", "user"), ("mqtt://%zz@a", "user"), ("mqtt://u:%4@a", "password"),
            ("mqtt://[::1", "bracket"), ("mqtt://[::1]x", "only a port"),
        ])
    func bad(url: String, fragment: String) {
        let problem = #expect(throws: BrokerURLProblem.self) { try BrokerSettings(url: url, clientID: "sim") }
        #expect(problem?.description.contains(fragment) == true)
        #expect(problem?.description.contains("write mqtt://user:password@host:port") == true)
    }
}
