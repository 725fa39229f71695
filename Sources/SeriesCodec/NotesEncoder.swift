/// Writes what a few rows of a segment carry beside values, such as fault codes.
package struct NotesEncoder {
    private let workspace: SegmentWorkspace

    package init(using workspace: SegmentWorkspace) { self.workspace = workspace }

    /// - Parameter notes: Bytes of rows in the order of the rows, at most one element a row.
    package func encode(_ notes: [(row: Int, bytes: [UInt8])], rowCount: Int) -> [UInt8] {
        var writer = BlobKind.notes.begun(rowCount: rowCount)
        var content = ByteWriter()
        var next = 0
        for note in notes {
            precondition(note.row >= next && note.row < rowCount, "rows of the segment, in order")
            content.append(varint: UInt64(note.row - next))
            content.append(varint: UInt64(note.bytes.count))
            note.bytes.withUnsafeBytes { content.append($0) }
            next = note.row + 1
        }
        precondition(content.bytes.count <= SegmentLimits.noteBytes, "notes of a bounded size")
        writer.append(varint: UInt64(notes.count))
        writer.append(varint: UInt64(content.bytes.count))
        // A fault that stays active is reported again and again, so most of the bytes repeat.
        let compressed = content.bytes.withUnsafeBytes { workspace.compress($0) } ?? content.bytes
        compressed.withUnsafeBytes { writer.append($0) }
        return writer.sealed()
    }
}
