/// What happened in a run: the last lines for people, and one number that is equal for equal runs.
final class Trace {
    private(set) var number: UInt64 = 0xCBF2_9CE4_8422_2325
    private var lines: [String] = []
    private let kept = 60

    func note(_ line: String) {
        for byte in line.utf8 { number = (number ^ UInt64(byte)) &* 0x100_0000_01B3 }
        lines.append(line)
        if lines.count > 4 * kept { lines.removeFirst(lines.count - kept) }
    }

    /// Counts without being shown: there are too many of them.
    func mix(_ values: Int64...) {
        for value in values { number = (number ^ UInt64(bitPattern: value)) &* 0x100_0000_01B3 }
    }

    var last: String { lines.suffix(kept).joined(separator: "\n") }
}
