import FleetMQTT
import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc
import Rehearsal
import Support
import Testing

/// Whether certificates can be made here; without openssl there is nothing to test TLS with.
private let hasOpenSSL = (try? systemProgram("openssl", package: "openssl")) != nil

@Suite("TLS is used when it is set up", .serialized, .enabled(if: hasOpenSSL, "openssl is not installed"))
struct TLSTests {
    @Test("commit, then acknowledge holds over TLS too", arguments: BrokerSettings.ProtocolVersion.allCases)
    func acknowledgement(version: BrokerSettings.ProtocolVersion) async throws {
        let certificates = try await Certificates()
        var rig = try await Rig(version, access: certificates.access)
        rig.settings.tls = BrokerSettings.TLS(authorityFile: certificates.authority)
        let inbox = try await rig.subscribedInbox(limits: IngestLimits(batchMessages: 20))
        try await rig.publish(0..<100)
        #expect(try await inbox.gather(10).first?.number == 0)
        await inbox.abandon()
        var numbers: [Int?] = []
        while numbers.count < 100 {
            let batch = try await inbox.gather(1)
            guard !batch.isEmpty else { break }
            numbers += batch.map(\.number)
            try await inbox.acknowledge()
        }
        #expect(numbers == Array(0..<100))
        #expect(try await inbox.isQuiet())
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("a broker whose certificate another authority has signed is not trusted")
    func foreignAuthority() async throws {
        let certificates = try await Certificates()
        let others = try await Certificates()
        var rig = try await Rig(access: certificates.access)
        rig.settings.tls = BrokerSettings.TLS(authorityFile: others.authority)
        let inbox = rig.inbox()
        let failure = await #expect(throws: InboxFailure.self) { while true { _ = try await inbox.collect() } }
        #expect(String(describing: failure).contains("certificate verify failed"))
        #expect(!String(describing: failure).contains("does the broker"))
        #expect(inbox.gauges.snapshot.connects == 0)
        await inbox.shutdown()
        await rig.stop()
    }

    @Test(
        "a broker that asks for certificates knows each client by its own",
        arguments: BrokerSettings.ProtocolVersion.allCases)
    func clientCertificates(version: BrokerSettings.ProtocolVersion) async throws {
        let certificates = try await Certificates()
        var rig = try await Rig(version, access: certificates.clientAccess)
        let machine = try await certificates.client("north/truck_1", subject: "north\\/truck_1")
        let daemon = try await certificates.client("zubrd")
        rig.settings.tls = daemon
        let inbox = rig.inbox()
        rig.settings.tls = machine
        // It claims the daemon's id; the certificate says who it is.
        let publisher = rig.publisher(as: BrokerSettings.Credentials(clientID: "zubrd"))
        let topic = "zubr/v1/north/truck_1/telemetry"
        var bodies: [InboundMessage] = []
        while bodies.isEmpty {
            try await publisher.publish(Rig.message(1, topic: topic))
            bodies = try await inbox.collect()
        }
        #expect(bodies.first?.topic == topic)
        try await inbox.acknowledge()
        try await publisher.drain()
        let taken = publisher.counts.acknowledged
        try await publisher.publish(Rig.message(2, topic: "zubr/v1/north/truck_2/telemetry"))
        try await publisher.drain()
        // MQTT 3.1.1 cannot say no to a message, so there it is only not passed on.
        if version == .v5 { #expect(publisher.counts.refused == 1 && publisher.counts.acknowledged == taken) }
        while case let more = try await inbox.collect(), !more.isEmpty {
            #expect(more.allSatisfy { $0.topic == topic })
            try await inbox.acknowledge()
        }
        #expect(inbox.gauges.snapshot.connects == 1)
        #expect(publisher.gauges.snapshot.connects == 1)
        await publisher.close()
        await inbox.shutdown()
        await rig.stop()
        withExtendedLifetime(certificates) {}
    }

    @Test("the post has a certificate of its own, so that the broker does not take it for the inbox")
    func twoCertificates() async throws {
        let certificates = try await Certificates()
        var rig = try await Rig(access: certificates.clientAccess)
        rig.settings.tls = try await certificates.client("zubrd")
        let own = try await certificates.client("zubrd-post")
        rig.settings.post.certificateFile = own.certificateFile
        rig.settings.post.keyFile = own.keyFile
        let inbox = rig.inbox()
        let post = MosquittoPost(rig.settings, backoff: Rig.backoff)
        #expect(try await eventually { try await inbox.collect().isEmpty && inbox.gauges.snapshot.isConnected })
        let center = ServiceCenterID("belovo")!
        // Only zubrd-post may write here.
        try await post.publish([0x31], to: .workOrders(center))
        #expect(try await inbox.isQuiet())
        #expect(inbox.gauges.snapshot.connects == 1)
        #expect(post.gauges.snapshot.connects == 1)
        await post.shutdown()
        await inbox.shutdown()
        await rig.stop()
        withExtendedLifetime(certificates) {}
    }

    @Test("a broker that asks for certificates refuses who has none, and whose authority it does not know")
    func missingCertificate() async throws {
        let certificates = try await Certificates()
        let others = try await Certificates()
        var foreign = try await others.client("zubrd")
        foreign.authorityFile = certificates.authority
        var rig = try await Rig(access: certificates.clientAccess)
        for tls in [BrokerSettings.TLS(authorityFile: certificates.authority), foreign] {
            rig.settings.tls = tls
            let inbox = rig.inbox()
            let failure = await #expect(throws: InboxFailure.self) { while true { _ = try await inbox.collect() } }
            #expect(failure?.isTransient == true)
            #expect(String(describing: failure).contains("certificate"), "\(String(describing: failure))")
            #expect(inbox.gauges.snapshot.connects == 0)
            await inbox.shutdown()
        }
        await rig.stop()
        // Who is not there at all is not asked about certificates.
        let inbox = rig.inbox()
        let failure = await #expect(throws: InboxFailure.self) { while true { _ = try await inbox.collect() } }
        #expect(!String(describing: failure).contains("certificate"))
        await inbox.shutdown()
        withExtendedLifetime((certificates, others)) {}
    }

    @Test("an authority file that is not there is named")
    func missingAuthority() async throws {
        let certificates = try await Certificates()
        var rig = try await Rig(access: certificates.access)
        rig.settings.tls = BrokerSettings.TLS(authorityFile: "/nowhere/ca.pem")
        let inbox = rig.inbox()
        let failure = await #expect(throws: InboxFailure.self) { while true { _ = try await inbox.collect() } }
        #expect(failure?.isTransient == false)
        #expect(String(describing: failure).contains("/nowhere/ca.pem"))
        await inbox.shutdown()
        await rig.stop()
    }
}

/// A throw-away authority and a broker's certificate signed by it.
private struct Certificates {
    private static let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    let folder = TemporaryFolder()
    var authority: String { "\(folder.path)/ca.crt" }
    var access: BrokerAccess {
        .tls(certificateFile: "\(folder.path)/broker.crt", keyFile: "\(folder.path)/broker.key")
    }

    var clientAccess: BrokerAccess {
        .certificates(
            certificateFile: "\(folder.path)/broker.crt", keyFile: "\(folder.path)/broker.key",
            clientAuthorityFile: authority)
    }

    init() async throws {
        let p = folder.path
        try "subjectAltName=IP:127.0.0.1\n".write(toFile: "\(p)/san", atomically: true, encoding: .utf8)
        try await openssl(
            [
                "req", "-x509", "-days", "2", "-subj", "/CN=zubr test authority", "-keyout", "\(p)/ca.key", "-out",
                authority,
            ] + Self.curve)
        try await sign("broker", subject: "127.0.0.1", extensions: "\(p)/san")
    }

    /// What a client with a certificate of its own sets.
    ///
    /// - Parameter subject: the name as openssl reads it, where a slash in it needs a backslash.
    func client(_ name: String, subject: String? = nil) async throws -> BrokerSettings.TLS {
        let file = name.replacing("/", with: "-")
        try await sign(file, subject: subject ?? name)
        return BrokerSettings.TLS(
            authorityFile: authority, certificateFile: "\(folder.path)/\(file).crt",
            keyFile: "\(folder.path)/\(file).key")
    }

    private func sign(_ file: String, subject: String, extensions: String? = nil) async throws {
        let p = folder.path
        try await openssl(
            ["req", "-subj", "/CN=\(subject)", "-keyout", "\(p)/\(file).key", "-out", "\(p)/\(file).csr"] + Self.curve)
        try await openssl(
            [
                "x509", "-req", "-days", "2", "-in", "\(p)/\(file).csr", "-CA", authority, "-CAkey", "\(p)/ca.key",
                "-CAcreateserial", "-out", "\(p)/\(file).crt",
            ] + (extensions.map { ["-extfile", $0] } ?? []))
    }

    private func openssl(_ arguments: [String]) async throws {
        let program = try systemProgram("openssl", package: "openssl")
        let child = try await ChildProcess.start(program, arguments: arguments, output: "\(folder.path)/openssl.out")
        let status = await child.wait()
        try #require(status == .exited(0), "openssl \(arguments[0]) failed")
    }
}
