import FleetModel

/// Words from outside, made fit to stand in a line of a log: no control characters, nothing beyond ASCII, not long.
package func excerpt(_ bytes: some Collection<UInt8>, limit: Int = 40) -> String {
    var text = "\""
    for byte in bytes.prefix(limit) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            text.append("\\")
            text.unicodeScalars.append(Unicode.Scalar(byte))
        case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
        default: text.append("?")
        }
    }
    text.append(bytes.count > limit ? "...\"" : "\"")
    return text
}

extension JSONTape {
    /// A value as a rejection shows it.
    func excerpt(at place: Int) -> String {
        switch kind(at: place) {
        case .object: "an object"
        case .array: "an array"
        case .string: TelemetryCodec.excerpt(text(at: place))
        case .signed: "\(Int64(bitPattern: words[place + 1]))"
        case .unsigned: "\(words[place + 1])"
        case .double: "\(Double(bitPattern: words[place + 1]))"
        case .yes: "true"
        case .no: "false"
        case .null: "null"
        }
    }
}

extension Rejection {
    /// The same, found inside something: `frames[3].signals.coolant_temp`. Stays within one line of 160 characters.
    func inside(_ path: String) -> Rejection {
        let whole = path + detail
        return Rejection(reason, whole.utf8.count <= 160 ? whole : String(whole.prefix(157)) + "...")
    }
}
