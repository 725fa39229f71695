import FleetModel
import SeriesCodec

/// A few frames of one machine that stand by themselves, as the newest values of its signals do.
///
/// Format 2, in order: the byte 2; the frames as `FrameWriter` writes them, each with its list of signals; CRC-32C of all
/// before, four bytes, least significant first. In format 1 a list of signals stands in a block once, under 0, and is then
/// meant by its number in the block, counted from 1.
enum FrameBlock {
    static let version: UInt8 = 2

    /// - Parameter row: under which row a signal's name is stored.
    static func bytes(of frames: [ReceivedFrame], row: (Signal) throws -> Int64) rethrows -> [UInt8] {
        var writer = FrameWriter()
        for received in frames {
            let rows = try received.frame.readings.map { try row($0.signal) }
            writer.append(received.frame, receivedAt: received.receivedAt, shape: .listed(rows))
        }
        var block = ByteWriter(version: version)
        writer.bytes.withUnsafeBytes { block.append($0) }
        return block.sealed()
    }

    static func frames(of bytes: UnsafeRawBufferPointer, names: StoredNames) throws(Damage) -> [ReceivedFrame] {
        let isFirst = bytes.first == 1
        var reader = FrameReader(
            try ByteReader.body(of: bytes, version: isFirst ? 1 : version), names: names, countsShapes: isFirst)
        return try reader.rest()
    }
}
