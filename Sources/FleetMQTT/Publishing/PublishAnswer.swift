import CMosquitto
import FleetRuntime

/// What a broker's answer to a message means.
enum PublishAnswer {
    /// `nil` when the broker has it. MQTT 3.1.1 has no other answer, even for what the access list forbids.
    static func failure(_ reason: Int32, topic: String) -> InboxFailure? {
        guard reason >= 128 else { return nil }
        return .refused(
            "the broker refused a message on \(topic): \(String(cString: mosquitto_reason_string(reason))); check its access list"
        )
    }
}
