import FleetModel
import SeriesCodec
import Synchronization

/// What is in the journal and not yet in segments, machine by machine, in memory.
///
/// It answers for the newest readings of a machine, for which the journal, which lies in order of arrival, would have to be
/// read whole. It holds committed pieces only and is made from the journal at the start. Only the writing connection's queue
/// changes it; anybody may read.
final class Head: Sendable {
    /// The pieces of one machine in order of arrival.
    struct Run: Sendable {
        fileprivate(set) var bytes: [UInt8] = []
        /// Where in the journal each piece stands, and where in `bytes` it ends.
        fileprivate(set) var pieces: [(position: Int64, end: Int)] = []
        /// When the newest of them came.
        fileprivate(set) var lastReceivedAt = Timestamp.distantPast

        /// Calls `body` for each piece that stands after one place of the journal and not after the other.
        func forEach(
            after position: Int64, upTo last: Int64 = .max, _ body: (UnsafeRawBufferPointer) throws(Damage) -> Void
        ) throws(Damage) {
            var start = 0
            for piece in pieces {
                let range = start..<piece.end
                start = piece.end
                guard piece.position > position, piece.position <= last else { continue }
                let result = bytes.withUnsafeBytes { bytes in
                    Result { () throws(Damage) in try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
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

        /// Number and times of all frames.
        func marks(names: StoredNames) throws(Damage) -> [FrameReader.Mark] {
            var marks: [FrameReader.Mark] = []
            try forEach(after: .min) { (bytes) throws(Damage) in
                var reader = FrameReader(bytes, names: names)
                while let mark = try reader.skip() { marks.append(mark) }
            }
            return marks
        }
    }

    /// What a commit has stored of one machine.
    struct Piece: Sendable {
        var machine: Int64
        var bytes: [UInt8]
    }

    fileprivate struct State {
        var runs: [Int64: Run] = [:]
        var byteCount = 0
    }

    private let state = Mutex(State())
    /// Rows of the journal that are damaged and therefore not here.
    private let unread = Mutex<[Int64]>([])

    var unreadRows: [Int64] { unread.withLock { $0 } }

    func leaveOut(_ position: Int64) { unread.withLock { $0.append(position) } }

    /// How many bytes the pieces take.
    var byteCount: Int { state.withLock { $0.byteCount } }

    /// All that is here, by the machines' rows.
    ///
    /// Who reads the database too takes this first: what leaves the head meanwhile is in the segments that the later
    /// transaction sees, and where its cursors stand says which pieces those are.
    var runs: [Int64: Run] { state.withLock { $0.runs } }

    func run(of machine: Int64) -> Run? { state.withLock { $0.runs[machine] } }

    /// Adds what a commit has stored, and where.
    func append(_ pieces: [(Piece, position: Int64)]) {
        state.withLock { state in
            for (piece, position) in pieces {
                piece.bytes.withUnsafeBytes { state.append($0, of: piece.machine, at: position) }
            }
        }
    }

    /// Adds a row of the journal.
    func append(_ row: UnsafeRawBufferPointer, at position: Int64, where isWanted: (Int64) -> Bool) throws(Damage) {
        let pieces = try JournalRow.pieces(of: row)
        state.withLock { state in
            for piece in pieces where isWanted(piece.machine) {
                state.append(piece.bytes, of: piece.machine, at: position)
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
    fileprivate mutating func append(_ bytes: UnsafeRawBufferPointer, of machine: Int64, at position: Int64) {
        runs[machine, default: Head.Run()].append(bytes, at: position)
        byteCount += bytes.count
    }

    fileprivate mutating func drop(_ machine: Int64, upTo position: Int64) {
        guard let run = runs[machine] else { return }
        let count = run.pieces.prefix { $0.position <= position }.count
        guard count > 0 else { return }
        let end = run.pieces[count - 1].end
        byteCount -= end
        guard count < run.pieces.count else {
            runs[machine] = nil
            return
        }
        // Copied, so that what is left takes no more room than it needs.
        var rest = Head.Run()
        rest.bytes = Array(run.bytes[end...])
        rest.pieces = run.pieces[count...].map { ($0.position, $0.end - end) }
        rest.lastReceivedAt = run.lastReceivedAt
        runs[machine] = rest
    }
}

extension Head.Run {
    fileprivate mutating func append(_ piece: UnsafeRawBufferPointer, at position: Int64) {
        bytes.append(contentsOf: piece)
        pieces.append((position, bytes.count))
        if let arrival = FrameReader.firstArrival(of: piece) { lastReceivedAt = max(lastReceivedAt, arrival) }
    }
}
