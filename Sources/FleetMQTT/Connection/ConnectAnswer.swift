import CMosquitto
import FleetRuntime

/// What a broker's answer to our greeting means for us.
enum ConnectAnswer {
    /// `nil` when we are welcome. MQTT 3.1.1 has codes 1 to 5, MQTT 5 has 128 and up.
    static func failure(_ code: Int32, address: String, user: String?) -> InboxFailure? {
        guard code != 0 else { return nil }
        let text =
            code < 128
            ? String(cString: mosquitto_connack_string(code)) : String(cString: mosquitto_reason_string(code))
        let message =
            "the broker at \(address) refused \(user.map { "user \($0)" } ?? "us without a user name"): \(text)"
        switch code {
        case 4, 5, Int32(MQTT_RC_BAD_USERNAME_OR_PASSWORD.rawValue), Int32(MQTT_RC_NOT_AUTHORIZED.rawValue),
            Int32(MQTT_RC_BAD_AUTHENTICATION_METHOD.rawValue), Int32(MQTT_RC_BANNED.rawValue):
            return .refused("\(message); check the user, the password and the broker's password file")
        case 1, Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue):
            return .refused("\(message); try the other MQTT version (3.1.1 or 5)")
        case 2, Int32(MQTT_RC_CLIENTID_NOT_VALID.rawValue):
            return .refused("\(message); give the client another id")
        default:
            return .disconnected(message)
        }
    }
}
