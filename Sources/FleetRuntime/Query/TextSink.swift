import FleetModel

/// Takes text as bytes, a few at a time and many times a second: an answer has a hundred thousand numbers.
package struct TextSink: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0

    package init(capacity: Int = 1 << 12) {
        start = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { start.deallocate() }

    package var isEmpty: Bool { count == 0 }

    package consuming func bytes() -> [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    private mutating func reserve(_ more: Int) {
        guard capacity - count < more else { return }
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
    }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    package mutating func append(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        (start + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            guard let source = bytes.baseAddress else { return }
            reserve(bytes.count)
            (start + count).update(from: source, count: bytes.count)
            count += bytes.count
        }
    }

    // MARK: Numbers

    /// The shortest decimal number that is this value again: `21`, `0.35`, `-0.0`, `1e+20`; `nan`, `inf`, `-inf`.
    package mutating func append(_ value: Double) {
        var power = 1.0
        var places = 0
        // What control units send, and with it most of what is computed, has few decimals. Up to 15 digits every number
        // is the shortest of its value.
        while places <= 6 {
            let scaled = value * power
            guard abs(scaled) < 1e15 else { break }
            let whole = Int64(scaled.rounded())
            if Double(whole) / power == value, whole != 0 || value.sign == .plus {
                append(whole, places: places)
                return
            }
            power *= 10
            places += 1
        }
        append(value.description)
    }

    /// `whole / 10^places`, with as many decimals.
    private mutating func append(_ whole: Int64, places: Int) {
        reserve(24)
        if whole < 0 { put(UInt8(ascii: "-")) }
        var rest = whole.magnitude
        var length = 1
        var bound: UInt64 = 10
        while rest >= bound {
            length += 1
            bound &*= 10
        }
        length = max(length, places + 1)
        let end = count + length + (places > 0 ? 1 : 0)
        var place = end
        for index in 0..<length {
            if index == places, places > 0 {
                place -= 1
                start[place] = UInt8(ascii: ".")
            }
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place -= 1
            start[place] = UInt8(truncatingIfNeeded: digit) &+ 0x30
            rest = quotient
        }
        count = end
    }

    package mutating func append(_ number: Int64) {
        if number.magnitude < 1_000_000_000_000_000_000 { append(number, places: 0) } else { append(String(number)) }
    }

    @inline(__always) private mutating func put(_ byte: UInt8) {
        start[count] = byte
        count &+= 1
    }

    @inline(__always) private mutating func put(_ number: Int, digits: Int) {
        var rest = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            start[count &+ index] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        }
        count &+= digits
    }

    // MARK: Times

    /// RFC 3339 in UTC with as many decimals as it takes, for times that follow one another.
    package struct Clock {
        private var day = Int64.min
        private var date: (year: Int, month: Int, day: Int) = (0, 0, 0)

        package init() {}

        fileprivate mutating func turn(to day: Int64) -> (year: Int, month: Int, day: Int) {
            if day != self.day {
                let civil = CivilDate(daysSinceEpoch: Int(day))
                date = (civil.year, civil.month, civil.day)
                self.day = day
            }
            return date
        }
    }

    /// The same as `Timestamp.iso8601`. What lies beyond what can be read again is written as the nearest that can.
    package mutating func append(time microseconds: Int64, _ clock: inout Clock) {
        let written = min(
            max(microseconds, Timestamp.earliestWritten.microseconds), Timestamp.latestWritten.microseconds)
        let day = written.flooredDivision(by: 86_400_000_000)
        let inDay = Int(written &- day &* 86_400_000_000)
        let date = clock.turn(to: day)
        let (seconds, fraction) = inDay.quotientAndRemainder(dividingBy: 1_000_000)
        reserve(32)
        put(date.year, digits: 4)
        put(UInt8(ascii: "-"))
        put(date.month, digits: 2)
        put(UInt8(ascii: "-"))
        put(date.day, digits: 2)
        put(UInt8(ascii: "T"))
        put(seconds / 3_600, digits: 2)
        put(UInt8(ascii: ":"))
        put(seconds / 60 % 60, digits: 2)
        put(UInt8(ascii: ":"))
        put(seconds % 60, digits: 2)
        if fraction != 0 {
            put(UInt8(ascii: "."))
            if fraction % 1_000 == 0 { put(fraction / 1_000, digits: 3) } else { put(fraction, digits: 6) }
        }
        put(UInt8(ascii: "Z"))
    }

    // MARK: JSON and CSV

    /// A number as JSON has them: what is not one is `null`.
    package mutating func append(json value: Double) {
        if value.isFinite { append(value) } else { append("null" as StaticString) }
    }

    /// A text with its quotes.
    package mutating func append(json text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append("\\u00" as StaticString)
                let digits = Array("0123456789abcdef".utf8)
                append(digits[Int(byte >> 4)])
                append(digits[Int(byte & 15)])
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// A field of RFC 4180: quoted only when it has a comma, a quote or a line break.
    package mutating func append(csv text: String) {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else {
            append(text)
            return
        }
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { append(byte) }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }
}
