import FleetModel
import SeriesCodec

/// What the rows of signals and of their lists mean, complete for one transaction.
///
/// Rows are numbered from 1 without holes and never deleted, so that each is a place in an array.
struct StoredNames: Sendable {
    private(set) var signals: [Signal] = []
    /// `nil` for a list whose row is damaged: the frames that have it cannot be read, all others can.
    private(set) var shapes: [[Signal]?] = []

    init(signals: [Signal] = [], shapes: [[Signal]?] = []) {
        self.signals = signals
        self.shapes = shapes
    }

    func signal(_ row: Int64) -> Signal? {
        row > 0 && row <= Int64(signals.count) ? signals[Int(row) - 1] : nil
    }

    func shape(_ row: Int64) -> [Signal]? {
        row > 0 && row <= Int64(shapes.count) ? shapes[Int(row) - 1] : nil
    }

    /// Under which row each signal's name is stored.
    var rows: [Signal: Int64] {
        Dictionary(signals.enumerated().map { ($1, Int64($0) + 1) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func append(_ signal: Signal) { signals.append(signal) }

    /// - Parameter shape: `nil` when it cannot be read.
    mutating func append(shape: [Signal]?) { shapes.append(shape) }
}

/// A list of signals as its table holds it: the byte 1, the list, CRC-32C.
enum ShapeBlob {
    private static let version: UInt8 = 1

    static func bytes(of rows: [Int64]) -> [UInt8] {
        var writer = ByteWriter(version: version)
        writer.append(shape: rows)
        return writer.sealed()
    }

    static func signals(of bytes: UnsafeRawBufferPointer, _ names: StoredNames) throws(Damage) -> [Signal] {
        var reader = try ByteReader.body(of: bytes, version: version)
        return try reader.shape(names)
    }
}
