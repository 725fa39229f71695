/// In which order segments are written so that their chunks fill the pages of their table.
///
/// SQLite keeps of a long row a rest of half a page on average in a leaf of the table, and all else in pages of its own
/// that are full. Leaves are filled in the order of the rows, and rests that do not fit into one leave it half empty: of a
/// day of a machine's data, 4 in 100 bytes of the database.
enum LeafPacking {
    private static let usable = Connections.pageSize

    /// The order for segments of which these are the lengths of the chunks.
    static func order(_ chunks: [[Int]]) -> [Int] {
        let sizes = chunks.map { $0.reduce(0) { $0 + cellBytes($1) } }
        // Leaves by the room that is left in them: the next segment goes where it leaves least (best fit, the largest first).
        let room = usable - 8
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

    /// What a chunk takes of its leaf: SQLite's file format, "B-tree cell format", and the cell's pointer.
    private static func cellBytes(_ length: Int) -> Int {
        let payload = length + 5
        let most = usable - 35
        let least = (usable - 12) * 32 / 255 - 23
        guard payload > most else { return payload + 8 }
        let rest = least + (payload - least) % (usable - 4)
        return (rest <= most ? rest : least) + 14
    }
}
