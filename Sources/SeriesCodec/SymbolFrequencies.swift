/// How often each byte occurs in a plane, as parts of 2,048 of all.
///
/// What is written of a count is its *level*, eight to a doubling: a level is wrong by a sixteenth at most, which costs a
/// byte or two in eight thousand, and the levels of neighbours differ so little that they take 3 bits instead of 8.
struct SymbolFrequencies: Equatable {
    /// All frequencies together, as a power of two.
    static let totalBits = 11
    static let total = 1 << totalBits

    /// For each byte; their sum is `total`.
    let parts: [Int]
    /// For each byte, that of its count; 0 when it does not occur.
    private let levels: [Int]

    /// Those of `bytes`, of which there is at least one.
    init(of bytes: UnsafeRawBufferPointer) {
        // Four counters for neighbours: one would wait for itself where a byte repeats.
        var counts = [Int](repeating: 0, count: 4 * 256)
        counts.withUnsafeMutableBufferPointer { counts in
            for index in 0..<bytes.count { counts[(index & 3) << 8 | Int(bytes[index])] += 1 }
        }
        self.init(
            levels: (0..<256).map { byte in
                SymbolFrequencies.level(
                    of: counts[byte] + counts[byte + 256] + counts[byte + 512] + counts[byte + 768])
            })
    }

    /// A byte that occurs has one part, and its share of those that are left.
    private init(levels: [Int]) {
        self.levels = levels
        let weights = levels.map(SymbolFrequencies.weight)
        let sum = weights.reduce(0, +)
        let spare = SymbolFrequencies.total - weights.count { $0 > 0 }
        var (before, start) = (0, 0)
        parts = weights.map { weight in
            guard weight > 0 else { return 0 }
            before += weight
            let end = before * spare / sum
            defer { start = end }
            return 1 + end - start
        }
    }

    // MARK: Levels

    /// That of the most bytes that a plane can have.
    private static let levelMax = level(of: SegmentLimits.rows)

    /// The nearest: 0 to 15 are counts themselves, after that a level has three bits behind its first.
    private static func level(of count: Int) -> Int {
        guard count >= 16 else { return count }
        let rounded = count + 1 << (Int.bitWidth - count.leadingZeroBitCount - 5)
        let shift = Int.bitWidth - rounded.leadingZeroBitCount - 4
        return 8 * shift + rounded >> shift
    }

    /// The count that a level stands for.
    private static func weight(_ level: Int) -> Int {
        level < 16 ? level : (8 + level & 7) << (level >> 3 - 1)
    }

    // MARK: Bytes

    /// Where each byte's parts begin.
    var starts: [Int] {
        var sum = 0
        return parts.map { part in
            defer { sum += part }
            return sum
        }
    }

    /// Writes those from the first byte to the last that occurs: which of them do, and the levels of these.
    func append(to writer: inout ByteWriter) {
        let first = levels.firstIndex { $0 > 0 } ?? 0
        let last = levels.lastIndex { $0 > 0 } ?? 0
        writer.append(UInt8(first))
        writer.append(UInt8(last))
        Presence(levels[first...last].map { $0 > 0 }).append(to: &writer)
        let occurring = levels.filter { $0 > 0 }
        NumberList.append(zip(occurring, [0] + occurring).map { Int(zigzag(Int64($0 - $1))) }, to: &writer)
    }

    init(from reader: inout ByteReader) throws(Damage) {
        let first = Int(try reader.byte())
        let last = Int(try reader.byte())
        guard first <= last else { throw Damage("frequencies of the bytes \(first) to \(last)") }
        let presence = try Presence(rowCount: last - first + 1, from: &reader)
        var differences = try NumberList.read(presence.valueCount, from: &reader).makeIterator()
        var levels = [Int](repeating: 0, count: 256)
        var level = 0
        for byte in first...last where presence[byte - first] {
            level += Int(unzigzag(UInt64(differences.next() ?? 0)))
            guard (1...SymbolFrequencies.levelMax).contains(level) else {
                throw Damage("the byte \(byte) cannot be as frequent as \(level)")
            }
            levels[byte] = level
        }
        guard level > 0 else { throw Damage("no byte has a frequency") }
        self.init(levels: levels)
    }
}
