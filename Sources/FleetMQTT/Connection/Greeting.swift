import FleetModel
import FleetRuntime

/// Who we are to the broker and how we want to be treated; sent anew with every connection.
struct Greeting: Sendable {
    let host: String
    let port: Int
    let version: BrokerSettings.ProtocolVersion
    let keepAlive: Duration
    let credentials: BrokerSettings.Credentials
    let tls: BrokerSettings.TLS?
    /// How long the broker keeps our subscriptions and queue while we are away; `nil`: it forgets us at once.
    let sessionExpiry: Duration?
    /// How many QoS 1 messages may be under way at once, in either direction.
    let inFlightLimit: Int
    /// What the broker says for us when we vanish without a goodbye.
    let will: OutgoingMessage?
    let subscriptions: [Subscription]

    init(
        _ settings: BrokerSettings, as credentials: BrokerSettings.Credentials, sessionExpiry: Duration?,
        inFlightLimit: Int, will: OutgoingMessage? = nil, subscriptions: [Subscription] = []
    ) {
        host = settings.host
        port = settings.port
        version = settings.version
        keepAlive = settings.keepAlive
        tls = settings.tls.map { shared in
            guard credentials.certificateFile != nil else { return shared }
            return BrokerSettings.TLS(
                authorityFile: shared.authorityFile, certificateFile: credentials.certificateFile,
                keyFile: credentials.keyFile)
        }
        self.credentials = credentials
        self.sessionExpiry = sessionExpiry
        self.inFlightLimit = inFlightLimit
        self.will = will
        self.subscriptions = subscriptions
    }

    var address: String { "\(host):\(port)" }
    var clientID: String { credentials.clientID }

    struct Subscription: Sendable, Hashable {
        let filter: String
        let qualityOfService: Int32
        /// Without it we are of no use, so a broker that refuses it has refused us.
        let isEssential: Bool
        /// Whether what the broker keeps retained there comes with every new connection, not with a new session only.
        var wantsRetained = false
    }
}
