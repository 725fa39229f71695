import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

/// As `zubr doctor --output json` prints it.
private struct Checkup: Decodable {
    struct Check: Decodable {
        var name: String
        var state: String
        var seen: String
        var next: String?
    }

    var isWell: Bool
    var checks: [Check]

    func state(_ name: String) -> String? { checks.first { $0.name == name }?.state }
    func seen(_ name: String) -> String { checks.first { $0.name == name }?.seen ?? "" }
}

/// A configuration, a database and a broker that the doctor looks at; each test breaks one of them.
private struct Patient {
    let folder = TemporaryFolder()
    let work = TemporaryFolder()
    let file: String
    var database: String { "\(folder.path)/zubr.db" }
    var socket: String { "\(folder.path)/z.sock" }

    init(port: Int, users: Bool = true, password: String = "a", metrics: String? = nil) throws {
        file = try exampleConfiguration(in: work)
        var text = try String(contentsOfFile: file, encoding: .utf8)
        text = text.replacing("/var/lib/zubr/zubr.db", with: "\(folder.path)/zubr.db")
            .replacing("/run/zubr/zubrd.sock", with: "\(folder.path)/z.sock").replacing(
                "port: 1883", with: "port: \(port)")
        if users {
            for (user, secret) in [("zubrd", password), ("zubrd-post", "b")] {
                let secretFile = "\(folder.path)/\(user).password"
                try (secret + "\n").write(toFile: secretFile, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secretFile)
                text = text.replacing(
                    "client_id: \(user)\n",
                    with: "client_id: \(user)\n    user: \(user)\n    password_file: \(secretFile)\n")
            }
        }
        if let metrics { text += "\nmetrics:\n  listen: \(metrics)\n" }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    static let accounts = ["zubrd": "a", "zubrd-post": "b", "north/truck-1": "c"]

    func examine(_ prefix: [String] = [], mosquitto: String = "/nonexistent") async throws -> (Checkup, status: Int32) {
        let output = "\(folder.path)/doctor-\(UUID().uuidString)"
        let words =
            prefix + [
                try sibling(program: "zubr"), "doctor", "--config", file, "--mosquitto", mosquitto, "--socket", socket,
                "--output", "json",
            ]
        let end = try await ChildProcess.start(words[0], arguments: Array(words.dropFirst()), output: output).wait()
        guard case .exited(let status) = end else { throw StageFailure("zubr doctor ended with \(end)") }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        do {
            return (try DocumentCoding.decode(Checkup.self, from: Array(text.utf8)), status)
        } catch {
            throw StageFailure("\(error): \(text)")
        }
    }

    /// Runs the daemon on this configuration until it is connected, or has ended.
    func startDaemon() async throws -> ChildProcess {
        let daemon = try await ChildProcess.start(
            try sibling(program: "zubrd"), arguments: ["--config", file], output: "\(folder.path)/zubrd.log")
        let isUp = try await eventually(within: .seconds(30)) {
            let answer = try await Stage.run("zubr", ["status", "--socket", socket, "--output", "json"])
            guard answer.status == 0 else { return !daemon.isRunning }
            let status = try DocumentCoding.decode(StatusDocument.self, from: Array(answer.output.utf8))
            return status.broker.isConnected && status.post.isConnected
        }
        guard isUp, daemon.isRunning else {
            await daemon.stop()
            throw StageFailure((try? String(contentsOfFile: "\(folder.path)/zubrd.log", encoding: .utf8)) ?? "no log")
        }
        return daemon
    }

    func withDatabase(_ body: () async throws -> Void = {}) async throws {
        let daemon = try await startDaemon()
        do {
            try await body()
        } catch {
            await daemon.stop()
            throw error
        }
        await daemon.stop()
    }
}

@Suite("The doctor finds what is broken", .serialized)
struct DoctorTests {
    private func withBroker(
        _ access: BrokerAccess = .accounts(Patient.accounts), _ body: (PrivateBroker) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let broker = try await PrivateBroker.start(folder: folder.path, access: access)
        do {
            try await body(broker)
        } catch {
            await broker.stop()
            throw error
        }
        await broker.stop()
    }

    @Test("nothing, while all is well, and does not throw the daemon out by looking", .timeLimit(.minutes(2)))
    func well() async throws {
        try await withBroker { broker in
            let patient = try Patient(port: broker.port, metrics: "127.0.0.1:\(try freeLoopbackPort())")
            try await patient.withDatabase {
                let (found, status) = try await patient.examine(mosquitto: "\(broker.folder)/mosquitto.conf")
                #expect(found.isWell && status == 0)
                for name in [
                    "daemon", "broker-door", "broker-inbox", "broker-post", "mosquitto-queue",
                    "mosquitto-persistence", "mosquitto-size", "mosquitto-identity", "passwords", "metrics", "database",
                    "database-file", "inodes", "gaps", "quarantine", "versions",
                ] {
                    #expect(found.state(name) == "ok", "\(name): \(found.seen(name))")
                }
                let after = try await Stage.run("zubr", ["status", "--socket", patient.socket, "--output", "json"])
                let status2 = try DocumentCoding.decode(StatusDocument.self, from: Array(after.output.utf8))
                #expect(status2.broker.connects == 1 && status2.post.connects == 1)
                #expect(status2.state == .running, "\(status2.problems)")
            }
            // And without the daemon all that can be seen is well, but for the daemon itself.
            let (found, status) = try await patient.examine(mosquitto: "\(broker.folder)/mosquitto.conf")
            #expect(status == 1)
            #expect(found.checks.filter { $0.state == "failed" }.map(\.name) == ["daemon"])
            #expect(found.state("broker-inbox") == "ok" && found.state("broker-post") == "ok")
            #expect(found.seen("database").contains("found whole"))
            #expect(found.state("gaps") == "skipped")
            #expect(found.checks.allSatisfy { ($0.next != nil) == ["failed", "warning"].contains($0.state) })
        }
    }

    @Test("the broker: gone, or with another password, or without the settings that lose nothing")
    func broker() async throws {
        try await withBroker { broker in
            let wrong = try Patient(port: broker.port, password: "wrong")
            let (found, status) = try await wrong.examine()
            #expect(status == 1)
            #expect(found.state("broker-door") == "ok")
            #expect(found.state("broker-inbox") == "failed")
            #expect(found.seen("broker-inbox").contains("refused user zubrd:"))
            #expect(found.state("broker-post") == "ok")
            #expect(found.state("mosquitto") == "skipped")

            let debian = "\(wrong.folder.path)/mosquitto.conf"
            try "persistence true\n".write(toFile: debian, atomically: true, encoding: .utf8)
            let (settings, _) = try await wrong.examine(mosquitto: debian)
            #expect(settings.state("mosquitto-queue") == "failed")
            #expect(settings.state("mosquitto-persistence") == "failed")

            let patient = try Patient(port: broker.port)
            await broker.stop()
            let (gone, _) = try await patient.examine()
            #expect(gone.state("broker-door") == "failed")
            #expect(gone.seen("broker-door").contains("no broker at 127.0.0.1:\(broker.port)"))
            #expect(gone.state("broker-inbox") == "skipped")
        }
    }

    @Test("the database: damaged, another's, or held by a process that does not answer", .timeLimit(.minutes(2)))
    func database() async throws {
        try await withBroker(.anonymous) { broker in
            let patient = try Patient(port: broker.port, users: false)
            try await patient.withDatabase {
                // It runs, and we ask at another door.
                let output = try await Stage.run(
                    "zubr",
                    [
                        "doctor", "--config", patient.file, "--socket", "\(patient.folder.path)/other", "--mosquitto",
                        "/n",
                        "--output", "json",
                    ])
                let found = try DocumentCoding.decode(Checkup.self, from: Array(output.output.utf8))
                #expect(found.state("daemon") == "failed")
                #expect(found.state("database") == "failed")
                #expect(found.seen("database").contains(#/in use by process [0-9]+/#))
                // It would throw the daemon out.
                #expect(found.state("broker-inbox") == "skipped" && found.state("broker-post") == "skipped")
            }
            let good = try Data(contentsOf: URL(fileURLWithPath: patient.database))
            var bad = good
            for page in 2..<(bad.count / 2_048) {
                for byte in 0..<64 { bad[page * 2_048 + byte] = 0xA5 }
            }
            try bad.write(to: URL(fileURLWithPath: patient.database))
            let (damaged, _) = try await patient.examine()
            #expect(damaged.state("database") == "failed")
            #expect(damaged.seen("database").contains("is damaged"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: patient.database)) == bad)

            try "no database at all".write(toFile: patient.database, atomically: true, encoding: .utf8)
            let (foreign, _) = try await patient.examine()
            #expect(foreign.state("database") == "failed")
            #expect(foreign.seen("database").contains("not a database of Zubr"))

            try FileManager.default.removeItem(atPath: patient.database)
            let (none, _) = try await patient.examine()
            #expect(none.state("database") == "warning")

            try bad.write(to: URL(fileURLWithPath: "\(patient.database).corrupt-2026-11-21T030000Z"))
            let (aside, _) = try await patient.examine()
            #expect(aside.state("database") == "failed")
            #expect(aside.seen("database").contains(".corrupt-2026-11-21T030000Z"))
        }
    }

    @Test("the disk: nearly full, in memory, a file open to others, no reserve", .enabled(if: canMount))
    func disk() async throws {
        let patient = try Patient(port: try freeLoopbackPort(), users: false)
        try "x".write(toFile: patient.database, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: patient.database)
        let (before, _) = try await patient.examine()
        #expect(before.state("database-file") == "warning")
        #expect(before.state("ballast") == "warning")
        let (small, status) = try await patient.examine([
            "/usr/bin/unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o size=20m,nr_inodes=100 tmpfs \(patient.folder.path) && exec \"$0\" \"$@\"",
        ])
        #expect(status == 1)
        #expect(small.state("disk-space") == "failed")
        #expect(small.state("inodes") == "failed")
        #expect(small.state("file-system") == "warning")
        #expect(small.seen("file-system").contains("tmpfs"))
    }

    @Test("the configuration: wrong, a password that all may read, a port that is taken")
    func configuration() async throws {
        try await withBroker(.anonymous) { broker in
            let patient = try Patient(port: broker.port, metrics: "127.0.0.1:\(broker.port)")
            // The doctor must not mind that the broker knows no passwords.
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: "\(patient.folder.path)/zubrd.password")
            let (found, _) = try await patient.examine()
            #expect(found.state("passwords") == "warning")
            #expect(found.state("metrics") == "failed")
            #expect(found.seen("metrics").contains("Address already in use"))

            let text = try String(contentsOfFile: patient.file, encoding: .utf8)
            try text.replacing("keep_alive: 60s", with: "keep_alive: soon").write(
                toFile: patient.file, atomically: true, encoding: .utf8)
            let (wrong, status) = try await patient.examine()
            #expect(status == 1)
            #expect(wrong.state("configuration") == "failed")
            #expect(wrong.seen("configuration").contains("keep_alive"))
            #expect(wrong.state("broker-door") == "skipped")
        }
    }
}

@Suite("Prometheus")
struct MetricsEndToEndTests {
    @Test("reads the figures of a running daemon, and they move with what comes in", .timeLimit(.minutes(2)))
    func live() async throws {
        let port = try freeLoopbackPort()
        let folder = TemporaryFolder()
        let broker = try await PrivateBroker.start(folder: folder.path)
        let patient = try Patient(port: broker.port, users: false, metrics: "127.0.0.1:\(port)")
        do {
            try await patient.withDatabase {
                let publisher = MosquittoPublisher(try BrokerSettings(url: broker.url, clientID: "trucks"))
                for number in [1, 2, 2, 5] {
                    let body =
                        #"{"boot":1,"seq":\#(number),"at":"\#(Timestamp.systemNow().iso8601)","signals":{"a":1}}"#
                    try await publisher.publish(
                        OutgoingMessage(topic: "zubr/v1/north/truck-1/telemetry", body: Array(body.utf8)))
                }
                try await publisher.publish(
                    OutgoingMessage(topic: "zubr/v1/north/truck-1/telemetry", body: Array("no json".utf8)))
                try await publisher.drain()
                await publisher.close()
                var page: PrometheusText?
                let isThere = try await eventually(within: .seconds(20)) {
                    page = try await metrics(port, in: patient)
                    return page?.value("zubr_messages_received_total") == 5
                }
                #expect(isThere)
                let read = try #require(page)
                #expect(read.value("zubr_frames_stored_total") == 3)
                #expect(read.value("zubr_frames_duplicate_total") == 1)
                #expect(read.value("zubr_messages_rejected_total", ["reason": "not-json"]) == 1)
                #expect(read.value("zubr_missing_frames") == 2)
                #expect(read.value("zubr_broker_connected", ["client": "inbox"]) == 1)
                #expect(read.value("zubr_broker_connected", ["client": "post"]) == 1)
                #expect(try #require(read.value("zubr_commit_duration_seconds_count")) >= 1)
                #expect(read.value("zubr_machines", ["registered": "false"]) == 1)
            }
        } catch {
            await broker.stop()
            throw error
        }
        await broker.stop()
    }

    private func metrics(_ port: Int, in patient: Patient) async throws -> PrometheusText? {
        let output = "\(patient.folder.path)/metrics"
        try? FileManager.default.removeItem(atPath: output)
        // bash's own TCP, so that no client needs to be installed.
        let script =
            "exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET /metrics HTTP/1.1\\r\\nHost: z\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3"
        _ = try await ChildProcess.start("/bin/bash", arguments: ["-c", script], output: output).wait()
        let answer = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard let end = answer.range(of: "\r\n\r\n") else { return nil }
        return try PrometheusText(String(answer[end.upperBound...]))
    }
}
