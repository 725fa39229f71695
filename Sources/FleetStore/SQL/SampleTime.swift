import FleetModel

/// Times as the table of samples says and takes them.
///
/// It says `2026-03-01T08:00:00.000000Z`: RFC 3339 in UTC, always with six decimals, so that texts are in the order of what
/// they mean and SQLite's date functions read them. It takes whatever SQLite calls a time, with or without a zone (without
/// one it is UTC): so `datetime('now', '-1 day')` may be compared with it, too, which has a space where RFC 3339 has a T.
enum SampleTime {
    static let length = 27
    /// Under this name SQLite knows how to compare such texts.
    static let collation = "INSTANT"

    /// Writes times; remembers the last second, because most samples share it with the one before.
    struct Writer {
        private var second = Int64.min
        private(set) var text = [UInt8](repeating: 0x30, count: length)

        init() { text[length - 1] = UInt8(ascii: "Z") }

        mutating func write(_ microseconds: Int64) {
            let time = min(
                max(microseconds, Timestamp.earliestWritten.microseconds), Timestamp.latestWritten.microseconds)
            let second = time.flooredDivision(by: 1_000_000)
            if second != self.second {
                self.second = second
                let day = second.flooredDivision(by: 86_400)
                let date = CivilDate(daysSinceEpoch: Int(day))
                let clock = Int(second - day * 86_400)
                put(date.year, 0, 4)
                text[4] = UInt8(ascii: "-")
                put(date.month, 5, 2)
                text[7] = UInt8(ascii: "-")
                put(date.day, 8, 2)
                text[10] = UInt8(ascii: "T")
                put(clock / 3_600, 11, 2)
                text[13] = UInt8(ascii: ":")
                put(clock / 60 % 60, 14, 2)
                text[16] = UInt8(ascii: ":")
                put(clock % 60, 17, 2)
                text[19] = UInt8(ascii: ".")
            }
            put(Int(time - second * 1_000_000), 20, 6)
        }

        private mutating func put(_ number: Int, _ start: Int, _ width: Int) {
            var rest = number
            for place in stride(from: start + width - 1, through: start, by: -1) {
                text[place] = UInt8(0x30 + rest % 10)
                rest /= 10
            }
        }
    }

    static func text(_ microseconds: Int64) -> String {
        var writer = Writer()
        writer.write(microseconds)
        return String(decoding: writer.text, as: UTF8.self)
    }

    /// What a text means, microseconds since 1970; `nil` when it is no time.
    ///
    /// `2026-03-01`, and behind it `T` or a space and `08:00`, `08:00:00` or `08:00:00.5`, and behind that `Z` or `+07:00`.
    static func microseconds(of text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let time = Timestamp(iso8601: text) { return time.microseconds }
        guard text.count >= 10, text.count <= 40, let date = CivilDate(String(decoding: text[..<10], as: UTF8.self))
        else {
            return nil
        }
        guard text.count > 10 else { return date.startOfDay.microseconds }
        // RFC 3339 lacks nothing; of what SQLite takes, seconds and zone may be left out.
        guard text.count >= 16 else { return nil }
        var whole = Array(text[..<16])
        var rest = text[16...]
        if rest.first == UInt8(ascii: ":") {
            let second = rest.prefix {
                $0 != UInt8(ascii: "Z") && $0 != UInt8(ascii: "z") && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-")
            }
            whole += second
            rest = rest[second.endIndex...]
        } else {
            whole += Array(":00".utf8)
        }
        whole += rest.isEmpty ? [UInt8(ascii: "Z")] : Array(rest)
        return Timestamp(iso8601: whole[...])?.microseconds
    }

    /// The order of two texts: times by what they mean, and before everything else.
    static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int32 {
        if isCanonical(a), isCanonical(b) { return order(a, b) }
        switch (microseconds(of: a), microseconds(of: b)) {
        case (let a?, let b?): return a < b ? -1 : a == b ? 0 : 1
        case (_?, nil): return -1
        case (nil, _?): return 1
        case (nil, nil): return order(a, b)
        }
    }

    /// Whether it looks as we write it. Two such texts compare alike by bytes and by meaning, and all but garbage in their
    /// digits is told apart by the rest.
    private static func isCanonical(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == length else { return false }
        for place in 0..<length {
            let byte = text[place]
            switch place {
            case 4, 7: guard byte == UInt8(ascii: "-") else { return false }
            case 10: guard byte == UInt8(ascii: "T") else { return false }
            case 13, 16: guard byte == UInt8(ascii: ":") else { return false }
            case 19: guard byte == UInt8(ascii: ".") else { return false }
            case 26: guard byte == UInt8(ascii: "Z") else { return false }
            default: guard byte &- 0x30 < 10 else { return false }
            }
        }
        return true
    }

    private static func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int32 {
        for place in 0..<min(a.count, b.count) where a[place] != b[place] { return a[place] < b[place] ? -1 : 1 }
        return a.count < b.count ? -1 : a.count == b.count ? 0 : 1
    }
}
