/// How one daemon runs; read from `zubrd.yaml`.
package struct DaemonSettings: Sendable, Hashable {
    package var broker: BrokerSettings
    package var database: String
    /// The Unix socket the API listens on.
    package var socket: String
    package var clock: ClockSettings
    package var limits: IngestLimits
    /// Where Prometheus may fetch the metrics page; `nil`: only the socket has it.
    package var metrics: MetricsSettings?
    /// `nil`: no backups are made.
    package var backup: BackupSettings?
    package var retention: RetentionSettings
    package var log: LogLevel

    package init(
        broker: BrokerSettings, database: String, socket: String, clock: ClockSettings = .real,
        limits: IngestLimits = IngestLimits(), backup: BackupSettings? = nil,
        retention: RetentionSettings = RetentionSettings(), log: LogLevel = .info
    ) {
        self.broker = broker
        self.database = database
        self.socket = socket
        self.clock = clock
        self.limits = limits
        self.backup = backup
        self.retention = retention
        self.log = log
    }
}

/// How much the daemon writes to its log.
package enum LogLevel: String, Sendable, Hashable, CaseIterable {
    case debug, info, notice, warning, error
}

/// How long what was measured is kept; `nil`: for ever.
package struct RetentionSettings: Sendable, Hashable {
    /// Readings as they came. After that, what is kept of each minute of them.
    package var readings: Duration?
    /// What is kept of each minute. After that, what is kept of each hour.
    package var minutes: Duration?
    package var hours: Duration?

    package init(readings: Duration? = nil, minutes: Duration? = nil, hours: Duration? = nil) {
        self.readings = readings
        self.minutes = minutes
        self.hours = hours
    }
}

/// Copies of the database, each verified, of which the newest are kept.
package struct BackupSettings: Sendable, Hashable {
    /// Must be there; on another disk than the database.
    package var folder: String
    package var every: Duration
    package var keep: Int

    package init(folder: String, every: Duration = .days(1), keep: Int = 7) {
        self.folder = folder
        self.every = every
        self.keep = keep
    }
}

/// An address of this machine and a port, on which the metrics page is served.
package struct MetricsSettings: Sendable, Hashable, CustomStringConvertible {
    /// A numeric address: a name could mean another one tomorrow.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    /// Nobody but this machine can reach it.
    package var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }
}

/// One clock for daemon and simulator: it agrees with the real one at `epoch` and runs `rate` times as fast.
package struct ClockSettings: Sendable, Hashable {
    package var epoch: Timestamp
    package var rate: Double

    package init(epoch: Timestamp, rate: Double) {
        self.epoch = epoch
        self.rate = rate
    }

    /// The real clock.
    package static let real = ClockSettings(epoch: .epoch, rate: 1)

    /// This clock's time when the real one says `real`.
    package func time(at real: Timestamp) -> Timestamp {
        guard rate != 1 else { return real }
        let elapsed = Double(real.microseconds - epoch.microseconds) * rate
        let time = Double(epoch.microseconds) + elapsed
        guard abs(time) < Double(Timestamp.latestWritten.microseconds) else {
            return elapsed < 0 ? .earliestWritten : .latestWritten
        }
        return Timestamp(microseconds: epoch.microseconds + Int64(elapsed))
    }
}

/// Where the broker is and who we are to it.
package struct BrokerSettings: Sendable, Hashable {
    package var host: String
    package var port: Int
    package var version: ProtocolVersion
    package var keepAlive: Duration
    /// How long the broker keeps our queue while we are away; must outlast the longest outage.
    package var sessionExpiry: Duration
    /// For telemetry in.
    package var inbox: Credentials
    /// For work orders out: a user of its own, because the broker takes the user name for the client id.
    package var post: Credentials
    package var tls: TLS?

    package init(
        host: String = "127.0.0.1", port: Int = 1883, version: ProtocolVersion = .v5,
        keepAlive: Duration = .seconds(60),
        sessionExpiry: Duration = .days(30), inbox: Credentials = Credentials(clientID: "zubrd"),
        post: Credentials = Credentials(clientID: "zubrd-post"), tls: TLS? = nil
    ) {
        self.host = host
        self.port = port
        self.version = version
        self.keepAlive = keepAlive
        self.sessionExpiry = sessionExpiry
        self.inbox = inbox
        self.post = post
        self.tls = tls
    }

    package enum ProtocolVersion: String, Sendable, Hashable, CaseIterable {
        case v311 = "3.1.1"
        case v5 = "5"
    }

    package struct Credentials: Sendable, Hashable {
        package var clientID: String
        package var user: String?
        package var password: String?
        /// Where the password was read.
        package var passwordFile: String?
        /// In place of the one all connections share, for a broker that takes the certificate's name for the user.
        package var certificateFile: String?
        package var keyFile: String?

        package init(
            clientID: String, user: String? = nil, password: String? = nil, certificateFile: String? = nil,
            keyFile: String? = nil
        ) {
            self.clientID = clientID
            self.user = user
            self.password = password
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    package struct TLS: Sendable, Hashable {
        /// PEM of the authorities that may sign the broker's certificate.
        package var authorityFile: String
        /// Our certificate and key, when the broker asks for one.
        package var certificateFile: String?
        package var keyFile: String?

        package init(authorityFile: String, certificateFile: String? = nil, keyFile: String? = nil) {
            self.authorityFile = authorityFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }
}

/// What one machine or one message may take, so that a broken or hostile one harms nobody else.
package struct IngestLimits: Sendable, Hashable {
    package var bodyBytes: Int
    package var framesPerMessage: Int
    package var signalsPerFrame: Int
    /// Different signals one machine may ever send.
    package var signalsPerMachine: Int
    package var machinesPerFleet: Int
    /// A frame may be this far ahead of our clock.
    package var futureTolerance: Duration
    /// A frame may be this old when it comes.
    package var ageMax: Duration
    /// One commit takes at most so many messages and bytes.
    package var batchMessages: Int
    package var batchBytes: Int

    package init(
        bodyBytes: Int = 65_536, framesPerMessage: Int = 1_000, signalsPerFrame: Int = 512,
        signalsPerMachine: Int = 1_024, machinesPerFleet: Int = 20_000, futureTolerance: Duration = .minutes(5),
        ageMax: Duration = .days(30), batchMessages: Int = 2_000, batchBytes: Int = 8 << 20
    ) {
        self.bodyBytes = bodyBytes
        self.framesPerMessage = framesPerMessage
        self.signalsPerFrame = signalsPerFrame
        self.signalsPerMachine = signalsPerMachine
        self.machinesPerFleet = machinesPerFleet
        self.futureTolerance = futureTolerance
        self.ageMax = ageMax
        self.batchMessages = batchMessages
        self.batchBytes = batchBytes
    }
}
