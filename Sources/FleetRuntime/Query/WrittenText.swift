import Synchronization

/// A text that was written, in pieces: the next one takes their memory, so that a long answer costs nothing but its writing.
// Written by one `TextSink`, and not changed any more when it is given on.
package final class WrittenText: @unchecked Sendable {
    /// What a piece has room for.
    private static let pieceSize = 32 << 10
    /// So many pieces are kept for the next text. Of a longer text those that follow are large, and go back to the system.
    private static let idleMax = 32
    private static let largeSize = 1 << 20
    private static let idle = Mutex<[Memory]>([])
    private static let held = Atomic(0)

    /// How much all texts take that somebody has still to read, bytes.
    package static var bytesHeld: Int { held.load(ordering: .relaxed) }

    // Owned by one text, or by nobody.
    private struct Memory: @unchecked Sendable {
        var start: UnsafeMutablePointer<UInt8>
        var capacity: Int
    }

    private var pieces: [(memory: Memory, count: Int)] = []

    init() {}

    deinit {
        WrittenText.held.subtract(pieces.reduce(0) { $0 + $1.memory.capacity }, ordering: .relaxed)
        let usual = pieces.lazy.map(\.memory).filter { $0.capacity == WrittenText.pieceSize }
        for other in pieces where other.memory.capacity != WrittenText.pieceSize { other.memory.start.deallocate() }
        WrittenText.idle.withLock { idle in
            for memory in usual {
                if idle.count < WrittenText.idleMax { idle.append(memory) } else { memory.start.deallocate() }
            }
        }
    }

    /// Begins a piece that has room for so many bytes, or more.
    ///
    /// - Parameter count: how many bytes are in the piece before it.
    func next(after count: Int, room: Int) -> UnsafeMutableBufferPointer<UInt8> {
        end(count)
        var memory: Memory?
        let usual = pieces.count < WrittenText.idleMax ? WrittenText.pieceSize : WrittenText.largeSize
        let capacity = max(room, usual)
        if capacity == WrittenText.pieceSize { memory = WrittenText.idle.withLock { $0.popLast() } }
        let piece = memory ?? Memory(start: .allocate(capacity: capacity), capacity: capacity)
        pieces.append((piece, 0))
        WrittenText.held.add(piece.capacity, ordering: .relaxed)
        return UnsafeMutableBufferPointer(start: piece.start, count: piece.capacity)
    }

    /// Says how many bytes are in the last piece.
    func end(_ count: Int) {
        if !pieces.isEmpty { pieces[pieces.count - 1].count = count }
    }

    package var count: Int { pieces.reduce(0) { $0 + $1.count } }
    package var pieceCount: Int { pieces.count }

    /// Calls `body` with the bytes of a piece.
    package func withPiece<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows
        -> Result
    {
        try body(UnsafeBufferPointer(start: pieces[index].memory.start, count: pieces[index].count))
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for piece in 0..<pieceCount { withPiece(piece) { bytes.append(contentsOf: $0) } }
        return bytes
    }
}
