import FleetModel
import FleetRuntime

extension StatusDocument {
    /// What the daemon says of itself, judged.
    package var checks: [Check] {
        [daemonCheck] + brokerChecks + storeChecks + workChecks + intakeChecks + clockChecks + [backupCheck]
    }

    /// The names of `checks`, for when there is no daemon to ask.
    package static let checkNames = [
        "broker-drops", "database-log", "disk-forecast", "evaluator", "delivery", "work-orders", "replies", "ingest",
        "quarantine", "gaps", "machines", "meters", "clock-rate", "clock", "fleet-clocks", "backups",
    ]

    private var daemonCheck: Check {
        let since = "version \(version), for \(span((now - startedAt).inSeconds / realRate))"
        guard state == .degraded else { return .ok("daemon", "running, \(since)") }
        return .failed(
            "daemon", "degraded: " + problems.joined(separator: "; "),
            next: "the other lines say more; zubrd goes on by itself when the cause is gone")
    }

    private var realRate: Double { max(clock.rate, 1e-9) }

    private var brokerChecks: [Check] {
        [
            connectionCheck("broker-inbox", broker, does: "telemetry comes in"),
            connectionCheck("broker-post", post, does: "work orders leave"),
            dropsCheck,
        ]
    }

    private func connectionCheck(_ name: String, _ client: BrokerDocument, does what: String) -> Check {
        if client.takenOverAt.map({ now - $0 < .minutes(15) }) == true {
            return .failed(
                name,
                "the broker closes our connection again and again and takes us back at once, as when another client connects as \(client.client)",
                next:
                    "look for a second zubrd, and for somebody who connects as our user; each client needs a user and a client id of its own"
            )
        }
        guard client.isConnected else {
            return .failed(
                name, "zubrd is not connected to \(client.address): \(client.lastFailure ?? "no answer yet")",
                next: "is mosquitto running, and do address, user and password in zubrd.yaml fit it?")
        }
        return .ok(
            name,
            "zubrd is connected to \(client.address) as \(client.client), so \(what); not tried again, for that would throw it out"
        )
    }

    private var dropsCheck: Check {
        guard let dropped = broker.droppedMessages else {
            return .skipped("broker-drops", "the broker has not told how many messages it has dropped")
        }
        guard dropped > 0 else { return .ok("broker-drops", "the broker has dropped nothing") }
        guard broker.hasLost(at: now) else {
            return .ok(
                "broker-drops",
                "the broker has dropped \(quantity(dropped, "message")) since its start, none in the last hour")
        }
        return .failed(
            "broker-drops", "the broker says it has dropped \(quantity(dropped, "message"))",
            next:
                "raise max_queued_messages, max_queued_bytes and message_size_limit in mosquitto.conf; `zubr gaps` shows what is missing"
        )
    }

    private var storeChecks: [Check] {
        let log =
            store.walBytes > 64 << 20
            ? Check.warning(
                "database-log", "it has grown to \(bytes(store.walBytes))",
                next: "a reader holds it open; if it keeps growing, find who reads the file for so long")
            : .ok("database-log", bytes(store.walBytes))
        return [log, forecastCheck]
    }

    private var forecastCheck: Check {
        guard let fullAt = store.fullAt else {
            return .ok("disk-forecast", "not filling, or not watched for ten minutes yet")
        }
        let left = (fullAt - now).inDays / realRate
        let seen = "full \(relative(fullAt, to: now)) at the present rate, \(bytes(store.freeBytes)) free"
        let next = "give \(store.path) a larger disk, or free space on it"
        if left < 2 { return .failed("disk-forecast", seen, next: next) }
        return left < 30 ? .warning("disk-forecast", seen, next: next) : .ok("disk-forecast", seen)
    }

    private var workChecks: [Check] {
        let late = outbox.nextAttemptAt.map { (now - $0).inSeconds / realRate } ?? 0
        let uncovered = orders[WorkOrder.State.uncovered.rawValue] ?? 0
        return [
            ingest.evaluatorLag > 10_000
                ? .warning(
                    "evaluator", "\(ingest.evaluatorLag) rows behind the journal",
                    next: "normal for minutes after a long outage; if it grows, the machine is too slow for this fleet")
                : .ok(
                    "evaluator",
                    ingest.evaluatorLag == 0 ? "up to date" : quantity(ingest.evaluatorLag, "row") + " behind"),
            late > 60
                ? .failed(
                    "delivery", "work orders do not leave: the next has been due for \(span(late))",
                    next:
                        "broker-post and zubrd's log say why; does the broker's access list let our second user write?")
                : .ok("delivery", quantity(outbox.waiting, "offer") + " not yet received by a center, none late"),
            uncovered > 0
                ? .warning(
                    "work-orders", quantity(uncovered, "has", "have") + " no capable center in reach",
                    next: "`zubr work-orders` says why; place them by hand, or add a center or a permit")
                : .ok("work-orders", "every open order has a center"),
            strayReplies > 0
                ? .warning(
                    "replies",
                    quantity(strayReplies, "reply", "replies") + " to orders that are not the center's had no effect",
                    next: "`zubr quarantine` lists them; tell the center which order it means")
                : .ok("replies", "every center answers for its own orders"),
        ]
    }

    private var intakeChecks: [Check] {
        [ingestCheck, quarantineCheck]
            + [
                store.gaps > 0
                    ? .warning(
                        "gaps",
                        "\(quantity(store.missingFrames, "frame")) in \(quantity(store.gaps, "gap")) never came",
                        next: "`zubr gaps` names the machines; a dead zone fills its gap when the machine is back")
                    : .ok("gaps", "every frame that a machine counted is here"),
                machines.unregistered > 0
                    ? .warning(
                        "machines",
                        quantity(machines.unregistered, "machine reports and is", "machines report and are")
                            + " not registered, so no plan covers \(machines.unregistered == 1 ? "it" : "them")",
                        next: "`zubr machines` names them, `zubr machines import FILE.csv` registers them")
                    : .ok("machines", "\(machines.registered) registered, none unknown"),
                metersCheck,
            ]
    }

    private var ingestCheck: Check {
        guard broker.isConnected else { return .skipped("ingest", "zubrd is not connected to the broker") }
        guard let last = ingest.lastCommitAt else {
            return .warning(
                "ingest", "nothing was stored since the start",
                next: "do machines publish to zubr/v1/{fleet}/{equipment}/telemetry? Does the broker's ACL let them?")
        }
        let quiet = (now - last).inSeconds / realRate
        guard quiet > 900 else { return .ok("ingest", "last commit \(relative(last, to: now))") }
        return .warning(
            "ingest", "nothing was stored for \(span(quiet))",
            next: "do machines publish to zubr/v1/{fleet}/{equipment}/telemetry? Does the broker's ACL let them?")
    }

    private var quarantineCheck: Check {
        guard store.quarantined > 0 else { return .ok("quarantine", "empty") }
        let reasons = ingest.rejected.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let named = reasons.prefix(3).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let isAboutTime = reasons.first.map { $0.key == Rejection.Reason.futureTime.rawValue } ?? false
        return .warning(
            "quarantine",
            quantity(store.quarantined, "message") + (named.isEmpty ? "" : " (since the start: \(named))"),
            next: isAboutTime
                ? "they come from the future: is the clock of this machine behind? When it is right, `zubr quarantine retry --all`"
                : "`zubr quarantine` shows them; when the cause is mended, `zubr quarantine retry --all`")
    }

    private var metersCheck: Check {
        guard let newest = meterJumps.first else { return .ok("meters", "none jumped in the last 30 days") }
        return .warning(
            "meters",
            "\(quantity(meterJumps.count, "meter")) jumped in the last 30 days, the latest \(newest.text)",
            next:
                "if its control unit or the meter was exchanged, nothing is to be done: services count on from there; else have the sensor looked at"
        )
    }

    private var clockChecks: [Check] {
        let rate =
            clock.rate == 1
            ? Check.ok("clock-rate", "the real clock")
            : .warning(
                "clock-rate", "it runs \(shortest(clock.rate)) times as fast as the real one",
                next: "right for a demonstration; for real machines remove `clock` from zubrd.yaml")
        return [rate, standingCheck, fleetClocksCheck]
    }

    private var standingCheck: Check {
        guard let standing = clock.standing else {
            return .skipped("clock", "not judged while the clock is a fast one")
        }
        let server = clock.serverSecondsAhead ?? 0
        let off = "\(span(abs(server))) \(server < 0 ? "behind" : "ahead of") the time zubrd goes by"
        let next = "set the server's clock (is chrony or systemd-timesyncd running?); zubrd follows by itself"
        return switch standing {
        case .agreed: .ok("clock", "the server's clock goes steadily, and zubrd goes by it")
        case .stepped:
            .warning(
                "clock",
                "the server's clock has stepped and is \(off); no machine was heard yet that could tell which is right",
                next: "nothing, if somebody has just set it right: zubrd follows within minutes")
        case .overruled: .failed("clock", "the server's clock is wrong, \(off): the machines say so", next: next)
        case .unknown:
            .failed(
                "clock", "the server's clock cannot be right, and no machine has told the time: orders and alerts wait",
                next: next)
        }
    }

    private var backupCheck: Check {
        let next = "the folder's disk and rights are the usual cause; zubrd tries again by itself"
        guard let backup else {
            return .warning(
                "backups", "none are made", next: "name a folder on another disk under `backup` in zubrd.yaml")
        }
        if let failure = backup.failure { return .failed("backups", "the last try failed: \(failure)", next: next) }
        if let damage = backup.damage {
            return .failed(
                "backups", "the newest has the damage of the database: \(damage)",
                next: "run zubr check on the database and on older backups; those stay")
        }
        guard let at = backup.lastAt else {
            return .ok("backups", "the first is due \(backup.nextAt.map { relative($0, to: now) } ?? "soon")")
        }
        let seen = "the newest was made \(relative(at, to: now))\(backup.lastBytes.map { ", \(bytes($0))" } ?? "")"
        guard (now - at).inSeconds > 2 * backup.everySeconds else { return .ok("backups", seen) }
        return .failed(
            "backups", "\(seen), and one is to be made every \(span(backup.everySeconds / realRate))", next: next)
    }

    private var fleetClocksCheck: Check {
        guard let delay = ingest.fleetDelaySecondsP50 else {
            return .skipped("fleet-clocks", "no frame has come since the start of zubrd")
        }
        let seconds = delay / realRate
        if seconds < -5 {
            return .warning(
                "fleet-clocks", "most machines' clocks are \(span(-seconds)) ahead of ours",
                next: "the clock of this machine is probably behind: look at clock-sync")
        }
        if seconds > 300 {
            return .warning(
                "fleet-clocks", "frames arrive \(span(seconds)) after they were observed, in the median",
                next:
                    "normal while machines empty their buffers after an outage; else the clock of this machine is ahead: look at clock-sync"
            )
        }
        return .ok("fleet-clocks", "frames arrive \(span(max(0, seconds))) after they were observed, in the median")
    }
}

extension MeterJumpDocument {
    /// `north/truck-1 engine_hours 10234.5 → 12 on 2026-03-01`
    var text: String {
        "\(equipment) \(meter.rawValue) \(trimmedNumber(from)) → \(trimmedNumber(to)) on \(at.date)"
    }
}
