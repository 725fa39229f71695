import FleetModel
import FleetRuntime

extension Page {
    /// How the daemon is.
    package mutating func show(_ status: StatusDocument) {
        let now = status.now
        facts([("state", Cell(status.state.rawValue, status.state.tone))])
        for problem in status.problems { add(problem, after: "  ", indent: 2, .alarm, lead: .alarm) }
        let broker = status.broker
        let ingest = status.ingest
        let store = status.store
        facts([
            ("version", Cell(status.version)),
            ("running", Cell(span((now - status.startedAt).inSeconds / max(status.clock.rate, 1e-9)))),
            ("clock", clock(status.clock, now)),
            ("configuration", configuration(status.configuration, now)),
            ("backup", backup(status.backup, now)),
            (
                "broker",
                broker.isConnected
                    ? Cell("connected to \(broker.address), \(quantity(broker.connects, "connect"))")
                    : Cell("NOT connected to \(broker.address)\(broker.lastFailure.map { ": \($0)" } ?? "")", .alarm)
            ),
            (
                "work orders out",
                status.post.isConnected
                    ? "connected"
                    : Cell("NOT connected\(status.post.lastFailure.map { ": \($0)" } ?? "")", .alarm)
            ),
            ("broker dropped", dropped(broker.droppedMessages)),
            (
                "received",
                Cell(
                    [
                        quantity(ingest.messages, "message"), quantity(ingest.frames, "frame"),
                        quantity(ingest.readings, "reading"), quantity(ingest.duplicates, "duplicate"),
                    ].joined(separator: ", ")
                )
            ),
            ("rejected", Cell(counted(ingest.rejected.mapValues(Int.init)))),
            ("last commit", Cell(ingest.lastCommitAt.map { relative($0, to: now) } ?? "none yet")),
            ("commit time", Cell(commitTime(ingest))),
            (
                "evaluator",
                Cell(ingest.evaluatorLag == 0 ? "up to date" : "\(quantity(ingest.evaluatorLag, "row")) behind")
            ),
            ("database", Cell("\(store.path), \(bytes(store.databaseBytes)) + \(bytes(store.walBytes)) of log")),
            ("disk", disk(store, now)),
            ("stored", Cell(quantity(store.frames, "frame"))),
            (
                "gaps",
                store.gaps == 0
                    ? "none" : Cell("\(store.gaps), \(quantity(store.missingFrames, "frame")) missing", .warning)
            ),
            ("quarantine", store.quarantined == 0 ? "empty" : Cell(quantity(store.quarantined, "message"), .warning)),
            (
                "machines",
                Cell(
                    "\(status.machines.registered) registered, \(status.machines.unregistered) unregistered, \(status.machines.disconnected) disconnected"
                )
            ),
            ("work orders", Cell(counted(status.orders))),
            ("outbox", outbox(status.outbox, now)),
            (
                "replies",
                status.strayReplies == 0
                    ? "all to their own orders"
                    : Cell(
                        "\(quantity(status.strayReplies, "reply", "replies")) to orders that are not theirs: see `zubr quarantine`",
                        .warning)
            ),
            ("meters", meters(status.meterJumps)),
            (
                "alerts firing",
                status.alertsFiring == 0 ? "none" : Cell("\(status.alertsFiring)", .warning)
            ),
        ])
    }

    private func clock(_ clock: ClockDocument, _ now: Timestamp) -> Cell {
        guard clock.rate == 1 else { return Cell("×\(shortest(clock.rate)), \(now.iso8601)") }
        let server = clock.serverSecondsAhead ?? 0
        guard let standing = clock.standing, standing != .agreed else { return Cell("real, \(now.iso8601)") }
        return Cell(
            "\(standing.rawValue), \(now.iso8601); the server's is \(span(abs(server))) \(server < 0 ? "behind" : "ahead")",
            .alarm)
    }

    private func configuration(_ configuration: ConfigurationDocument, _ now: Timestamp) -> Cell {
        let loaded = configuration.loadedAt.map { "read \(relative($0, to: now))" } ?? "not read yet"
        if let refusedAt = configuration.refusedAt {
            return Cell("\(loaded); REFUSED since \(relative(refusedAt, to: now))", .alarm)
        }
        guard !configuration.needsRestart.isEmpty else { return Cell(loaded) }
        return Cell(
            "\(loaded); a restart is needed for \(configuration.needsRestart.joined(separator: ", "))", .warning)
    }

    private func backup(_ backup: BackupDocument?, _ now: Timestamp) -> Cell {
        guard let backup else { return Cell("none are made: see backup in zubrd.yaml", .warning) }
        let next = backup.nextAt.map { ", next \(relative($0, to: now))" } ?? ""
        guard let at = backup.lastAt else { return Cell("none yet in \(backup.folder)\(next)", .warning) }
        let size = backup.lastBytes.map { ", \(bytes($0))" } ?? ""
        let took = backup.lastSeconds.map { " in \(span($0))" } ?? ""
        let text = "\(relative(at, to: now))\(size)\(took) in \(backup.folder)\(next)"
        if backup.damage != nil { return Cell("\(text); it has the database's DAMAGE: run zubr check", .alarm) }
        return backup.failure == nil ? Cell(text) : Cell("\(text); the last try FAILED", .alarm)
    }

    private func dropped(_ count: Int64?) -> Cell {
        switch count {
        case nil: "not told yet"
        case 0?: "nothing"
        case let count?: Cell("\(quantity(count, "message")): see `zubr gaps`", .warning)
        }
    }

    private func outbox(_ outbox: OutboxDocument, _ now: Timestamp) -> Cell {
        guard outbox.waiting > 0 else { return "empty" }
        let age = outbox.oldestAt.map { ", the oldest written \(relative($0, to: now))" } ?? ""
        return Cell("\(quantity(outbox.waiting, "offer")) not yet received by a center\(age)")
    }

    private func meters(_ jumps: [MeterJumpDocument]) -> Cell {
        guard let newest = jumps.first else { return "none jumped in the last 30 days" }
        let others = jumps.count == 1 ? "" : ", and \(jumps.count - 1) more"
        return Cell("\(newest.text)\(others): exchanged, or a broken sensor? `zubr doctor`", .warning)
    }

    private func counted(_ counts: [String: Int]) -> String {
        let shown = counts.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return shown.isEmpty ? "none" : shown.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private func commitTime(_ ingest: IngestDocument) -> String {
        guard let p50 = ingest.commitMillisecondsP50, let p99 = ingest.commitMillisecondsP99 else { return "none yet" }
        return "\(decimal(p50, places: 1)) ms, one in a hundred \(decimal(p99, places: 1)) ms"
    }

    private func disk(_ store: StoreDocument, _ now: Timestamp) -> Cell {
        let free = "\(bytes(store.freeBytes)) free"
        guard let fullAt = store.fullAt else { return Cell(free) }
        return Cell("\(free), full \(relative(fullAt, to: now)) (\(fullAt.date))", .warning)
    }
}
