import FleetModel
import FleetRuntime

/// Something a person should know of the installation, and what to do about it.
package struct Diagnosis: Sendable, Hashable, Codable {
    package var severity: Severity
    /// `broker`, `disk`, `configuration`
    package var subject: String
    package var finding: String
    package var next: String

    package init(_ severity: Severity, _ subject: String, _ finding: String, next: String) {
        self.severity = severity
        self.subject = subject
        self.finding = finding
        self.next = next
    }
}

/// What `zubr doctor` prints.
package struct DiagnosesDocument: Sendable, Codable, Hashable {
    /// Nothing that needs a person today.
    package var isWell: Bool
    package var findings: [Diagnosis]

    package init(_ findings: [Diagnosis]) {
        self.findings = findings.sorted { ($1.severity, $0.subject) < ($0.severity, $1.subject) }
        isWell = findings.allSatisfy { $0.severity < .major }
    }
}

extension StatusDocument {
    /// What is wrong, by what the daemon says of itself.
    package var diagnoses: [Diagnosis] {
        var found: [Diagnosis] = problems.map {
            Diagnosis(.critical, "daemon", $0, next: "see zubrd's log; ingest goes on by itself when the cause is gone")
        }
        found += brokerDiagnoses + diskDiagnoses + intakeDiagnoses
        if clock.rate != 1 {
            found.append(
                Diagnosis(
                    .minor, "clock", "it runs \(shortest(clock.rate)) times as fast as the real one",
                    next: "right for a demonstration; for real machines remove `clock` from zubrd.yaml"))
        }
        let uncovered = orders[WorkOrder.State.uncovered.rawValue] ?? 0
        if uncovered > 0 {
            found.append(
                Diagnosis(
                    .major, "work orders", "\(uncovered) have no capable center in reach",
                    next: "`zubr work-orders` says why; place them by hand, or add a center or a permit"))
        }
        return found
    }

    private var brokerDiagnoses: [Diagnosis] {
        var found: [Diagnosis] = []
        if !broker.isConnected {
            found.append(
                Diagnosis(
                    .critical, "broker", "not connected to \(broker.address): \(broker.lastFailure ?? "no answer yet")",
                    next: "is mosquitto running, and do address, user and password in zubrd.yaml fit it?"))
        }
        if let dropped = broker.droppedMessages, broker.hasLost(at: now) {
            found.append(
                Diagnosis(
                    .major, "broker", "it says it has dropped \(dropped) messages",
                    next:
                        "raise max_queued_messages and max_queued_bytes in mosquitto.conf; `zubr gaps` shows what is missing"
                ))
        }
        if broker.isConnected, let last = ingest.lastCommitAt, (now - last).inSeconds / clock.rate > 900 {
            found.append(
                Diagnosis(
                    .minor, "ingest", "nothing was stored for \(span((now - last).inSeconds))",
                    next:
                        "do machines publish to zubr/v1/{fleet}/{equipment}/telemetry? Does the broker's ACL let them?"
                ))
        }
        return found
    }

    private var diskDiagnoses: [Diagnosis] {
        var found: [Diagnosis] = []
        if let fullAt = store.fullAt {
            let left = (fullAt - now).inDays
            found.append(
                Diagnosis(
                    left < 2 ? .critical : left < 14 ? .major : .minor, "disk",
                    "full \(relative(fullAt, to: now)) at the present rate, \(bytes(store.freeBytes)) free",
                    next: "give \(store.path) a larger disk, or keep less"))
        }
        if store.freeBytes < 1 << 30 {
            found.append(
                Diagnosis(
                    store.freeBytes < 256 << 20 ? .critical : .major, "disk",
                    "only \(bytes(store.freeBytes)) free beside \(store.path)",
                    next: "make room; when it is full nothing is acknowledged and the broker keeps the messages"))
        }
        if store.walBytes > 64 << 20 {
            found.append(
                Diagnosis(
                    .minor, "database", "its log has grown to \(bytes(store.walBytes))",
                    next: "a reader holds it open; if it keeps growing, find who reads the file for so long"))
        }
        return found
    }

    private var intakeDiagnoses: [Diagnosis] {
        var found: [Diagnosis] = []
        if ingest.evaluatorLag > 10_000 {
            found.append(
                Diagnosis(
                    .major, "evaluator", "\(ingest.evaluatorLag) rows behind the journal",
                    next: "normal for minutes after a long outage; if it grows, the machine is too slow for this fleet")
            )
        }
        if store.quarantined > 0 {
            let reasons = ingest.rejected.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let named = reasons.prefix(3).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            found.append(
                Diagnosis(
                    .minor, "quarantine",
                    "\(store.quarantined) messages\(named.isEmpty ? "" : " (since the start: \(named))")",
                    next: "`zubr quarantine` shows them; when the cause is mended, `zubr quarantine retry --all`"))
        }
        if store.gaps > 0 {
            found.append(
                Diagnosis(
                    .minor, "gaps", "\(store.missingFrames) frames in \(store.gaps) gaps never came",
                    next: "`zubr gaps` names the machines; a dead zone fills its gap when the machine is back"))
        }
        if machines.unregistered > 0 {
            found.append(
                Diagnosis(
                    .minor, "machines", "\(machines.unregistered) report and are not registered, so they get no plan",
                    next: "`zubr machines` names them, `zubr machines import FILE.csv` registers them"))
        }
        return found
    }
}

extension Page {
    package mutating func show(_ document: DiagnosesDocument) {
        guard !document.findings.isEmpty else {
            add("Nothing is wrong.", .good)
            return
        }
        for diagnosis in document.findings {
            add("\(diagnosis.severity.rawValue)  \(diagnosis.subject): \(diagnosis.finding)", diagnosis.severity.tone)
            add("      \(diagnosis.next)")
        }
    }
}
