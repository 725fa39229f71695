import CCompression
import SeriesCodec

/// Lines that were not taken, as they were, on their way into the database.
///
/// Format 1, in order: the byte 1; how many bytes follow when unpacked; packed by zstd, how many reasons there are and each
/// of them, then how many lines there are and of all of them the number (as a difference from the one before), then of all
/// the reason, then the lines, each with a newline; CRC-32C. One kind of thing after the other repeats more than line by
/// line.
struct RejectedLines {
    /// The most that is kept of a line.
    static let lineMax = 65_536
    private static let version: UInt8 = 1

    private var numbers: [Int64] = []
    private var reasons: [ImportRejection] = []
    private var text: [UInt8] = []

    var isEmpty: Bool { numbers.isEmpty }
    var count: Int { numbers.count }
    var first: Int64 { numbers.first ?? 0 }
    var last: Int64 { numbers.last ?? 0 }
    var bytes: Int { text.count + 24 * numbers.count }

    /// Lines come in order, those that were put off last.
    mutating func add(_ line: some Collection<UInt8>, number: Int64, _ reason: ImportRejection) {
        let kept = line.prefix(RejectedLines.lineMax)
        numbers.append(number)
        reasons.append(reason)
        text += kept
        text.append(0x0A)
    }

    /// As the database holds them.
    var blob: [UInt8] {
        var content = ByteWriter()
        content.append(varint: UInt64(ImportRejection.allCases.count))
        for reason in ImportRejection.allCases {
            let name = Array(reason.rawValue.utf8)
            content.append(varint: UInt64(name.count))
            name.withUnsafeBytes { content.append($0) }
        }
        content.append(varint: UInt64(numbers.count))
        var last: Int64 = 0
        for number in numbers {
            content.append(signed: number - last)
            last = number
        }
        for reason in reasons { content.append(varint: UInt64(ImportRejection.allCases.firstIndex(of: reason)!)) }
        text.withUnsafeBytes { content.append($0) }
        var writer = ByteWriter(version: RejectedLines.version)
        writer.append(varint: UInt64(content.bytes.count))
        content.bytes.withUnsafeBytes { bytes in
            let packed = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
                // A few lines are worth the time, a whole file of them is not.
                let level: Int32 = bytes.count < 1 << 20 ? 17 : 6
                count = ZSTD_compress(buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count, level)
                precondition(ZSTD_isError(count) == 0, "zstd has room enough")
            }
            packed.withUnsafeBytes { writer.append($0) }
        }
        return writer.sealed()
    }

    /// The lines of a blob.
    static func lines(
        of blob: UnsafeRawBufferPointer
    ) throws(Damage) -> [(number: Int64, reason: String, line: [UInt8])] {
        var packed = try ByteReader.body(of: blob, version: version)
        let size = try packed.count(atMost: 1 << 30, of: "bytes of lines")
        let bytes = try packed.take(packed.remaining)
        let content = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
        defer { content.deallocate() }
        guard ZSTD_decompress(content.baseAddress, size, bytes.baseAddress, bytes.count) == size else {
            throw Damage("the lines cannot be unpacked")
        }
        var reader = ByteReader(UnsafeRawBufferPointer(content))
        var names: [String] = []
        for _ in 0..<(try reader.count(of: "reasons")) {
            names.append(String(decoding: try reader.take(try reader.count(of: "bytes")), as: UTF8.self))
        }
        let count = try reader.count(of: "lines")
        var numbers: [Int64] = []
        for _ in 0..<count { numbers.append((numbers.last ?? 0) &+ (try reader.signed())) }
        var reasons: [String] = []
        for _ in 0..<count {
            let place = try reader.varint()
            guard place < UInt64(names.count) else { throw Damage("a line has no reason") }
            reasons.append(names[Int(place)])
        }
        let text = Array(try reader.take(reader.remaining)).split(
            separator: 0x0A, omittingEmptySubsequences: false)
        guard text.count == count + 1 else { throw Damage("of \(count) lines there are \(text.count - 1)") }
        var lines: [(number: Int64, reason: String, line: [UInt8])] = []
        for index in 0..<count { lines.append((numbers[index], reasons[index], Array(text[index]))) }
        return lines
    }
}
