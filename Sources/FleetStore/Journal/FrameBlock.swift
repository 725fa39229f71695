import FleetModel
import SeriesCodec

/// A few frames of one machine that stand by themselves, as the newest values of its signals do.
///
/// Format 2, in order: the byte 2; the frames as `FrameWriter` writes them, each with its list of signals; CRC-32C of all
/// before, four bytes, least significant first.
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
        var reader = FrameReader(try ByteReader.body(of: bytes, version: version), names: names)
        return try reader.rest()
    }
}
