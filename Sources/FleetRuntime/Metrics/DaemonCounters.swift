import FleetModel

/// What the loops count beside what `status` shows; since the start of the daemon.
package struct DaemonCounters: Sendable {
    /// Messages the broker said it had sent before.
    package var redeliveredMessages: Int64 = 0
    package var commitSeconds = Histogram.seconds
    package var batchMessages = Histogram.messages
    /// Commits that failed, by why: `disk-full`, `busy`, `damaged`.
    package var commitFailures: [String: Int64] = [:]
    /// Dispatches the broker took, those of them it had taken before, and those it refused.
    package var dispatchesPublished: Int64 = 0
    package var dispatchesRepeated: Int64 = 0
    package var dispatchesRefused: Int64 = 0
    /// Dispatches that were due when the courier looked last.
    package var dispatchesDue = 0
    /// How old the oldest row is that came since the start and was not evaluated yet, by the daemon's clock.
    package var evaluatorLag = Duration.zero

    package static let failureCauses = ["disk-full", "busy", "damaged"]

    package init() {}
}

extension StoreFailure {
    /// One of `DaemonCounters.failureCauses`.
    var cause: String {
        switch self {
        case .diskFull: "disk-full"
        case .busy, .conflict, .tooMuch: "busy"
        case .damaged, .foreign, .notFound: "damaged"
        }
    }
}

/// When rows of the journal were committed, coarsely: how long ago tells how far behind in time a reader of it is.
struct CommitTrail: Sendable {
    private var marks: [(position: Int64, at: Timestamp)] = []
    /// Closer marks say nothing new to anybody who looks at seconds.
    private static let spacing = Duration.milliseconds(250)
    private static let marksMax = 1_024

    mutating func committed(to cursor: JournalCursor, at time: Timestamp) {
        guard let last = marks.last else { return marks.append((cursor.position, time)) }
        guard cursor.position > last.position, time - last.at >= Self.spacing || time < last.at else { return }
        // A reader that is hours behind still gets its oldest mark; those between grow sparse.
        if marks.count >= Self.marksMax {
            marks = marks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        }
        marks.append((cursor.position, time))
    }

    mutating func read(to cursor: JournalCursor) { marks.removeAll { $0.position <= cursor.position } }

    func lag(at now: Timestamp) -> Duration { marks.first.map { max(.zero, now - $0.at) } ?? .zero }
}
