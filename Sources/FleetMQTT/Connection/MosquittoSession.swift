import CMosquitto
import FleetModel
import FleetRuntime
import Glibc

/// One connection to the broker, from greeting to hang-up: the only type that calls libmosquitto on a handle.
///
/// Belongs to one thread. It is never connected again: a new connection is a new session, because a handle that
/// reconnects carries state over, and `mosquitto_disconnect` would send acknowledgements that must not leave.
final class MosquittoSession {
    private let greeting: Greeting
    private let now: () -> Timestamp
    /// How the log line of a message with the DUP flag begins.
    private let redeliveryLine: String
    // Set once at the end of `init`, which needs `self` for the callbacks.
    private var handle: OpaquePointer?
    private var answer: Int32?
    private var hasReachedBroker = false
    private var essentialSubscriptions: Set<Int32> = []
    private var refusedSubscription: String?
    private var libraryComplaint: String?
    private var isRedelivery = false
    private var awaitsRedeliveries = true

    /// What came and was not taken yet, in order of arrival.
    private(set) var received: [InboundMessage] = []
    /// Bodies and topics in `received`, together.
    private(set) var receivedBytes = 0
    /// Publishes the broker has answered: packet id, and the reason code (128 and above: refused).
    private(set) var answered: [(id: Int32, reason: Int32)] = []

    /// Makes the handle and calls the broker; the greeting leaves with the first `write`.
    init(_ greeting: Greeting, now: @escaping () -> Timestamp) throws(InboxFailure) {
        self.greeting = greeting
        self.now = now
        redeliveryLine = "Client \(greeting.credentials.clientID) received PUBLISH (d1,"
        precondition(MosquittoLibrary.isReady, "libmosquitto did not start")
        // Clean start deletes the queue the broker kept for us, so it is only for those who keep no session.
        let isClean = greeting.sessionExpiry == nil
        guard
            let handle = mosquitto_new(
                greeting.credentials.clientID, isClean, Unmanaged.passUnretained(self).toOpaque())
        else { throw .refused("the client id \(greeting.credentials.clientID) is not one libmosquitto takes") }
        self.handle = handle
        try prepare(handle)
        listen(handle)
        try call(handle)
        hasReachedBroker = true
    }

    // Closes the socket and sends nothing: what was not acknowledged comes again.
    deinit { mosquitto_destroy(handle) }

    // MARK: - Life

    /// The socket; -1 when it is gone.
    var descriptor: Int32 { mosquitto_socket(handle) }
    var wantsWrite: Bool { mosquitto_want_write(handle) }

    /// Whether the broker has welcomed us; throws when it refused.
    func isWelcome() throws(InboxFailure) -> Bool {
        guard let answer else { return false }
        if let failure = ConnectAnswer.failure(answer, address: greeting.address, user: greeting.credentials.user) {
            throw failure
        }
        return true
    }

    /// Reads one packet, or what TLS has buffered.
    func read() throws(InboxFailure) { try check(mosquitto_loop_read(handle, 1), "reading from") }

    /// Writes everything that waits, acknowledgements too.
    ///
    /// libmosquitto queues the PUBACK before it hands us the message, and this is the only place where the queue
    /// leaves. So nothing may be uncommitted here: this is what "commit, then acknowledge" rests on.
    func write(uncommitted: Int) throws(InboxFailure) {
        let held = uncommitted + received.count
        precondition(held == 0, "\(held) messages would be acknowledged before their commit")
        try check(mosquitto_loop_write(handle, 1), "writing to")
    }

    /// Keeps the connection alive; a PINGREQ is queued here and leaves with the next `write`.
    func tick() throws(InboxFailure) {
        try check(mosquitto_loop_misc(handle), "keeping alive")
        if let refusedSubscription { throw .refused(refusedSubscription) }
    }

    /// Says goodbye, so that the broker does not speak our last will. Only for those who hold nothing uncommitted.
    func sayGoodbye() {
        guard mosquitto_disconnect(handle) == MOSQ_ERR_SUCCESS.rawValue else { return }
        _ = mosquitto_loop_write(handle, 1)
    }

    // MARK: - Traffic

    /// Asks for our topics. After every CONNACK, for a broker that says "session present" may still have lost them.
    func subscribe() throws(InboxFailure) {
        for subscription in greeting.subscriptions {
            let isOnlyForNew = greeting.version == .v5 && !subscription.wantsRetained
            let options = isOnlyForNew ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
            var id: Int32 = 0
            try check(
                mosquitto_subscribe_v5(
                    handle, &id, subscription.filter, subscription.qualityOfService,
                    options, nil), "subscribing at")
            if subscription.isEssential { essentialSubscriptions.insert(id) }
        }
    }

    /// Queues a QoS 1 message; the answer appears in `answered` under the id returned.
    func publish(_ message: OutgoingMessage) throws(InboxFailure) -> Int32 {
        var id: Int32 = 0
        let code = mosquitto_publish(
            handle, &id, message.topic, Int32(message.body.count), message.body, 1, message.isRetained)
        switch code {
        case MOSQ_ERR_INVAL.rawValue, MOSQ_ERR_PAYLOAD_SIZE.rawValue, MOSQ_ERR_MALFORMED_UTF8.rawValue,
            MOSQ_ERR_OVERSIZE_PACKET.rawValue, MOSQ_ERR_QOS_NOT_SUPPORTED.rawValue,
            MOSQ_ERR_RETAIN_NOT_SUPPORTED.rawValue:
            throw .refused(
                "\(message.topic) cannot be published: \(MosquittoLibrary.describe(code, systemError: errno))")
        default: try check(code, "publishing to")
        }
        return id
    }

    func takeReceived() -> [InboundMessage] {
        defer {
            received = []
            receivedBytes = 0
        }
        return received
    }

    func takeAnswered() -> [(id: Int32, reason: Int32)] {
        defer { answered.removeAll(keepingCapacity: true) }
        return answered
    }

    // MARK: - Preparing

    private func prepare(_ handle: OpaquePointer) throws(InboxFailure) {
        // In this mode packets queue until we write them. Without it libmosquitto sends the PUBACK from within its
        // read, before our callback has even seen the message, and a crash then loses it.
        mosquitto_threaded_set(handle, true)
        // Without it, QoS 1 with a small window stalls in steps of 40 ms (Nagle against delayed acknowledgement).
        try set(handle, MOSQ_OPT_TCP_NODELAY, 1)
        try set(handle, MOSQ_OPT_PROTOCOL_VERSION, greeting.version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311)
        // The library's own 20 would make every batch and every window 20 messages.
        let limit = Int32(clamping: min(max(greeting.inFlightLimit, 1), 65_535))
        try set(handle, MOSQ_OPT_RECEIVE_MAXIMUM, limit)
        try set(handle, MOSQ_OPT_SEND_MAXIMUM, limit)
        if let user = greeting.credentials.user {
            try checkSetting(
                mosquitto_username_pw_set(handle, user, greeting.credentials.password), "user name or password")
        }
        if let will = greeting.will {
            try checkSetting(
                mosquitto_will_set(handle, will.topic, Int32(will.body.count), will.body, 1, will.isRetained),
                "last will on \(will.topic)")
        }
        if let tls = greeting.tls {
            try checkSetting(
                mosquitto_tls_set(handle, tls.authorityFile, nil, tls.certificateFile, tls.keyFile, nil),
                "TLS files (authority \(tls.authorityFile), certificate \(tls.certificateFile ?? "none"), key \(tls.keyFile ?? "none"))"
            )
            let verifyPeer: Int32 = 1
            try checkSetting(mosquitto_tls_opts_set(handle, verifyPeer, "tlsv1.2", nil), "TLS 1.2")
        }
    }

    private func listen(_ handle: OpaquePointer) {
        func session(_ object: UnsafeMutableRawPointer?) -> MosquittoSession {
            Unmanaged<MosquittoSession>.fromOpaque(object!).takeUnretainedValue()
        }
        mosquitto_connect_v5_callback_set(handle) { _, object, code, _, _ in session(object).answer = code }
        mosquitto_message_v5_callback_set(handle) { _, object, message, _ in
            session(object).take(message!.pointee)
        }
        mosquitto_publish_v5_callback_set(handle) { _, object, id, reason, _ in
            session(object).answered.append((id, reason))
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, object, id, count, granted, _ in
            session(object).noteSubscription(id, granted: UnsafeBufferPointer(start: granted, count: Int(count)))
        }
        mosquitto_log_callback_set(handle) { _, object, level, text in
            guard let text else { return }
            session(object).note(text, level: level)
        }
    }

    private func call(_ handle: OpaquePointer) throws(InboxFailure) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if greeting.version == .v5, let expiry = greeting.sessionExpiry {
            // MQTT 5 forgets a session at once unless told otherwise.
            let seconds = UInt32(clamping: expiry.components.seconds)
            try checkSetting(
                mosquitto_property_add_int32(
                    &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), seconds), "session expiry")
        }
        // Below 5 s the library refuses, and 0 would never notice a dead line.
        let keepAlive = Int32(clamping: min(max(greeting.keepAlive.components.seconds, 5), 65_535))
        try check(
            mosquitto_connect_bind_v5(handle, greeting.host, Int32(greeting.port), keepAlive, nil, properties),
            "connecting to")
    }

    private func set(_ handle: OpaquePointer, _ option: mosq_opt_t, _ value: Int32) throws(InboxFailure) {
        try checkSetting(mosquitto_int_option(handle, option, value), "option \(option.rawValue)")
    }

    private func checkSetting(_ code: Int32, _ what: String) throws(InboxFailure) {
        guard code != MOSQ_ERR_SUCCESS.rawValue else { return }
        throw .refused(
            "the broker settings do not work: \(what): \(MosquittoLibrary.describe(code, systemError: errno))")
    }

    private func check(_ code: Int32, _ doing: String) throws(InboxFailure) {
        guard code != MOSQ_ERR_SUCCESS.rawValue else { return }
        // A refused greeting ends the connection too; the broker's own words say more than "connection lost".
        _ = try isWelcome()
        let reason = MosquittoLibrary.describe(code, systemError: errno)
        let detail = libraryComplaint.map { " (\($0))" } ?? ""
        throw .disconnected("\(doing) the broker at \(greeting.address): \(reason)\(detail)\(certificateHint)")
    }

    /// What to look at when the broker hangs up during the greeting.
    ///
    /// One that wants another certificate says so in a TLS alert, such as "decrypt error", or in a word the library does
    /// not pass on. When it is we who do not trust its certificate, the complaint is no alert and says all.
    private var certificateHint: String {
        guard let tls = greeting.tls, hasReachedBroker, answer == nil, libraryComplaint?.contains(" alert ") ?? true
        else { return "" }
        return tls.certificateFile.map { "; does the broker trust who signed our certificate \($0)?" }
            ?? "; does the broker ask for a certificate? Then give tls a certificate_file and a key_file"
    }

    // MARK: - Callbacks

    private func take(_ message: mosquitto_message) {
        let body = [UInt8](UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)))
        let inbound = InboundMessage(
            topic: String(cString: message.topic), body: body, isRetained: message.retain,
            isRedelivered: isRedelivery, receivedAt: now())
        if message.qos > 0, !isRedelivery, awaitsRedeliveries {
            // A broker sends again what was unanswered before it sends anything new. From here on the library would
            // print two lines for each message, and nobody reads them.
            awaitsRedeliveries = false
            mosquitto_log_callback_set(handle, nil)
        }
        isRedelivery = false
        received.append(inbound)
        receivedBytes += body.count + inbound.topic.utf8.count
    }

    /// Keeps the library's complaints, and the DUP flag, which it tells nowhere but in the log line before a message.
    private func note(_ text: UnsafePointer<CChar>, level: Int32) {
        switch level {
        case MOSQ_LOG_ERR: libraryComplaint = String(cString: text)
        case MOSQ_LOG_DEBUG:
            isRedelivery = isRedelivery || strncmp(text, redeliveryLine, redeliveryLine.utf8.count) == 0
        default: break
        }
    }

    private func noteSubscription(_ id: Int32, granted: UnsafeBufferPointer<Int32>) {
        guard essentialSubscriptions.remove(id) != nil, let reason = granted.first(where: { $0 >= 128 }) else { return }
        let text = greeting.version == .v5 ? String(cString: mosquitto_reason_string(reason)) : "not granted"
        refusedSubscription =
            "the broker at \(greeting.address) refused the subscription: \(text); allow it in the broker's access list"
    }
}
