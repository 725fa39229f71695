import FleetModel

/// Writing JSON straight into bytes.
///
/// A simulated fleet sends 100,000 messages a second; an encoder that builds a tree or a string for each number
/// would be the slowest part of it.
extension [UInt8] {
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string in quotation marks, with what JSON wants escaped.
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                append("\\u00")
                append(byte >> 4 + UInt8(ascii: "0"))
                append("0123456789abcdef".utf8.dropFirst(Int(byte & 15)).first!)
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// A name that is known to need no escapes.
    mutating func append(key name: String) {
        append(UInt8(ascii: "\""))
        append(contentsOf: name.utf8)
        append("\":")
    }

    mutating func append(whole number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(whole: number.magnitude)
    }

    mutating func append(whole number: UInt64) {
        guard number > 9 else { return append(UInt8(ascii: "0") + UInt8(number)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            var rest = number
            while rest > 0 {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(digit)
                rest = quotient
            }
            append(contentsOf: digits[start..<20])
        }
    }

    /// A decimal as short as can be that reads back as this very number, which must be finite.
    mutating func append(number: Double) {
        // What machines send has few decimals. A decimal of at most 15 digits names its double alone, so the first
        // of these that is exact is also the shortest. Whole numbers are exact up to 2^53. A zero keeps its sign by
        // the long way.
        var scale = 1.0
        for places in 0...4 {
            let scaled = (number * scale).rounded()
            guard scaled.magnitude < (places == 0 ? 0x1p53 : 1e15) else { break }
            if scaled / scale == number, scaled != 0 || number.sign == .plus {
                return append(Int64(scaled), decimals: places)
            }
            scale *= 10
        }
        append(contentsOf: number.description.utf8)
    }

    /// `1234` with two decimals is `12.34`.
    private mutating func append(_ scaled: Int64, decimals: Int) {
        guard decimals > 0 else { return append(whole: scaled) }
        if scaled < 0 { append(UInt8(ascii: "-")) }
        var power: UInt64 = 1
        for _ in 0..<decimals { power *= 10 }
        let (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: power)
        append(whole: whole)
        append(UInt8(ascii: "."))
        append(fraction, digits: decimals)
    }

    /// A number with leading zeros.
    private mutating func append(_ number: UInt64, digits: Int) {
        var power: UInt64 = 1
        for _ in 1..<digits { power *= 10 }
        var rest = number
        for _ in 0..<digits {
            let (digit, below) = rest.quotientAndRemainder(dividingBy: power)
            append(UInt8(ascii: "0") + UInt8(digit))
            rest = below
            power /= 10
        }
    }

    /// RFC 3339 in quotation marks for the years that it has, and whole milliseconds for all others.
    mutating func append(time: Timestamp) {
        let date = time.date
        guard (0...9_999).contains(date.year) else { return append(whole: time.milliseconds) }
        let inDay = UInt64(time.microsecondOfDay)
        let (second, fraction) = inDay.quotientAndRemainder(dividingBy: 1_000_000)
        append(UInt8(ascii: "\""))
        append(UInt64(date.year), digits: 4)
        append(UInt8(ascii: "-"))
        append(UInt64(date.month), digits: 2)
        append(UInt8(ascii: "-"))
        append(UInt64(date.day), digits: 2)
        append(UInt8(ascii: "T"))
        append(second / 3_600, digits: 2)
        append(UInt8(ascii: ":"))
        append(second / 60 % 60, digits: 2)
        append(UInt8(ascii: ":"))
        append(second % 60, digits: 2)
        if fraction != 0 {
            append(UInt8(ascii: "."))
            if fraction % 1_000 == 0 {
                append(fraction / 1_000, digits: 3)
            } else {
                append(fraction, digits: 6)
            }
        }
        append("Z\"")
    }
}
