import FleetModel
import FleetRuntime

// What came in wrong, what did not come in at all, and what is stored.

extension Page {
    package mutating func show(_ quarantine: QuarantineDocument, now: Timestamp) {
        if quarantine.dropped > 0 {
            add(
                "\(quantity(quarantine.dropped, "older message was", "older messages were")) thrown out to make room.",
                .warning)
        }
        guard quarantine.total > 0 else {
            add("The quarantine is empty.", .good)
            showStray(quarantine.strayReplies, now: now)
            return
        }
        let reasons = quarantine.byReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        add(
            "\(quantity(quarantine.total, "message")): "
                + reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        blank()
        add(
            TextTable(
                [
                    .init("ID", number: true), .init("RECEIVED"), .init("TOPIC", flexible: true), .init("REASON"),
                    .init("DETAIL", flexible: true), .init("BYTES", number: true), .init("TIMES", number: true),
                    .init("BODY", flexible: true),
                ],
                rows: quarantine.messages.map { message in
                    [
                        Cell("\(message.id)"), Cell(relative(message.receivedAt, to: now)), Cell(message.topic),
                        Cell(message.reason, .warning), Cell(message.detail), Cell("\(message.bytes)"),
                        Cell("\(message.times)"), Cell(message.excerpt),
                    ]
                }))
        if quarantine.messages.count < quarantine.total {
            add("The newest \(quarantine.messages.count) are shown; --limit shows more.", .faint)
        }
        showStray(quarantine.strayReplies, now: now)
    }

    private mutating func showStray(_ replies: [QuarantineDocument.StrayReply], now: Timestamp) {
        guard !replies.isEmpty else { return }
        section("Replies without effect")
        add(
            TextTable(
                [.init("RECEIVED"), .init("CENTER"), .init("ORDER"), .init("SAYS"), .init("WHY", flexible: true)],
                rows: replies.map {
                    [
                        Cell(relative($0.receivedAt, to: now)), Cell($0.center.text), Cell($0.order.text),
                        Cell($0.state), Cell($0.why, .warning),
                    ]
                }))
    }

    package mutating func show(_ retry: RetryDocument) {
        add("\(retry.accepted.count) taken, \(retry.rejected.count) rejected again, \(retry.unknown.count) not there")
        for rejected in retry.rejected { add("  \(rejected.id): \(rejected.reason): \(rejected.detail)", .warning) }
        if !retry.unknown.isEmpty {
            add("  not in quarantine: \(retry.unknown.map(String.init).joined(separator: " "))")
        }
    }

    package mutating func show(_ document: GapsDocument) {
        guard !document.gaps.isEmpty else {
            add("No gaps: every frame that a machine counted is here.", .good)
            return
        }
        add(
            TextTable(
                [
                    .init("MACHINE"), .init("BOOT", number: true), .init("FROM SEQ", number: true),
                    .init("TO SEQ", number: true), .init("FRAMES MISSING", number: true),
                ],
                rows: document.gaps.map {
                    [
                        Cell($0.equipment.description), Cell("\($0.boot)"), Cell("\($0.firstSeq)"),
                        Cell("\($0.lastSeq)"), Cell("\($0.missing)"),
                    ]
                }))
    }
}
