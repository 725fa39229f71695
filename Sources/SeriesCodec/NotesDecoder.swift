/// Reads what a few rows of a segment carry beside values.
package struct NotesDecoder {
    /// zstd cannot make more of a byte than this, whatever the bytes: a longer content is damage, and must not be
    /// allocated.
    private static let largestExpansion = 32_768

    package let rowCount: Int
    /// In the order of the rows.
    package let notes: [(row: Int, bytes: [UInt8])]

    package init(_ bytes: UnsafeRawBufferPointer, using workspace: SegmentWorkspace) throws(Damage) {
        var reader: ByteReader
        (rowCount, reader) = try BlobKind.notes.opened(bytes)
        let count = try reader.count(atMost: rowCount, of: "notes")
        let size = try reader.count(
            atMost: min(SegmentLimits.noteBytes, reader.remaining * NotesDecoder.largestExpansion), of: "bytes of notes"
        )
        let stored = try reader.take(reader.remaining)
        if stored.count == size {
            notes = try NotesDecoder.notes(count, of: rowCount, in: stored)
            return
        }
        let content = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
        defer { content.deallocate() }
        try workspace.decompress(stored, into: content)
        notes = try NotesDecoder.notes(count, of: rowCount, in: UnsafeRawBufferPointer(content))
    }

    private static func notes(
        _ count: Int, of rowCount: Int, in content: UnsafeRawBufferPointer
    ) throws(Damage) -> [(row: Int, bytes: [UInt8])] {
        var reader = ByteReader(content)
        var notes: [(row: Int, bytes: [UInt8])] = []
        var next = 0
        for _ in 0..<count {
            guard next < rowCount else { throw Damage("a note lies beyond the last row") }
            let row = next + (try reader.count(atMost: rowCount - next - 1, of: "rows between notes"))
            let length = try reader.count(atMost: reader.remaining, of: "bytes of a note")
            notes.append((row, Array(try reader.take(length))))
            next = row + 1
        }
        try reader.expectEnd()
        return notes
    }
}
