/// How often each byte occurs in a plane, as parts of 2,048 of all.
struct SymbolFrequencies: Equatable {
    /// All frequencies together, as a power of two.
    static let totalBits = 11
    static let total = 1 << totalBits

    /// For each byte; their sum is `total`.
    private(set) var parts: [Int]

    /// Those of `bytes`, of which there is at least one. A byte that occurs has at least one part.
    init(of bytes: UnsafeRawBufferPointer) {
        // Four counters for neighbours: one would wait for itself where a byte repeats.
        var counts = [Int](repeating: 0, count: 4 * 256)
        counts.withUnsafeMutableBufferPointer { counts in
            for index in 0..<bytes.count { counts[(index & 3) << 8 | Int(bytes[index])] += 1 }
        }
        parts = (0..<256).map { byte in
            let count = counts[byte] + counts[byte + 256] + counts[byte + 512] + counts[byte + 768]
            return count == 0 ? 0 : max(1, (count * SymbolFrequencies.total + bytes.count / 2) / bytes.count)
        }
        var excess = parts.reduce(0, +) - SymbolFrequencies.total
        while excess != 0 {
            // The most frequent one feels the difference least.
            let largest = parts.indices.max { parts[$0] < parts[$1] } ?? 0
            let change = excess > 0 ? min(excess, max(1, parts[largest] / 8)) : excess
            parts[largest] -= change
            excess -= change
        }
    }

    /// Where each byte's parts begin.
    var starts: [Int] {
        var sum = 0
        return parts.map { part in
            defer { sum += part }
            return sum
        }
    }

    /// Writes those from the first byte to the last that occurs.
    func append(to writer: inout ByteWriter) {
        let first = parts.firstIndex { $0 > 0 } ?? 0
        let last = parts.lastIndex { $0 > 0 } ?? 0
        writer.append(UInt8(first))
        writer.append(UInt8(last))
        NumberList.append(parts[first...last], to: &writer)
    }

    init(from reader: inout ByteReader) throws(Damage) {
        let first = Int(try reader.byte())
        let last = Int(try reader.byte())
        guard first <= last else { throw Damage("frequencies of the bytes \(first) to \(last)") }
        parts = [Int](repeating: 0, count: 256)
        parts.replaceSubrange(first...last, with: try NumberList.read(last - first + 1, from: &reader))
        let sum = parts.reduce(0, +)
        guard sum == SymbolFrequencies.total else {
            throw Damage("the frequencies add up to \(sum), not \(SymbolFrequencies.total)")
        }
    }
}
