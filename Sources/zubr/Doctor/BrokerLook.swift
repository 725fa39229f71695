import FleetConsole
import FleetMQTT
import FleetModel
import FleetRuntime

/// Whether the broker is there and takes our two users.
struct BrokerLook {
    /// A second connection under the daemon's client id would throw it out, so its users are tried only when it is away.
    enum Daemon {
        /// It answers, and has said how its connections stand.
        case answers
        /// Something holds its database or its socket and does not answer.
        case isThere
        case isAway
    }

    private let broker: BrokerSettings
    private let daemon: Daemon

    init(_ broker: BrokerSettings, daemon: Daemon) {
        self.broker = broker
        self.daemon = daemon
    }

    private var address: String { "\(broker.host):\(broker.port)" }

    var checks: [Check] {
        let probe = BrokerProbe(broker)
        let users = ["broker-inbox", "broker-post"]
        do throws(InboxFailure) {
            try probe.callAtDoor()
        } catch {
            return [
                .failed(
                    "broker-door", error.message,
                    next: "start mosquitto (`systemctl start mosquitto`), or correct broker.host and broker.port")
            ] + (daemon == .answers ? [] : users.map { .skipped($0, "nobody answers at \(address)") })
        }
        let door = Check.ok("broker-door", "somebody answers at \(address)")
        switch daemon {
        case .answers: return [door]
        case .isThere:
            return [door]
                + users.map { .skipped($0, "zubrd seems to run: a second connection as its user would throw it out") }
        case .isAway: break
        }
        return [
            door, user("broker-inbox", broker.inbox) { () throws(InboxFailure) in try probe.tryInbox() },
            user("broker-post", broker.post) { () throws(InboxFailure) in try probe.tryPost() },
        ]
    }

    private func user(
        _ name: String, _ credentials: BrokerSettings.Credentials, _ greet: () throws(InboxFailure) -> Void
    ) -> Check {
        do throws(InboxFailure) {
            try greet()
            return .ok(name, "the broker takes \(credentials.user.map { "user \($0)" } ?? "us without a user")")
        } catch {
            return .failed(
                name, error.message,
                next:
                    "correct user and password_file in zubrd.yaml, or the broker's password file with mosquitto_passwd")
        }
    }
}
