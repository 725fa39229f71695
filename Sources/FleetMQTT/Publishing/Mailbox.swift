import FleetRuntime
import Synchronization

/// Hands messages from the tasks that publish to the thread that sends.
final class Mailbox: Sendable {
    typealias Reply = CheckedContinuation<Result<Int, InboxFailure>, Never>

    struct Entry {
        /// Counted from 0 in the order of publishing.
        let number: Int
        let message: OutgoingMessage
        /// Waits for the broker's answer; `nil` for those who only wanted it taken.
        let reply: Reply?
    }

    fileprivate struct Contents {
        var entries: [Entry] = []
        /// Those for whom there was no room yet.
        var queue: [(message: OutgoingMessage, reply: Reply)] = []
        var queueHead = 0
        var nextNumber = 0
        /// Taken from a caller and not yet answered by the broker.
        var outstanding = 0
        var drains: [Reply] = []
        var isAsleep = false
        /// Set while the broker is out of reach and callers must not wait for it.
        var outage: InboxFailure?
        var ends: [CheckedContinuation<Void, Never>] = []
        var isEnded = false
    }

    private let contents = Mutex(Contents())
    /// Entries that wait for the thread; beyond it publishers wait.
    private let limit: Int
    let wakeUp = WakeUp()

    init(limit: Int) { self.limit = limit }

    // MARK: - For publishers

    /// Takes the message when there is room for it and returns its number.
    func admit(_ message: OutgoingMessage) async throws(InboxFailure) -> Int {
        // The common case costs no suspension.
        let quick: Result<Int, InboxFailure>? = contents.withLock { contents in
            if let outage = contents.outage { return .failure(outage) }
            guard contents.entries.count < limit, contents.queueHead == contents.queue.count else { return nil }
            return .success(contents.append(message, reply: nil))
        }
        if let quick {
            rouse()
            return try quick.get()
        }
        return try await withCheckedContinuation { (reply: Reply) in
            let failure = contents.withLock { contents in
                if contents.outage == nil { contents.queue.append((message, reply)) }
                return contents.outage
            }
            if let failure { reply.resume(returning: .failure(failure)) } else { rouse() }
        }.get()
    }

    /// Returns when the broker has answered.
    func deliver(_ message: OutgoingMessage) async throws(InboxFailure) {
        _ = try await withCheckedContinuation { (reply: Reply) in
            let failure = contents.withLock { contents in
                if contents.outage == nil { _ = contents.append(message, reply: reply) }
                return contents.outage
            }
            if let failure { reply.resume(returning: .failure(failure)) } else { rouse() }
        }.get()
    }

    /// Returns when everything taken so far has been answered.
    func drain() async throws(InboxFailure) {
        _ = try await withCheckedContinuation { (reply: Reply) in
            let answer: Result<Int, InboxFailure>? = contents.withLock { contents in
                if let outage = contents.outage { return .failure(outage) }
                guard contents.outstanding > 0 || contents.queueHead < contents.queue.count else { return .success(0) }
                contents.drains.append(reply)
                return nil
            }
            if let answer { reply.resume(returning: answer) }
        }.get()
    }

    /// Returns when the thread has ended.
    func awaitEnd() async {
        await withCheckedContinuation { end in
            let isEnded = contents.withLock { contents in
                if !contents.isEnded { contents.ends.append(end) }
                return contents.isEnded
            }
            if isEnded { end.resume() }
        }
    }

    // MARK: - For the thread

    /// Up to `count` entries in their order, and makes room for those who wait.
    func take(_ count: Int) -> [Entry] {
        let (taken, admitted) = contents.withLock { contents in
            // Of nothing the prefix would be the same storage, and the next to add would have to copy it.
            let taken = contents.entries.isEmpty ? [] : Array(contents.entries.prefix(count))
            contents.entries.removeFirst(taken.count)
            return (taken, contents.admitQueued(upTo: limit))
        }
        for (reply, number) in admitted { reply.resume(returning: .success(number)) }
        return taken
    }

    /// Whether the thread may sleep: nothing waits for it. From here on new work rings the bell.
    func fallAsleep() -> Bool {
        contents.withLock { contents in
            contents.isAsleep = contents.entries.isEmpty && contents.queueHead == contents.queue.count
            return contents.isAsleep
        }
    }

    func wake() { contents.withLock { $0.isAsleep = false } }

    /// The broker has answered `count` messages.
    func settle(_ count: Int) {
        let drained = contents.withLock { contents -> [Reply] in
            contents.outstanding -= count
            guard contents.outstanding == 0, contents.queueHead == contents.queue.count else { return [] }
            defer { contents.drains = [] }
            return contents.drains
        }
        for reply in drained { reply.resume(returning: .success(0)) }
    }

    /// The broker can be reached again.
    func endOutage() { contents.withLock { $0.outage = nil } }

    /// Tells everybody who waits that it will not happen, and all who come while it lasts.
    ///
    /// `inFlight` are the entries the thread holds itself.
    func failAll(_ failure: InboxFailure, inFlight: [Entry]) {
        let replies = contents.withLock { contents in
            contents.outage = failure
            defer {
                contents.entries = []
                contents.queue = []
                contents.queueHead = 0
                contents.drains = []
                contents.outstanding = 0
            }
            return (inFlight + contents.entries).compactMap(\.reply)
                + contents.queue[contents.queueHead...].map(\.reply) + contents.drains
        }
        for reply in replies { reply.resume(returning: .failure(failure)) }
    }

    func end() {
        let ends = contents.withLock { contents in
            contents.isEnded = true
            defer { contents.ends = [] }
            return contents.ends
        }
        for end in ends { end.resume() }
    }

    private func rouse() {
        let mustRing = contents.withLock { contents in
            defer { contents.isAsleep = false }
            return contents.isAsleep
        }
        if mustRing { wakeUp.ring() }
    }
}

extension Mailbox.Contents {
    fileprivate mutating func append(_ message: OutgoingMessage, reply: Mailbox.Reply?) -> Int {
        defer {
            nextNumber += 1
            outstanding += 1
        }
        entries.append(Mailbox.Entry(number: nextNumber, message: message, reply: reply))
        return nextNumber
    }

    /// Lets in those who waited for room; they are told their number outside the lock.
    fileprivate mutating func admitQueued(upTo limit: Int) -> [(reply: Mailbox.Reply, number: Int)] {
        var admitted: [(reply: Mailbox.Reply, number: Int)] = []
        while queueHead < queue.count, entries.count < limit {
            let (message, reply) = queue[queueHead]
            queueHead += 1
            admitted.append((reply, append(message, reply: nil)))
        }
        if queueHead == queue.count {
            queue.removeAll(keepingCapacity: true)
            queueHead = 0
        }
        return admitted
    }
}
