import FleetModel

/// Messages of known machines that nobody can take; each says its number where quarantine shows it.
enum Poison {
    private static let word = "poison-"
    private static let digits = 8
    /// Over-large ones are kept whole: more of them would push others out of quarantine.
    private static let oversizeMax = 500

    static func body(_ number: Int, at time: Timestamp) -> [UInt8] {
        let text = "\(number)"
        let name = word + String(repeating: "0", count: max(0, digits - text.count)) + text
        switch number % 5 {
        case 1 where number / 5 < oversizeMax:
            // Above what zubrd takes and below what the shipped broker drops.
            return Array(#"{"\#(name)":""#.utf8) + [UInt8](repeating: 0x78, count: 66_000) + Array(#""}"#.utf8)
        case 2:
            return Array(#"{"boot":1,"seq":1,"at":"\#(time.iso8601)","signals":{"\#(name)"#.utf8) + [0xC3, 0x28, 0xFF]
                + Array(#"":1}}"#.utf8)
        case 3:
            return Array(#"{"\#(name)":"#.utf8) + [UInt8](repeating: 0x5B, count: 2_000)
                + [UInt8](repeating: 0x5D, count: 2_000) + Array("}".utf8)
        case 4:
            return Array(
                #"{"equipment":"\#(name)","boot":1,"seq":1,"at":"\#(time.iso8601)","signals":{"engine_rpm":1}}"#.utf8)
        default:
            return Array("\(name) is not JSON".utf8)
        }
    }

    /// The number of the poison message whose beginning is `excerpt`; `nil`: it is none.
    static func number(in excerpt: String) -> Int? {
        guard let place = excerpt.firstRange(of: word) else { return nil }
        return Int(excerpt[place.upperBound...].prefix(digits))
    }
}
