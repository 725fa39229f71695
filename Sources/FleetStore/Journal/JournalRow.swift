import FleetModel
import SeriesCodec

/// What one commit added to the journal, or as much of it as fits into one row.
///
/// Format 1, in order: the byte 1; for each machine its row, how many bytes its frames take and the frames as
/// `FrameWriter` writes them; CRC-32C of all before. A row can be read without any other.
struct JournalRow {
    static let version: UInt8 = 1
    /// A row is closed when it is longer: what is read at once must fit into memory, and unpacked it is ten times as long.
    static let bytesMax = 256 << 10

    /// The frames of one machine in a row.
    struct Piece {
        var machine: Int64
        var bytes: UnsafeRawBufferPointer
    }

    private var writer = ByteWriter(version: version)

    var isEmpty: Bool { writer.bytes.count == 1 }
    var isFull: Bool { writer.bytes.count >= JournalRow.bytesMax }

    mutating func append(_ frames: [UInt8], of machine: Int64) {
        writer.append(varint: UInt64(bitPattern: machine))
        writer.append(varint: UInt64(frames.count))
        frames.withUnsafeBytes { writer.append($0) }
    }

    /// The row with its check sum.
    consuming func sealed() -> [UInt8] { writer.sealed() }

    /// The pieces of a row, in the order in which they came.
    static func pieces(of bytes: UnsafeRawBufferPointer) throws(Damage) -> [Piece] {
        var reader = try ByteReader.body(of: bytes, version: version)
        var pieces: [Piece] = []
        while !reader.isAtEnd {
            let machine = Int64(bitPattern: try reader.varint())
            pieces.append(Piece(machine: machine, bytes: try reader.take(try reader.count(of: "bytes of a machine"))))
        }
        return pieces
    }
}
