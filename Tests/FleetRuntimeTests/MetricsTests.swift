import FleetModel
import FleetRuntime
import Foundation
import Support
import Testing

private let now = Timestamp(iso8601: "2026-03-01T08:00:00Z")!

private func status() -> StatusDocument {
    var ingest = IngestDocument()
    ingest.messages = 7
    ingest.rejected = ["not-json": 2]
    ingest.lastCommitAt = now - .seconds(40)
    return StatusDocument(
        version: "1.2.3", state: .running, problems: [], startedAt: now - .hours(1), now: now,
        clock: ClockDocument(epoch: .epoch, rate: 1), broker: BrokerDocument(), ingest: ingest,
        store: StoreDocument(
            path: "/z.db", databaseBytes: 1, walBytes: 2, freeBytes: 3, fullAt: nil, frames: 4, quarantined: 5, gaps: 6,
            missingFrames: 7, duplicateFrames: 8, redeliveredMessages: 9), machines: MachineCounts(),
        orders: ["open": 3],
        alertsFiring: 0)
}

private func page(
    _ status: StatusDocument = status(), hasCounts: Bool = true, counters: DaemonCounters = DaemonCounters()
) -> MetricsPage {
    MetricsPage(status: status, hasCounts: hasCounts, counters: counters, process: .own)
}

private func project(_ path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
}

/// Words that look like one of our metrics.
private func names(in text: String) -> Set<String> {
    Set(text.matches(of: /\b(?:zubr|process)_[a-z0-9_]+\b/).map { String($0.output) })
}

@Suite("the metrics page")
struct MetricsPageTests {
    @Test("is what Prometheus reads, whatever is known of the daemon", arguments: [true, false])
    func isWellFormed(hasCounts: Bool) throws {
        var counters = DaemonCounters()
        for seconds in [0.0003, 0.004, 3, 99] { counters.commitSeconds.observe(seconds) }
        let read = try PrometheusText(page(hasCounts: hasCounts, counters: counters).text)
        #expect(read.value("zubr_commit_duration_seconds_bucket", ["le": "0.0005"]) == 1)
        #expect(read.value("zubr_commit_duration_seconds_bucket", ["le": "5"]) == 3)
        #expect(read.value("zubr_commit_duration_seconds_count") == 4)
        #expect(read.value("zubr_commit_duration_seconds_sum") == 102.0043)
        // What could not be read is left out: a zero would be believed.
        #expect(read.value("zubr_gaps") == (hasCounts ? 6 : nil))
        #expect(read.value("zubr_work_orders", ["state": "open"]) == (hasCounts ? 3 : nil))
    }

    @Test("says what the status says")
    func values() throws {
        var given = status()
        given.store.fullAt = now + .days(2)
        given.broker.isConnected = true
        given.broker.droppedMessages = 12
        given.firingBySeverity = ["major": 4]
        given.outbox.waiting = 5
        given.outbox.oldestAt = now - .minutes(5)
        given.outbox.nextAttemptAt = now + .minutes(1)
        let read = try PrometheusText(page(given).text)
        #expect(read.value("zubr_build_info", ["version": "1.2.3"]) == 1)
        #expect(read.value("zubr_messages_received_total") == 7)
        #expect(read.value("zubr_messages_rejected_total", ["reason": "not-json"]) == 2)
        #expect(read.value("zubr_messages_rejected_total", ["reason": "oversize"]) == 0)
        #expect(read.value("zubr_last_commit_age_seconds") == 40)
        #expect(read.value("zubr_disk_full_in_seconds") == 172_800)
        #expect(read.value("zubr_broker_connected", ["client": "inbox"]) == 1)
        #expect(read.value("zubr_broker_connected", ["client": "post"]) == 0)
        #expect(read.value("zubr_broker_dropped_messages_total") == 12)
        #expect(read.value("zubr_alerts_firing", ["severity": "major"]) == 4)
        #expect(read.value("zubr_alerts_firing", ["severity": "critical"]) == 0)
        #expect(read.value("zubr_outbox_oldest_age_seconds") == 300)
        #expect(read.value("zubr_outbox_late_seconds") == 0)
    }

    @Test("tells how the clocks stand, and how old the newest backup is")
    func clockAndBackup() throws {
        var given = status()
        #expect(try PrometheusText(page(given).text).value("zubr_backup_age_seconds") == nil)
        given.clock.standing = .overruled
        given.clock.serverSecondsAhead = -7_200
        var backup = BackupDocument()
        backup.everySeconds = 86_400
        given.backup = backup
        #expect(try PrometheusText(page(given).text).value("zubr_backup_age_seconds") == .infinity)
        given.backup?.lastAt = now - .hours(3)
        given.backup?.failure = "no space left"
        let read = try PrometheusText(page(given).text)
        #expect(read.value("zubr_clock_standing", ["standing": "overruled"]) == 1)
        #expect(read.value("zubr_clock_standing", ["standing": "agreed"]) == 0)
        #expect(read.value("zubr_clock_server_ahead_seconds") == -7_200)
        #expect(read.value("zubr_backup_age_seconds") == 10_800)
        #expect(read.value("zubr_backup_interval_seconds") == 86_400)
        #expect(read.value("zubr_backup_failing") == 1)
    }

    @Test("says of a disk that is not filling that it never will be full, and of a silent broker nothing")
    func unknown() throws {
        let read = try PrometheusText(page().text)
        #expect(read.value("zubr_disk_full_in_seconds") == .infinity)
        #expect(read.value("zubr_broker_dropped_messages_total") == nil)
        #expect(read.value("zubr_fleet_delay_seconds") == nil)
    }

    @Test("measures time as the world does, also when its own clock runs faster")
    func fastClock() throws {
        var given = status()
        given.clock.rate = 20
        #expect(try PrometheusText(page(given).text).value("zubr_last_commit_age_seconds") == 2)
    }

    @Test("says the same start of this process at every look")
    func processStart() throws {
        let looks = try (0..<100).map { _ in try #require(ProcessStanding.own).startedAt }
        #expect(Set(looks).count == 1)
    }

    @Test("tells this process as the system does")
    func process() throws {
        let read = try PrometheusText(page().text)
        let started = try #require(read.value("process_start_time_seconds"))
        let age = Date().timeIntervalSince1970 - started
        #expect(age > -2 && age < 86_400)
        #expect(try #require(read.value("process_resident_memory_bytes")) > 1e6)
        #expect(try #require(read.value("process_open_fds")) >= 3)
        #expect(try #require(read.value("process_threads")) >= 1)
        #expect(read.value("process_cpu_seconds_total") != nil)
    }

    @Test("has every metric in the operating manual's table, and the table none that is not there")
    func manual() throws {
        let manual = try project("docs/OPERATING.md")
        let rows = manual.split(separator: "\n").compactMap { $0.firstMatch(of: /^\| `([a-z_0-9]+)`/)?.output.1 }
        let inManual = rows.filter { $0.hasPrefix("zubr_") || $0.hasPrefix("process_") }.map(String.init)
        let rendered = page().families.map(\.name)
        #expect(Set(rendered).subtracting(inManual) == [], "write them into docs/OPERATING.md")
        #expect(Set(inManual).subtracting(rendered) == [], "take them out of docs/OPERATING.md")
        #expect(inManual.count == Set(inManual).count)
    }

    @Test("has every metric that the alert rules and the manual speak of")
    func alertRules() throws {
        let rendered = try PrometheusText(page().text).families.flatMap { family in
            family.kind == "histogram" || family.kind == "summary"
                ? ["", "_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
        }
        for file in ["Config/prometheus/alerts.yaml", "docs/OPERATING.md"] {
            #expect(names(in: try project(file)).subtracting(rendered) == [], "\(file)")
        }
    }

    @Test("escapes what a label and a help text may not hold")
    func escaping() throws {
        let odd = "a\"b\\c\nd"
        let family = MetricFamily("x", .gauge, "one\ntwo \\ three", by: "l", [(odd, 1.5)])
        #expect(family.text == "# HELP x one\\ntwo \\\\ three\n# TYPE x gauge\nx{l=\"a\\\"b\\\\c\\nd\"} 1.5\n")
        #expect(try PrometheusText(family.text).value("x", ["l": odd]) == 1.5)
    }

    @Test(
        "writes numbers as the format wants them",
        arguments: [
            (0, "0"), (-3, "-3"), (1.25, "1.25"), (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"),
            (Double.nan, "NaN"),
            (1e300, "1e+300"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(MetricFamily("x", .gauge, "h", value).text.hasSuffix("\nx \(text)\n"))
    }
}

@Suite("the counters of the loops")
struct DaemonCountersTests {
    private func commit(_ gauges: DaemonGauges, to position: Int64, at time: Timestamp, redelivered: Int = 0) {
        gauges.committed(
            IngestReceipt(
                cursor: JournalCursor(position), storedFrames: 1, duplicateFrames: 0, storedReadings: 1), messages: 3,
            rejected: [], took: .milliseconds(4), at: time, redelivered: redelivered, delay: .seconds(2))
    }

    @Test("the evaluator is as far behind in time as its oldest unread row is old")
    func lag() {
        let gauges = DaemonGauges()
        #expect(gauges.counters(at: now).evaluatorLag == .zero)
        for second in 0...10 { commit(gauges, to: Int64(second + 1), at: now + .seconds(Double(second))) }
        #expect(gauges.counters(at: now + .seconds(10)).evaluatorLag == .seconds(10))
        gauges.evaluated(to: JournalCursor(5))
        #expect(gauges.counters(at: now + .seconds(10)).evaluatorLag == .seconds(5))
        gauges.evaluated(to: JournalCursor(11))
        #expect(gauges.counters(at: now + .seconds(10)).evaluatorLag == .zero)
        // A clock that was set back is no lag.
        commit(gauges, to: 12, at: now)
        #expect(gauges.counters(at: now - .hours(1)).evaluatorLag == .zero)
    }

    @Test("days of rows that nobody reads keep their oldest mark and take no more room")
    func longLag() {
        let gauges = DaemonGauges()
        for minute in 0..<5_000 { commit(gauges, to: Int64(minute + 1), at: now + .minutes(Double(minute))) }
        #expect(gauges.counters(at: now + .minutes(5_000)).evaluatorLag == .minutes(5_000))
        gauges.evaluated(to: JournalCursor(4_000))
        let lag = gauges.counters(at: now + .minutes(5_000)).evaluatorLag
        #expect(lag > .minutes(980) && lag <= .minutes(1_000))
    }

    @Test("commits, failures, redeliveries and dispatches are counted")
    func counts() {
        let gauges = DaemonGauges()
        commit(gauges, to: 1, at: now, redelivered: 2)
        gauges.commitFailed(.diskFull("full"))
        gauges.commitFailed(.busy("locked"))
        gauges.found(due: 4)
        gauges.dispatched(attempts: 0, isRefused: false)
        gauges.dispatched(attempts: 3, isRefused: false)
        gauges.dispatched(attempts: 0, isRefused: true)
        let counters = gauges.counters(at: now)
        #expect(counters.redeliveredMessages == 2)
        #expect(counters.batchMessages.sum == 3)
        #expect(counters.commitSeconds.count == 1)
        #expect(counters.commitFailures == ["disk-full": 1, "busy": 1])
        #expect(counters.dispatchesDue == 4)
        #expect(counters.dispatchesPublished == 2)
        #expect(counters.dispatchesRepeated == 1)
        #expect(counters.dispatchesRefused == 1)
        #expect(gauges.ingest.fleetDelaySecondsP50 == 2)
    }
}
