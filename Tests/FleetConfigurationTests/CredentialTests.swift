import FleetConfiguration
import FleetModel
import Foundation
import Testing

@Suite("credentials")
struct CredentialTests {
    private static let daemonFile = """
        database: /var/lib/zubr/zubr.db
        socket: /run/zubr/zubrd.sock
        broker:
          inbox: {client_id: zubrd, user: zubrd, password_file: "credential:NAME"}
          post: {client_id: zubrd-post}
        """

    /// Loads a configuration that asks for the credential `name`; `body` puts files in place first.
    private func load(
        _ name: String = "inbox", handsOver: Bool, _ prepare: (_ handedOver: String, _ beside: String) throws -> Void
    ) throws -> Result<FleetConfiguration, ConfigurationProblems> {
        try withConfiguration(
            replacing: "zubrd.yaml", by: Self.daemonFile.replacing("NAME", with: name)
        ) { daemonFile in
            let folder = URL(filePath: daemonFile).deletingLastPathComponent().path
            for name in ["credentials", "secrets"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try prepare("\(folder)/credentials", "\(folder)/secrets")
            return Result { () throws(ConfigurationProblems) in
                try FleetConfiguration.load(
                    daemonFile, now: testNow, credentials: handsOver ? "\(folder)/credentials" : nil)
            }
        }
    }

    private func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test("come from what systemd hands over, and by hand from the folder it takes them from")
    func found() throws {
        for handsOver in [true, false] {
            let loaded = try load(handsOver: handsOver) { handedOver, beside in
                try write("handed-over\n", to: "\(handedOver)/inbox")
                try write("beside\n", to: "\(beside)/inbox")
            }
            #expect(try loaded.get().daemon.broker.inbox.password == (handsOver ? "handed-over" : "beside"))
        }
    }

    @Test("what systemd does not hand over is missing, though it lies beside, and the way out is named")
    func missing() throws {
        let loaded = try load(handsOver: true) { _, beside in try write("beside\n", to: "\(beside)/inbox") }
        let said = String(describing: loaded)
        #expect(said.contains("/credentials/inbox cannot be read"))
        #expect(said.contains("LoadCredential=inbox:/etc/zubr/secrets/inbox"))
        let byHand = String(describing: try load(handsOver: false) { _, _ in })
        #expect(byHand.contains("/secrets/inbox cannot be read"))
        #expect(byHand.contains("as root"))
    }

    @Test("an empty one is no password")
    func empty() throws {
        let loaded = try load(handsOver: true) { handedOver, _ in try write("\n", to: "\(handedOver)/inbox") }
        #expect(String(describing: loaded).contains("/credentials/inbox is empty"))
    }

    @Test("a name cannot lead out of the folder", arguments: ["", "../zubrd.yaml", "..", ".", "a/b"])
    func names(name: String) throws {
        let loaded = try load(name, handsOver: true) { _, _ in }
        #expect(String(describing: loaded).contains("names no credential"))
    }
}
