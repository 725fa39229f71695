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
        #expect(inbox.gauges.snapshot.connects == 0)
        await inbox.shutdown()
        await rig.stop()
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
    let folder = TemporaryFolder()
    var authority: String { "\(folder.path)/ca.crt" }
    var access: BrokerAccess {
        .tls(certificateFile: "\(folder.path)/broker.crt", keyFile: "\(folder.path)/broker.key")
    }

    init() async throws {
        let p = folder.path
        try "subjectAltName=IP:127.0.0.1\n".write(toFile: "\(p)/san", atomically: true, encoding: .utf8)
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await openssl(
            [
                "req", "-x509", "-days", "2", "-subj", "/CN=zubr test authority", "-keyout", "\(p)/ca.key", "-out",
                authority,
            ]
                + curve)
        try await openssl(
            ["req", "-subj", "/CN=127.0.0.1", "-keyout", "\(p)/broker.key", "-out", "\(p)/broker.csr"] + curve)
        try await openssl([
            "x509", "-req", "-days", "2", "-in", "\(p)/broker.csr", "-CA", authority, "-CAkey", "\(p)/ca.key",
            "-CAcreateserial", "-extfile", "\(p)/san", "-out", "\(p)/broker.crt",
        ])
    }

    private func openssl(_ arguments: [String]) async throws {
        let program = try systemProgram("openssl", package: "openssl")
        let child = try await ChildProcess.start(program, arguments: arguments, output: "\(folder.path)/openssl.out")
        let status = await child.wait()
        try #require(status == .exited(0), "openssl \(arguments[0]) failed")
    }
}
