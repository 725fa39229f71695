import FleetModel
import FleetRuntime

/// What must be in the store, known from outside of it: what was sent, what the store said it has, what the broker was
/// told it may forget.
final class Truth {
    /// The first promise that was broken.
    private(set) var violation: String?

    private var messages: [String: SentMessage] = [:]
    private var lost: Set<Int> = []
    private var frames: [FrameID: Frame] = [:]

    /// Frames, replies and rejected messages that the store said are on disk; of these, those not taken after all.
    private(set) var stored: Set<FrameID> = []
    private(set) var replies: Set<String> = []
    private(set) var rejected: Set<String> = []
    /// How many messages were ever put into the quarantine.
    private(set) var rejections = 0
    private(set) var duplicates = 0
    /// Good messages turned away because the daemon's time was wrong, in this life of it and since its time was last
    /// moved.
    private var misjudged: [String: Int] = [:]
    /// Which of them were there when the quarantine's last message was this one.
    private var turnedAwayBefore: [Int64: Set<String>] = [:]
    /// A commit that failed may still be found after a restart, as long as nothing was written after it; of several the one
    /// that the later did not come to overwrite.
    private var uncertain: [Taking] = []

    private struct Taking {
        var frames: Set<FrameID> = []
        var replies: Set<String> = []
        var rejected: Set<String> = []
        var released: Set<String> = []
        var misjudged: [String: Int] = [:]
        var duplicates = 0
    }

    func violate(_ text: String) { violation = violation ?? text }

    // MARK: - Outside

    func observed(_ frame: Frame, of machine: MachineKey) { frames[FrameID(frame, of: machine)] = frame }
    func sent(_ message: SentMessage) { messages[message.fingerprint] = message }
    func message(_ topic: String, _ body: [UInt8]) -> SentMessage? { messages[SentMessage.fingerprint(topic, body)] }
    /// Whoever carried it has lost it; it need not be stored, though another copy may be.
    func mayBeLost(_ message: SentMessage) { lost.insert(message.id) }
    func frame(_ id: FrameID) -> Frame? { frames[id] }

    /// The broker was told that it may forget the message.
    func acknowledged(_ message: SentMessage) {
        guard !isKept(message) else { return }
        violate("message \(message.id) was acknowledged and is not stored: \(message.topic)")
    }

    /// Whether the store has what the message holds.
    private func isKept(_ message: SentMessage) -> Bool {
        if rejected.contains(message.fingerprint) { return true }
        return switch message.content {
        case .frames(let machine, let frames): frames.allSatisfy { stored.contains(FrameID($0, of: machine)) }
        case .reply(let id): replies.contains(id)
        case .status: true
        case .garbage: false
        }
    }

    /// Messages that are nowhere, although nobody outside has lost them.
    var missing: [String] {
        messages.values.filter { !lost.contains($0.id) && !isKept($0) }.sorted { $0.id < $1.id }
            .map { "message \($0.id) on \($0.topic)" }
    }

    // MARK: - The store's word

    /// Everything that was collected is in the batch, as what it is.
    ///
    /// - Parameter takesAnyTime: the daemon is in doubt of its time, so it may turn nothing away for that.
    func assembled(_ batch: IngestBatch, of collected: [SentMessage], takesAnyTime: Bool) {
        for message in batch.rejected where takesAnyTime && message.isForItsTime {
            violate("in doubt of its time, the daemon turned away for theirs: \(message.rejection)")
        }
        var frames: Set<FrameID> = []
        for received in batch.frames {
            for frame in received.frames { frames.insert(FrameID(frame, of: received.machine)) }
        }
        let taking = taking(batch)
        for message in collected {
            if taking.rejected.contains(message.fingerprint) {
                if case .frames(_, let sent) = message.content { check(rejected: sent, of: message, in: batch) }
                continue
            }
            switch message.content {
            case .frames(let machine, let sent):
                if !sent.allSatisfy({ frames.contains(FrameID($0, of: machine)) }) {
                    violate("message \(message.id) was collected and is not in the batch")
                }
            case .reply(let id):
                if !taking.replies.contains(id) { violate("reply \(id) was collected and is not in the batch") }
            case .status(let machine, let isConnected):
                if !batch.connections.contains(where: { $0.machine == machine && $0.isConnected == isConnected }) {
                    violate("the status of \(machine) was collected and is not in the batch")
                }
            case .garbage: violate("message \(message.id) is garbage and was not rejected")
            }
        }
    }

    /// Good frames are refused only while the daemon's clock is far from the machine's.
    private func check(rejected frames: [Frame], of message: SentMessage, in batch: IngestBatch) {
        for refused in batch.rejected where SentMessage.fingerprint(refused.topic, refused.body) == message.fingerprint
        {
            let isFarOff = frames.contains {
                $0.observedAt > refused.receivedAt + Site.limits.futureTolerance
                    || $0.observedAt < refused.receivedAt - Site.limits.ageMax
            }
            if !isFarOff { violate("message \(message.id) is good and was rejected: \(refused.rejection)") }
        }
    }

    func committed(_ batch: IngestBatch, _ receipt: IngestReceipt) {
        let taking = taking(batch)
        if receipt.storedFrames != taking.frames.count || receipt.duplicateFrames != taking.duplicates {
            violate(
                "the receipt says \(receipt.storedFrames) new and \(receipt.duplicateFrames) known frames, they were \(taking.frames.count) and \(taking.duplicates)"
            )
        }
        take(taking)
        uncertain = []
    }

    func failed(_ batch: IngestBatch) { uncertain.append(taking(batch)) }

    /// Something else was written and committed: what failed before it is overwritten.
    func wroteOther() { uncertain = [] }

    private func taking(_ batch: IngestBatch) -> Taking {
        var taking = Taking()
        for received in batch.frames {
            for frame in received.frames {
                let id = FrameID(frame, of: received.machine)
                if stored.contains(id) || !taking.frames.insert(id).inserted { taking.duplicates += 1 }
            }
        }
        for reply in batch.replies { taking.replies.insert("\(reply.center) \(reply.reply.reply)") }
        for message in batch.rejected {
            let fingerprint = SentMessage.fingerprint(message.topic, message.body)
            taking.rejected.insert(fingerprint)
            // The machines' clocks are right.
            if message.isForItsTime, let sent = messages[fingerprint], case .frames = sent.content {
                taking.misjudged[fingerprint] = sent.id
            }
        }
        if !batch.released.isEmpty {
            for message in batch.frames { taking.released.insert(SentMessage.fingerprint(message.topic, message.body)) }
        }
        return taking
    }

    private func take(_ taking: Taking) {
        stored.formUnion(taking.frames)
        replies.formUnion(taking.replies)
        rejections += taking.rejected.subtracting(rejected).count
        rejected = rejected(after: taking)
        misjudged.merge(taking.misjudged) { $1 }
        for fingerprint in taking.released { misjudged[fingerprint] = nil }
        duplicates += taking.duplicates
    }

    private func rejected(after taking: Taking) -> Set<String> {
        rejected.union(taking.rejected).subtracting(taking.released)
    }

    /// The daemon's time was moved, and it says that it has judged anew what it turned away.
    func lookedThroughQuarantine(upTo last: Int64, isTimeRight: Bool) {
        let judged = misjudged.filter { turnedAwayBefore[last]?.contains($0.key) ?? true }
        if isTimeRight, let id = judged.values.min() {
            violate("the time is right, and message \(id), turned away for its time, was not taken")
        }
        for fingerprint in judged.keys { misjudged[fingerprint] = nil }
        turnedAwayBefore = turnedAwayBefore.filter { $0.key > last }
    }

    /// Nothing was turned away after the message `id` yet.
    func lastTurnedAway(is id: Int64) { turnedAwayBefore[id] = Set(misjudged.keys) }

    /// Messages turned away by a wrong time and not taken since; what an earlier life turned away it has forgotten.
    var waitingForTheTime: [Int] { misjudged.values.sorted() }

    /// After a restart the store may also hold what failed last: all of it, or none.
    func settle(_ view: StoreView) {
        defer { (misjudged, turnedAwayBefore) = ([:], [:]) }
        let found = uncertain.first { taking in
            view.frames == stored.union(taking.frames) && view.replies == replies.union(taking.replies)
                && Set(view.quarantine.keys) == rejected(after: taking)
                && view.totals["duplicate_frames"] ?? 0 == duplicates + taking.duplicates
        }
        uncertain = []
        if let found { take(found) }
    }
}

extension RejectedMessage {
    fileprivate var isForItsTime: Bool { rejection.reason == .futureTime || rejection.reason == .tooOld }
}

extension FrameID {
    init(_ frame: Frame, of machine: MachineKey) {
        self.init(machine: machine, boot: frame.boot, seq: frame.seq)
    }
}
