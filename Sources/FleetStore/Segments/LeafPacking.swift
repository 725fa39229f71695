/// How the chunks of segments fill the pages of their table.
///
/// SQLite keeps of a long row a rest in a leaf of the table, 232 to 2,013 bytes, and all else in pages of its own that
/// are full. Two rests that are longer than half a page do not fit into one leaf: a fifth of the leaves would be empty,
/// 7 in 1,000 bytes of a day of a hundred machines.
enum LeafPacking {
    /// Small, because what a chunk leaves empty of its last page is half a page on average, and there are fifty tables
    /// and indexes of one page each: a day of a hundred machines takes 5 in 100 bytes less than with pages of 4,096.
    static let pageSize = 2_048
    private static let usable = pageSize
    private static let room = usable - 8
    /// Four of them fill a leaf.
    private static let cellMax = room / 4
    /// More columns have too many ways to be parted.
    private static let partsMax = 13
    /// Of what is shorter a second chunk would cost readers more than it saves.
    private static let bytesMin = 4 * usable

    /// The order for segments of which these are the lengths of the chunks: the next goes where it leaves least.
    static func order(_ chunks: [[Int]]) -> [Int] {
        let sizes = chunks.map { $0.reduce(0) { $0 + cellBytes($1) } }
        var leaves: [[Int]] = []
        var byRoom: [[Int]] = Array(repeating: [], count: room + 1)
        for segment in sizes.indices.sorted(by: { (sizes[$0], $1) > (sizes[$1], $0) }) {
            let size = sizes[segment]
            if size <= room, let found = (size...room).first(where: { !byRoom[$0].isEmpty }) {
                let leaf = byRoom[found].removeLast()
                leaves[leaf].append(segment)
                byRoom[found - size].append(leaf)
            } else {
                byRoom[max(0, room - size)].append(leaves.count)
                leaves.append([segment])
            }
        }
        return leaves.flatMap { $0 }
    }

    /// Into which of up to three chunks each of some columns goes, so that the rests of all chunks are short; `nil` when one
    /// chunk is as good or there is no such way.
    static func parting(_ lengths: [Int]) -> [Int]? {
        guard (2...partsMax).contains(lengths.count) else { return nil }
        let all = (1 << lengths.count) - 1
        var sums = [Int](repeating: 0, count: all + 1)
        for set in 1...all { sums[set] = sums[set & (set - 1)] + lengths[set.trailingZeroBitCount] }
        func isShort(_ set: Int) -> Bool { cellBytes(sums[set]) <= cellMax }
        guard sums[all] >= bytesMin, !isShort(all) else { return nil }
        func numbered(_ second: Int, _ third: Int) -> [Int] {
            lengths.indices.map { second >> $0 & 1 + 2 * (third >> $0 & 1) }
        }
        // The first column, of the times, stays in the first chunk.
        let short = stride(from: 2, through: all, by: 2).filter(isShort)
        if let second = short.first(where: { isShort(all ^ $0) }) { return numbered(second, 0) }
        for second in short {
            if let third = short.first(where: { $0 & second == 0 && isShort(all ^ second ^ $0) }) {
                return numbered(second, third)
            }
        }
        return nil
    }

    /// What a chunk takes of its leaf: SQLite's file format, "B-tree cell format", and the cell's pointer.
    static func cellBytes(_ length: Int) -> Int {
        let payload = length + 5
        let most = usable - 35
        let least = (usable - 12) * 32 / 255 - 23
        guard payload > most else { return payload + 8 }
        let rest = least + (payload - least) % (usable - 4)
        return (rest <= most ? rest : least) + 14
    }
}

extension Segment {
    /// Parts its only chunk so that little of the pages remains empty.
    mutating func fitPages() {
        guard chunks.count == 1, let bytes = chunks.first else { return }
        let places = [directory.rows, directory.notes].filter { $0 != .nowhere } + directory.columns.map(\.place)
        guard let parting = LeafPacking.parting(places.map(\.length)) else { return }
        var parts: [[UInt8]] = Array(repeating: [], count: parting.max()! + 1)
        func move(_ place: inout SegmentDirectory.Place, to chunk: Int) {
            let moved = SegmentDirectory.Place(chunk: chunk, offset: parts[chunk].count, length: place.length)
            parts[chunk] += bytes[place.offset..<place.offset + place.length]
            place = moved
        }
        var next = parting.makeIterator()
        move(&directory.rows, to: next.next()!)
        if directory.notes != .nowhere { move(&directory.notes, to: next.next()!) }
        for index in directory.columns.indices { move(&directory.columns[index].place, to: next.next()!) }
        chunks = parts
    }
}
