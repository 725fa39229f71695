/// Reading a decimal number from bytes, exactly rounded.
enum DecimalNumber {
    /// `12`, `-0.5`, `1e9`; `nil` for anything else, and for what overflows.
    static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var next = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { next = 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        func digit() -> UInt64? {
            guard next < text.count, (0x30...0x39).contains(text[next]) else { return nil }
            return UInt64(text[next] - 0x30)
        }
        while let value = digit() {
            mantissa = mantissa &* 10 &+ value
            digits += 1
            next += 1
        }
        if next < text.count, text[next] == UInt8(ascii: ".") {
            next += 1
            while let value = digit() {
                mantissa = mantissa &* 10 &+ value
                digits += 1
                exponent -= 1
                next += 1
            }
        }
        guard digits > 0 else { return nil }
        if next < text.count, text[next] == UInt8(ascii: "e") || text[next] == UInt8(ascii: "E") {
            next += 1
            var isSmall = false
            if next < text.count, text[next] == UInt8(ascii: "-") || text[next] == UInt8(ascii: "+") {
                isSmall = text[next] == UInt8(ascii: "-")
                next += 1
            }
            guard digit() != nil else { return nil }
            var power = 0
            while let value = digit() {
                power = min(power * 10 + Int(value), 100_000)
                next += 1
            }
            exponent += isSmall ? -power : power
        }
        guard next == text.count else { return nil }
        // Both numbers are exact as doubles here, so one multiplication or division rounds once, to the nearest.
        if digits <= 15, (-22...22).contains(exponent) {
            let magnitude =
                exponent < 0 ? Double(mantissa) / powers[-exponent] : Double(mantissa) * powers[exponent]
            return isNegative ? -magnitude : magnitude
        }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// The powers of ten that a double holds exactly.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
