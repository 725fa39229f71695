import FleetModel

/// Takes text as bytes, a few at a time and many times a second: an answer has a hundred thousand numbers.
package struct TextSink: ~Copyable {
    private let written = WrittenText()
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// How many bytes are in the piece at `start`.
    private var count = 0

    package init() {
        let piece = written.next(after: 0, room: 0)
        (start, capacity) = (piece.baseAddress!, piece.count)
    }

    /// What was written.
    package consuming func text() -> WrittenText {
        written.end(count)
        return written
    }

    @inline(__always) private mutating func reserve(_ more: Int) {
        if capacity - count < more { turn(more) }
    }

    @inline(never) private mutating func turn(_ more: Int) {
        let piece = written.next(after: count, room: more)
        (start, capacity, count) = (piece.baseAddress!, piece.count, 0)
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
            // Should it round wrongly at the very middle, the next line finds out.
            let whole = Int64(scaled + (scaled < 0 ? -0.5 : 0.5))
            if Double(whole) / power == value, whole != 0 || value.sign == .plus {
                append(whole, places: places)
                return
            }
            power *= 10
            places += 1
        }
        let text = value.description
        append(text.hasSuffix(".0") && value != 0 ? String(text.dropLast(2)) : text)
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

    /// Two digits.
    @inline(__always) private mutating func put(pair number: Int) {
        let number = UInt32(truncatingIfNeeded: number)
        put(UInt8(truncatingIfNeeded: number / 10) &+ 0x30)
        put(UInt8(truncatingIfNeeded: number % 10) &+ 0x30)
    }

    // MARK: Times

    /// RFC 3339 in UTC with as many decimals as it takes, for times that follow one another.
    package struct Clock {
        private var minute = Int64.min
        private var text = SIMD16<UInt8>()

        package init() {}

        /// `2026-03-01T08:00`
        @inline(__always) fileprivate mutating func turn(to minute: Int64) -> SIMD16<UInt8> {
            if minute != self.minute { write(minute) }
            return text
        }

        private mutating func write(_ minute: Int64) {
            let day = minute.flooredDivision(by: 1_440)
            let inDay = Int(minute - day * 1_440)
            let date = CivilDate(daysSinceEpoch: Int(day))
            var place = 0
            func digits(_ number: Int) {
                text[place] = UInt8(number / 10) + 0x30
                text[place + 1] = UInt8(number % 10) + 0x30
                place += 2
            }
            func mark(_ byte: UInt8) {
                text[place] = byte
                place += 1
            }
            digits(date.year / 100)
            digits(date.year % 100)
            mark(UInt8(ascii: "-"))
            digits(date.month)
            mark(UInt8(ascii: "-"))
            digits(date.day)
            mark(UInt8(ascii: "T"))
            digits(inDay / 60)
            mark(UInt8(ascii: ":"))
            digits(inDay % 60)
            self.minute = minute
        }
    }

    /// The same as `Timestamp.iso8601`. What lies beyond what can be read again is written as the nearest that can.
    package mutating func append(time microseconds: Int64, _ clock: inout Clock) {
        let written = min(
            max(microseconds, Timestamp.earliestWritten.microseconds), Timestamp.latestWritten.microseconds)
        let minute = written.flooredDivision(by: 60_000_000)
        let (seconds, fraction) = Int(written &- minute &* 60_000_000).quotientAndRemainder(dividingBy: 1_000_000)
        reserve(32)
        UnsafeMutableRawPointer(start + count).storeBytes(of: clock.turn(to: minute), as: SIMD16<UInt8>.self)
        count &+= 16
        put(UInt8(ascii: ":"))
        put(pair: seconds)
        if fraction != 0 {
            put(UInt8(ascii: "."))
            put(UInt8(truncatingIfNeeded: fraction / 100_000) &+ 0x30)
            put(pair: fraction / 1_000 % 100)
            if fraction % 1_000 != 0 {
                put(UInt8(truncatingIfNeeded: fraction / 100 % 10) &+ 0x30)
                put(pair: fraction % 100)
            }
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
