import FleetModel
import FleetRuntime
import FleetStore

/// Sees from outside when a message has become durable: another process reads the journal again and again.
///
/// With `synchronous=FULL` a commit is on disk before any other connection can see it, so what is seen is durable. What
/// is measured is too long rather than too short: by the pause between two looks and by the reading itself.
enum DurabilityWatch {
    private static let pause = Duration.milliseconds(1)
    private static let rowsAtOnce = 5_000

    /// Milliseconds from when each message was due to when it was seen, from message `first` on, until all is seen.
    static func latencies(
        of load: BenchLoad, in path: String, after cursor: JournalCursor, progress: BenchProgress, from first: Int
    ) async throws -> [Double] {
        let store = try await FleetDatabase.open(path: path, access: .lookingOn)
        do {
            let latencies = try await follow(load, store, after: cursor, progress, from: first)
            await store.close()
            return latencies
        } catch {
            await store.close()
            throw error
        }
    }

    /// How far the journal reaches while no daemon writes it.
    static func end(of path: String) async throws -> JournalCursor {
        let store = try await FleetDatabase.open(path: path, access: .readOnly)
        var slice = try await store.journal(after: .start, limit: rowsAtOnce)
        while slice.hasMore { slice = try await store.journal(after: slice.cursor, limit: rowsAtOnce) }
        await store.close()
        return slice.cursor
    }

    private static func follow(
        _ load: BenchLoad, _ store: FleetDatabase, after start: JournalCursor, _ progress: BenchProgress,
        from first: Int
    ) async throws -> [Double] {
        var cursor = start
        var latencies: [Double] = []
        var seen = 0
        while true {
            try progress.check()
            let isLast = progress.mustStop && progress.acknowledged == progress.sent
            let slice = try await store.journal(after: cursor, limit: rowsAtOnce)
            let now = monotonicNanoseconds()
            cursor = slice.cursor
            for message in slice.frames {
                for frame in message.frames {
                    guard let number = load.number(of: frame, from: message.machine), number >= progress.first,
                        frame.seq == load.seq(of: number)
                    else { continue }
                    seen += 1
                    guard number >= first, let due = progress.dueTime(of: number) else { continue }
                    latencies.append(Double(now - min(now, due)) / 1e6)
                }
            }
            if isLast, seen >= progress.sent - progress.first { return latencies }
            if !slice.hasMore { try await Task.sleep(for: pause) }
        }
    }
}
