/// Doubles as text that reads back as the very same bits: `1.5`, `-0.0`, `-Infinity`, `NaN`, `NaN:7ff8000000000001`.
package enum NumberText {
    /// What a NaN is that nobody has put anything into.
    private static let plainNaN: UInt64 = 0x7FF8_0000_0000_0000

    /// `nil` for what is no number. `inf` and `nan` are taken in any case, as other programs write them.
    package static func value(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        if let value = DecimalNumber.double(text) { return value }
        guard text.count <= 24 else { return nil }
        let word = String(decoding: text, as: UTF8.self).lowercased()
        switch word {
        case "nan": return Double(bitPattern: plainNaN)
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default:
            guard word.hasPrefix("nan:"), word.utf8.count == 20, let bits = UInt64(word.dropFirst(4), radix: 16) else {
                return nil
            }
            let value = Double(bitPattern: bits)
            return value.isNaN ? value : nil
        }
    }

    package static func value(_ text: ArraySlice<UInt8>) -> Double? { text.withUnsafeBufferPointer { value($0) } }

    /// - Parameter isJSON: Whether what is no number of JSON is put in quotation marks.
    package static func append(_ value: Double, isJSON: Bool, to text: inout [UInt8]) {
        guard !value.isFinite else { return text.append(number: value) }
        if isJSON { text.append(UInt8(ascii: "\"")) }
        if value.isInfinite {
            text.append(value < 0 ? "-Infinity" : "Infinity")
        } else {
            text.append("NaN")
            if value.bitPattern != plainNaN {
                text.append(UInt8(ascii: ":"))
                for shift in stride(from: UInt64(60), through: 0, by: -4) {
                    text.append(Array("0123456789abcdef".utf8)[Int(value.bitPattern >> shift & 15)])
                }
            }
        }
        if isJSON { text.append(UInt8(ascii: "\"")) }
    }
}
