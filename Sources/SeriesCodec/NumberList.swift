/// A short list of small numbers, in Exp-Golomb codes (Teuhola 1978) of the parameter that is best for the list.
///
/// A number n becomes n + 2^parameter; before its bits, from the first that is one, stand as many zeros as they are
/// more than parameter + 1. The first bit is the highest of the first byte.
enum NumberList {
    /// Numbers are less than 2^17: rows of a segment, or frequencies.
    private static let widest = 17

    static func append(_ numbers: some Collection<Int>, to writer: inout ByteWriter) {
        let sizes = (0..<widest).map { parameter in
            numbers.reduce(0) { $0 + codeLength($1, parameter) }
        }
        let parameter = sizes.indices.min { sizes[$0] < sizes[$1] } ?? 0
        writer.append(UInt8(parameter))
        var pending: UInt64 = 0
        var pendingBits = 0
        for number in numbers {
            precondition(number >= 0 && number < 1 << widest)
            let length = codeLength(number, parameter)
            pending = pending << UInt64(length) | UInt64(number + 1 << parameter)
            pendingBits += length
            while pendingBits >= 8 {
                pendingBits -= 8
                writer.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingBits)))
            }
        }
        if pendingBits > 0 { writer.append(UInt8(truncatingIfNeeded: pending << UInt64(8 - pendingBits))) }
    }

    private static func codeLength(_ number: Int, _ parameter: Int) -> Int {
        let width = Int.bitWidth - (number + 1 << parameter).leadingZeroBitCount
        return 2 * width - 1 - parameter
    }

    /// Reads `count` numbers, and the bits up to the next whole byte.
    static func read(_ count: Int, from reader: inout ByteReader) throws(Damage) -> [Int] {
        let parameter = Int(try reader.byte())
        guard parameter < widest else { throw Damage("a list cannot have the parameter \(parameter)") }
        guard count <= 8 * reader.remaining else { throw Damage("\(count) numbers in \(reader.remaining) bytes") }
        var pending: UInt8 = 0
        var pendingBits: UInt8 = 0
        func bit() throws(Damage) -> Int {
            if pendingBits == 0 {
                pending = try reader.byte()
                pendingBits = 8
            }
            pendingBits -= 1
            return Int(pending >> pendingBits & 1)
        }
        var numbers: [Int] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count {
            var zeros = 0
            while try bit() == 0 {
                zeros += 1
                guard zeros <= widest else { throw Damage("a number of a list is too large") }
            }
            var code = 1
            for _ in 0..<(zeros + parameter) { code = code << 1 | (try bit()) }
            numbers.append(code - 1 << parameter)
        }
        return numbers
    }
}
