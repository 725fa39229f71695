import FleetConfiguration
import FleetModel
import Testing

@Suite("where the metrics page is served")
struct MetricsSettingsTests {
    @Test(
        "is what the configuration says, and an address that others reach is warned of",
        arguments: [
            ("127.0.0.1:9464", MetricsSettings(host: "127.0.0.1", port: 9464), false),
            ("\"[::1]:9464\"", MetricsSettings(host: "::1", port: 9464), false),
            ("0.0.0.0:9464", MetricsSettings(host: "0.0.0.0", port: 9464), true),
        ])
    func listen(text: String, settings: MetricsSettings, isWarned: Bool) throws {
        let yaml = "database: zubr.db\nsocket: zubrd.sock\nmetrics:\n  listen: \(text)\n"
        try withConfiguration(replacing: "zubrd.yaml", by: yaml) { file in
            let loaded = try FleetConfiguration.load(file, now: testNow)
            #expect(loaded.daemon.metrics == settings)
            #expect(loaded.warnings.contains { $0.message.contains("everybody who can reach") } == isWarned)
        }
    }

    @Test("is nowhere when nothing is said")
    func none() throws {
        try withConfiguration(replacing: "zubrd.yaml", by: "database: zubr.db\nsocket: zubrd.sock\n") { file in
            let loaded = try FleetConfiguration.load(file, now: testNow)
            #expect(loaded.daemon.metrics == nil)
        }
    }
}
