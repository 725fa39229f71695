import FleetModel
import SeriesCodec
import Synchronization

/// What is in the journal and not yet in segments, machine by machine, in memory.
///
/// It answers for the newest readings of a machine, for which the journal, which lies in order of arrival, would have to be
/// read whole. It holds committed pieces only and is made from the journal at the start. Only the writing connection's queue
/// changes it; anybody may read.
final class Head: Sendable {
    /// What one row of the journal has of a machine. The rows' bytes are shared by the machines in them: a copy for each
    /// would grow and be freed machine by machine, and leave the memory in holes.
    fileprivate struct Piece: Sendable {
        var position: Int64
        var row: [UInt8]
        var start: Int32
        var end: Int32

        var byteCount: Int { Int(end - start) + MemoryLayout<Piece>.stride }
    }

    /// The pieces of one machine in order of arrival.
    struct Run: Sendable {
        fileprivate var pieces: [Piece] = []
        /// What they take in memory.
        fileprivate(set) var byteCount = 0
        /// When the newest of them came.
        fileprivate(set) var lastReceivedAt = Timestamp.distantPast

        /// Calls `body` for each piece that stands after one place of the journal and not after the other.
        func forEach(
            after position: Int64, upTo last: Int64 = .max, _ body: (UnsafeRawBufferPointer) throws(Damage) -> Void
        ) throws(Damage) {
            for piece in pieces where piece.position > position && piece.position <= last {
                let result = piece.row.withUnsafeBytes { bytes in
                    let range = Int(piece.start)..<Int(piece.end)
                    return Result { () throws(Damage) in try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
                }
                try result.get()
            }
        }

        /// Whether anything of it stands up to a place of the journal.
        func begins(upTo position: Int64) -> Bool { pieces.first.map { $0.position <= position } ?? false }

        /// The frames after `position`.
        func frames(after position: Int64, names: StoredNames) throws(Damage) -> [ReceivedFrame] {
            var frames: [ReceivedFrame] = []
            try forEach(after: position) { (bytes) throws(Damage) in
                var reader = FrameReader(bytes, names: names)
                while let frame = try reader.next() { frames.append(frame) }
            }
            return frames
        }

        /// Number and times of all frames, of a damaged piece of those before the damage: who asks goes on with the rest.
        func marks(names: StoredNames) -> [FrameReader.Mark] {
            var marks: [FrameReader.Mark] = []
            for bytes in pieces(after: .min) {
                bytes.withUnsafeBytes { bytes in
                    var reader = FrameReader(bytes, names: names)
                    while let mark = try? reader.skip() { marks.append(mark) }
                }
            }
            return marks
        }

        /// The bytes of the pieces that stand after one place of the journal and not after the other.
        func pieces(after position: Int64, upTo last: Int64 = .max) -> [ArraySlice<UInt8>] {
            pieces.filter { $0.position > position && $0.position <= last }
                .map { $0.row[Int($0.start)..<Int($0.end)] }
        }
    }

    fileprivate struct State {
        var runs: [Int64: Run] = [:]
        var byteCount = 0
        var arrivals = RecentArrivals()
    }

    private let state = Mutex(State())
    /// Rows of the journal that are damaged and therefore not here.
    private let unread = Mutex<[Int64]>([])

    var unreadRows: [Int64] { unread.withLock { $0 } }

    func leaveOut(_ position: Int64) { unread.withLock { $0.append(position) } }

    /// How many bytes the pieces take in memory.
    var byteCount: Int { state.withLock { $0.byteCount } }

    /// All that is here, by the machines' rows.
    ///
    /// Who reads the database too takes this first: what leaves the head meanwhile is in the segments that the later
    /// transaction sees, and where its cursors stand says which pieces those are.
    var runs: [Int64: Run] { state.withLock { $0.runs } }

    /// The newest arrival lately, and the row of the journal with it.
    var newestArrival: RecentArrivals.Arrival? { state.withLock { $0.arrivals.newest } }

    /// Takes over what is known from before.
    func note(_ arrival: RecentArrivals.Arrival) { state.withLock { $0.arrivals.add(arrival) } }

    func run(of machine: Int64) -> Run? { state.withLock { $0.runs[machine] } }

    /// A row of the journal taken apart, before anybody reads it here.
    struct Row: Sendable {
        fileprivate var pieces: [(machine: Int64, piece: Piece, receivedAt: Timestamp?)]

        /// - Parameter isWanted: which machines' pieces count.
        /// - Throws: `Damage` when the row is damaged.
        init(_ row: [UInt8], at position: Int64, where isWanted: (Int64) -> Bool = { _ in true }) throws(Damage) {
            // Copied, because an array that grew has up to as much room again.
            let row = row.withUnsafeBytes { Array($0) }
            let found = row.withUnsafeBytes { bytes in
                Result { () throws(Damage) in
                    try JournalRow.pieces(of: bytes).filter { isWanted($0.machine) }.map { found in
                        let start = Int32(found.bytes.baseAddress! - bytes.baseAddress!)
                        let piece = Piece(
                            position: position, row: row, start: start, end: start + Int32(found.bytes.count))
                        return (found.machine, piece, FrameReader.firstArrival(of: found.bytes))
                    }
                }
            }
            pieces = try found.get()
        }
    }

    /// Adds rows of the journal that are committed.
    func append(_ rows: [Row]) {
        state.withLock { state in
            for row in rows {
                for (machine, piece, receivedAt) in row.pieces { state.append(piece, of: machine, at: receivedAt) }
                if let first = row.pieces.first, let newest = row.pieces.compactMap({ $0.receivedAt }).max() {
                    state.arrivals.add((first.piece.position, newest))
                }
            }
        }
    }

    /// Forgets what of these machines stands up to `position`.
    func drop(_ machines: some Sequence<Int64>, upTo position: Int64) {
        state.withLock { state in
            for machine in machines { state.drop(machine, upTo: position) }
        }
    }
}

extension Head.State {
    fileprivate mutating func append(_ piece: Head.Piece, of machine: Int64, at receivedAt: Timestamp?) {
        runs[machine, default: Head.Run()].append(piece, at: receivedAt)
        byteCount += piece.byteCount
    }

    fileprivate mutating func drop(_ machine: Int64, upTo position: Int64) {
        guard let run = runs[machine] else { return }
        byteCount -= run.byteCount
        let rest = run.rest(after: position)
        byteCount += rest?.byteCount ?? 0
        runs[machine] = rest
    }
}

extension Head.Run {
    fileprivate mutating func append(_ piece: Head.Piece, at receivedAt: Timestamp?) {
        pieces.append(piece)
        byteCount += piece.byteCount
        if let receivedAt { lastReceivedAt = max(lastReceivedAt, receivedAt) }
    }

    /// `nil` when nothing is left.
    fileprivate func rest(after position: Int64) -> Head.Run? {
        var rest = self
        rest.pieces = Array(pieces.drop { $0.position <= position })
        rest.byteCount = rest.pieces.reduce(0) { $0 + $1.byteCount }
        return rest.pieces.isEmpty ? nil : rest
    }
}
