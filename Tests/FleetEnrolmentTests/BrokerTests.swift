import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal
import Support
import Testing

@testable import FleetEnrolment

/// A real broker with the shipped settings, whose files are written by enrolment.
private struct Gate {
    let door: Door
    let broker: PrivateBroker
    let tls: BrokerSettings.TLS?

    static func open(certificates: Bool) async throws -> Gate {
        let door = try Door()
        // Somebody must be in the files before the broker starts with them.
        try door.enrolment.enrol([user("north/first")], by: certificates ? .certificate(days: 2) : .password)
        guard certificates else {
            let access = BrokerAccess.enrolled(passwordFile: door.passwords, accessList: door.list)
            return Gate(
                door: door, broker: try await PrivateBroker.start(folder: "\(door.folder.path)/broker", access: access),
                tls: nil)
        }
        let own = "\(door.folder.path)/broker-certificate"
        try Tool.run(
            "openssl",
            [
                "req", "-x509", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", "\(own).key", "-out", "\(own).crt", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes",
            ], package: "openssl")
        let access = BrokerAccess.enrolled(
            passwordFile: door.passwords, accessList: door.list,
            certificates: .init(
                certificateFile: "\(own).crt", keyFile: "\(own).key", authorityFile: door.authority.certificateFile,
                revocationFile: door.authority.revocationFile))
        return Gate(
            door: door, broker: try await PrivateBroker.start(folder: "\(door.folder.path)/broker", access: access),
            tls: BrokerSettings.TLS(authorityFile: "\(own).crt"))
    }

    func reload() throws {
        let outcome = try BrokerReload(pidFile: "\(door.folder.path)/broker/mosquitto.pid").tell()
        #expect(outcome == .told)
    }

    func machine(_ new: EnrolmentReport.Enrolled) -> MosquittoPublisher {
        var settings = BrokerSettings(host: "127.0.0.1", port: broker.port, version: .v5)
        settings.tls = tls
        settings.tls?.certificateFile = new.certificate
        settings.tls?.keyFile = new.key
        settings.inbox = BrokerSettings.Credentials(
            clientID: "any", user: tls == nil ? new.user : nil, password: new.password)
        return MosquittoPublisher(
            settings, window: 20, will: nil, subscriptions: [],
            backoff: Backoff(first: .milliseconds(10), longest: .milliseconds(50)), now: { .epoch },
            onMessage: { _ in },
            onAcknowledged: { _ in })
    }

    func stop() async { await broker.stop() }
}

extension MosquittoPublisher {
    /// Whether the broker takes a message on this machine's topic.
    fileprivate func mayWrite(_ name: String) async -> Bool {
        let (taken, refused) = (counts.acknowledged, counts.refused)
        do {
            try await publish(OutgoingMessage(topic: "zubr/v1/\(name)/telemetry", body: [0x31]))
        } catch { return false }
        // Not `drain`: who is shut out by its certificate tries for ever.
        _ = await eventually {
            counts.acknowledged > taken || counts.refused > refused || gauges.snapshot.lastFailure != nil
        }
        return counts.acknowledged > taken
    }
}

@Suite("The shipped broker lets in who is enrolled", .serialized)
struct BrokerTests {
    @Test(
        "under its own name only; who is withdrawn is thrown out and stays out, and the others stay in",
        .timeLimit(.minutes(1)), arguments: [false, true])
    func enrolment(certificates: Bool) async throws {
        let gate = try await Gate.open(certificates: certificates)
        let proof: Enrolment.Proof = certificates ? .certificate(days: 2) : .password
        // Enrolled while the broker runs: it is let in once the broker has read its files.
        let made = try gate.door.enrolment.enrol([user("north/t1"), user("north/t2")], by: proof).enrolled
        try gate.reload()
        let (first, second) = (gate.machine(made[0]), gate.machine(made[1]))
        #expect(await eventually { await first.mayWrite("north/t1") })
        #expect(await second.mayWrite("north/t2"))
        #expect(await !first.mayWrite("north/t2"))
        #expect(await !first.mayWrite("south/t1"))

        _ = try gate.door.enrolment.withdraw([user("north/t1")])
        try gate.reload()
        // The connection that was open, and a new one with what was good before.
        #expect(await eventually { await !first.mayWrite("north/t1") })
        let again = gate.machine(made[0])
        #expect(await !again.mayWrite("north/t1"))
        #expect(await second.mayWrite("north/t2"))
        #expect(second.gauges.snapshot.connects == 1)
        for client in [first, second, again] { await client.close() }
        await gate.stop()
    }

    @Test("who is not enrolled is refused, whatever it calls itself", .timeLimit(.minutes(1)))
    func stranger() async throws {
        let gate = try await Gate.open(certificates: false)
        let stranger = gate.machine(.init(user: "north/t1", password: "guess"))
        #expect(await !stranger.mayWrite("north/t1"))
        await stranger.close()
        await gate.stop()
    }

    @Test("ten thousand machines are enrolled at once, and each is in the file")
    func many() throws {
        let door = try Door()
        let users = (0..<10_000).map { user("north/t\($0)") }
        let report = try door.enrolment.enrol(users, by: .password)
        #expect(report.enrolled.count == 10_000)
        #expect(PasswordFile(door.read(door.passwords)).names.count == 10_000)
    }
}
