import FleetModel
import FleetRuntime

/// Compares what the store holds with the truth and with what it held before; the first difference is a violation.
final class Checker {
    private let truth: Truth
    private var before = StoreView()
    /// Frames that were read.
    private var journal: Set<FrameID> = []

    init(truth: Truth) { self.truth = truth }

    /// - Parameter isRestarted: the store was opened anew, so a commit that failed may have been one after all.
    func check(_ view: StoreView, isRestarted: Bool = false) {
        if isRestarted { truth.settle(view) }
        checkFrames(view)
        checkQuarantine(view)
        checkOrders(view)
        checkOutbox(view)
        checkWhatOnlyGrows(view)
        before = view
    }

    // MARK: - Ingest

    private func checkFrames(_ view: StoreView) {
        let lost = truth.stored.subtracting(view.frames)
        let invented = view.frames.subtracting(truth.stored)
        expect(lost.isEmpty, "stored and lost again: \(list(lost))")
        expect(invented.isEmpty, "in the ledger and never stored: \(list(invented))")
        expect(
            view.replies == truth.replies,
            "replies lost or invented: \(truth.replies.symmetricDifference(view.replies))")
        for (boot, ranges) in view.ranges {
            for (range, next) in zip(ranges, ranges.dropFirst()) {
                expect(range.upperBound + 1 < next.lowerBound, "\(boot): \(range) and \(next) overlap or touch")
            }
        }
        var (gaps, missing) = (0, 0)
        let sorted = view.frames.sorted()
        for (frame, next) in zip(sorted, sorted.dropFirst()) {
            guard next.machine == frame.machine, next.boot == frame.boot, next.seq > frame.seq + 1 else { continue }
            gaps += 1
            missing += Int(next.seq - frame.seq - 1)
        }
        let counted: [(name: String, value: Int)] = [
            ("frames", truth.stored.count), ("gaps", gaps), ("missing_frames", missing),
            ("duplicate_frames", truth.duplicates), ("quarantine_rows", view.quarantineRows),
        ]
        for (name, value) in counted {
            expect(
                view.totals[name] ?? 0 == value, "the total \(name) is \(view.totals[name] ?? 0), there are \(value)")
        }
    }

    /// Frames that were read from the journal, or all that are stored.
    func checkStored(_ received: [ReceivedFrames], areAll: Bool) {
        if areAll { journal = [] }
        for group in received {
            for frame in group.frames {
                let id = FrameID(frame, of: group.machine)
                expect(journal.insert(id).inserted, "\(id) is stored twice")
                guard let sent = truth.frame(id) else {
                    truth.violate("\(id) is stored and was never sent")
                    continue
                }
                let isSame =
                    frame.observedAt == sent.observedAt && Set(frame.readings) == Set(sent.readings)
                    && frame.faults == sent.faults
                expect(isSame, "\(id) was sent as \(sent) and is stored as \(frame)")
            }
        }
        let difference = journal.symmetricDifference(truth.stored)
        expect(difference.isEmpty, "the frames and the ledger differ in \(list(difference))")
    }

    private func checkQuarantine(_ view: StoreView) {
        for fingerprint in truth.rejected where view.quarantine[fingerprint] == nil {
            truth.violate("rejected and lost: \(fingerprint)")
        }
        expect(
            view.quarantineRows == truth.rejections,
            "\(view.quarantineRows) rows in quarantine, \(truth.rejections) were put there")
        for (fingerprint, rows) in view.quarantine {
            expect(
                truth.rejected.contains(fingerprint), "in quarantine and never rejected, or taken since: \(fingerprint)"
            )
            expect(rows == 1, "\(rows) times in quarantine: \(fingerprint)")
        }
    }

    // MARK: - Orders

    private func checkOrders(_ view: StoreView) {
        var needs: Set<String> = []
        for (id, order) in view.orders where order.state != .cancelled {
            expect(
                needs.insert("\(order.machine) \(order.need)").inserted,
                "\(id) is a second order for \(order.need) of \(order.machine)")
        }
        for (id, order) in before.orders {
            guard let now = view.orders[id] else {
                truth.violate("\(id) is gone")
                continue
            }
            expect(!order.state.isFinal || now.state == order.state, "\(id) was \(order.state) and is \(now.state)")
        }
        expect(view.events.count >= before.events.count, "the history of the orders has become shorter")
        var states: [String: WorkOrder.State] = [:]
        for event in view.events {
            let last = states.updateValue(event.state, forKey: event.order)
            expect(
                event.state.mayFollow(last),
                "\(event.order) became \(event.state) after \(last.map { "\($0)" } ?? "nothing")")
        }
        for (id, order) in view.orders {
            expect(
                states[id] == order.state,
                "\(id) is \(order.state) and its history ends with \(states[id].map { "\($0)" } ?? "nothing")")
        }
    }

    private func checkOutbox(_ view: StoreView) {
        for (id, order) in view.orders where order.state == .open {
            let offer = "\(id)/\(order.offers)/offer"
            expect(view.outbox[offer] != nil, "\(id) is open and its offer is not in the outbox")
            expect(
                view.outbox[offer]?.isSettled != true,
                "\(id) is open and its offer is settled: nobody will send it again")
        }
        for (id, past) in before.outbox {
            guard let present = view.outbox[id] else {
                truth.violate("\(id) is gone from the outbox")
                continue
            }
            expect(present.isSettled || !past.isSettled, "\(id) was settled and is not any more")
        }
    }

    private func checkWhatOnlyGrows(_ view: StoreView) {
        // Sealing goes through the machines again and again.
        for (name, value) in before.cursors where !name.hasPrefix("sealing") {
            expect(
                view.cursors[name] ?? 0 >= value,
                "the cursor \(name) went back from \(value) to \(view.cursors[name] ?? 0)")
        }
        func cursor(_ name: String) -> Int64 { view.cursors[name] ?? 0 }
        expect(cursor("evaluation") <= cursor("journal"), "the evaluation is ahead of the journal")
        expect(view.lastRow <= cursor("journal"), "the journal has a row after its end")
        expect(cursor("replies") <= view.lastReply, "the evaluation is ahead of the replies")
        expect(view.acknowledgements.isSuperset(of: before.acknowledgements), "an acknowledgement is gone")
        for (episode, state) in before.alerts {
            let now = view.alerts[episode]
            expect(now != nil, "the alert \(episode) is gone")
            expect(
                state != "resolved" || now == "resolved", "the alert \(episode) was resolved and is \(now ?? "gone")")
        }
    }

    private func expect(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { truth.violate(text()) }
    }

    private func list(_ frames: Set<FrameID>) -> String {
        frames.sorted().prefix(5).map(\.description).joined(separator: ", ") + (frames.count > 5 ? ", …" : "")
    }
}

extension WorkOrder.State {
    /// Whether an order may become this after `last`, in one round of the evaluator; `nil`: it is new.
    fileprivate func mayFollow(_ last: WorkOrder.State?) -> Bool {
        switch last {
        case nil: self == .open || self == .uncovered
        case .completed, .closed, .cancelled: false
        case .uncovered: self == .open || self == .cancelled || self == .uncovered
        case .open: true
        case .received: true
        // Given back by the center, it starts again; it never goes back with the same center.
        case .accepted, .scheduled: self != .received || self == last
        case .inProgress: self != .received && self != .accepted && self != .scheduled
        }
    }
}
