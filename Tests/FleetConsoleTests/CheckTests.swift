import FleetModel
import FleetRuntime
import Testing

@testable import FleetConsole

@Suite("The doctor")
struct CheckTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var name: String
        var state: Check.State
        var change: @Sendable (inout StatusDocument) -> Void

        init(
            _ description: String, _ name: String, _ state: Check.State,
            _ change: @escaping @Sendable (inout StatusDocument) -> Void
        ) {
            testDescription = description
            self.name = name
            self.state = state
            self.change = change
        }
    }

    static let cases: [Case] = [
        Case("running", "daemon", .ok) { _ in },
        Case("degraded", "daemon", .failed) {
            $0.state = .degraded
            $0.problems = ["the disk is full"]
        },
        Case("connected", "broker-inbox", .ok) { _ in },
        Case("broker gone", "broker-inbox", .failed) { $0.broker.isConnected = false },
        Case("id taken", "broker-inbox", .failed) { $0.broker.takenOverAt = $0.now - .minutes(14) },
        Case("id taken long ago", "broker-inbox", .ok) { $0.broker.takenOverAt = $0.now - .minutes(15) },
        Case("post connected", "broker-post", .ok) { _ in },
        Case("post gone", "broker-post", .failed) { $0.post.isConnected = false },
        Case("drops not told", "broker-drops", .skipped) { $0.broker.droppedMessages = nil },
        Case("broker dropped nothing", "broker-drops", .ok) { $0.broker.droppedMessages = 0 },
        Case("broker dropped one", "broker-drops", .failed) { $0.broker.noteDropped(1, at: $0.now) },
        Case("broker dropped one an hour ago", "broker-drops", .ok) {
            $0.broker.noteDropped(1, at: $0.now - .hours(1))
        },
        Case("not filling", "disk-forecast", .ok) { _ in },
        Case("full tomorrow", "disk-forecast", .failed) { $0.store.fullAt = $0.now + .days(1.9) },
        Case("full in two days", "disk-forecast", .warning) { $0.store.fullAt = $0.now + .days(2) },
        Case("full in a month", "disk-forecast", .ok) { $0.store.fullAt = $0.now + .days(30) },
        Case("log of 64 MB", "database-log", .ok) { $0.store.walBytes = 64 << 20 },
        Case("log beyond", "database-log", .warning) { $0.store.walBytes = 64 << 20 + 1 },
        Case("real clock", "clock-rate", .ok) { _ in },
        Case("fast clock", "clock-rate", .warning) { $0.clock.rate = 7_200 },
        Case("clock not judged", "clock", .skipped) { _ in },
        Case("clock steady", "clock", .ok) { $0.clock.standing = .agreed },
        Case("clock stepped", "clock", .warning) { $0.clock.standing = .stepped },
        Case("clock wrong", "clock", .failed) { $0.clock.standing = .overruled },
        Case("time unknown", "clock", .failed) { $0.clock.standing = .unknown },
        Case("no backups", "backups", .warning) { _ in },
        Case("first backup to come", "backups", .ok) { $0.backup = BackupDocument() },
        Case("backup of yesterday", "backups", .ok) { $0.backup = daily(lastAt: $0.now - .days(2)) },
        Case("backup too old", "backups", .failed) { $0.backup = daily(lastAt: $0.now - .days(2) - .seconds(1)) },
        Case("backup failed", "backups", .failed) {
            $0.backup = daily(lastAt: $0.now)
            $0.backup?.failure = "no space left"
        },
        Case("no frame yet", "fleet-clocks", .skipped) { _ in },
        Case("frames on time", "fleet-clocks", .ok) { $0.ingest.fleetDelaySecondsP50 = 300 },
        Case("frames late", "fleet-clocks", .warning) { $0.ingest.fleetDelaySecondsP50 = 301 },
        Case("frames a little early", "fleet-clocks", .ok) { $0.ingest.fleetDelaySecondsP50 = -5 },
        Case("frames from the future", "fleet-clocks", .warning) { $0.ingest.fleetDelaySecondsP50 = -5.1 },
        Case("evaluator behind", "evaluator", .warning) { $0.ingest.evaluatorLag = 10_001 },
        Case("evaluator at its bound", "evaluator", .ok) { $0.ingest.evaluatorLag = 10_000 },
        Case("courier on time", "delivery", .ok) { $0.outbox.nextAttemptAt = $0.now - .seconds(60) },
        Case("courier late", "delivery", .failed) { $0.outbox.nextAttemptAt = $0.now - .seconds(61) },
        Case("quarantine empty", "quarantine", .ok) { _ in },
        Case("quarantine", "quarantine", .warning) { $0.store.quarantined = 1 },
        Case("no gaps", "gaps", .ok) { _ in },
        Case("gaps", "gaps", .warning) { $0.store.gaps = 1 },
        Case("all registered", "machines", .ok) { _ in },
        Case("unregistered", "machines", .warning) { $0.machines.unregistered = 1 },
        Case("covered", "work-orders", .ok) { _ in },
        Case("uncovered", "work-orders", .warning) { $0.orders = ["uncovered": 1] },
        Case("own orders", "replies", .ok) { _ in },
        Case("stray reply", "replies", .warning) { $0.strayReplies = 1 },
        Case("meters steady", "meters", .ok) { _ in },
        Case("meter jumped", "meters", .warning) {
            $0.meterJumps = [
                MeterJumpDocument(
                    equipment: MachineKey("north/truck-1")!, meter: .engineHours, at: $0.now, from: 10_234.5, to: 12)
            ]
        },
        Case("quiet for 15 minutes", "ingest", .ok) { $0.ingest.lastCommitAt = $0.now - .minutes(15) },
        Case("quiet for longer", "ingest", .warning) { $0.ingest.lastCommitAt = $0.now - .seconds(901) },
        Case("nothing yet", "ingest", .warning) { $0.ingest.lastCommitAt = nil },
    ]

    private static func daily(lastAt: Timestamp) -> BackupDocument {
        var backup = BackupDocument()
        backup.everySeconds = 86_400
        backup.lastAt = lastAt
        return backup
    }

    @Test("judges what the daemon says, and says what to do when it is not well", arguments: cases)
    func judgement(given: Case) throws {
        var status = SampleFleet.status()
        status.post.isConnected = true
        given.change(&status)
        let found = status.checks.filter { $0.name == given.name }
        #expect(found.map(\.state) == [given.state])
        let check = try #require(found.first)
        #expect(!check.seen.isEmpty)
        #expect((check.next != nil) == [.failed, .warning].contains(check.state))
    }

    @Test("has each check once, and knows their names without a daemon")
    func names() {
        let names = SampleFleet.status().checks.map(\.name)
        #expect(Set(names).count == names.count)
        // The others are looked at from outside when there is no daemon.
        #expect(Set(names).subtracting(StatusDocument.checkNames) == ["daemon", "broker-inbox", "broker-post"])
    }

    @Test("frames from the future point to the clock")
    func future() {
        var status = SampleFleet.status()
        status.store.quarantined = 5
        status.ingest.rejected = ["future-time": 4, "not-json": 1]
        let check = status.checks.first { $0.name == "quarantine" }
        #expect(check?.seen == "5 messages (since the start: 4 future-time, 1 not-json)")
        #expect(check?.next?.contains("clock") == true)
    }

    @Test("is well until something failed")
    func verdict() {
        #expect(CheckupDocument([.ok("a", "fine"), .warning("b", "odd", next: "look"), .skipped("c", "why")]).isWell)
        #expect(!CheckupDocument([.ok("a", "fine"), .failed("b", "gone", next: "start")]).isWell)
    }

    @Test("shows the worst first, never cuts off what to do, and counts")
    func page() {
        var page = Page(width: 40, style: .plain)
        let advice = "set max_queued_messages and restart the broker, then look at the gaps"
        page.show(
            CheckupDocument([
                .ok("disk", "8 GB free"), .skipped("gaps", "no daemon"), .skipped("ingest", "no daemon"),
                .failed("broker", "gone", next: advice),
            ]))
        #expect(
            page.lines == [
                "failed   broker  gone", "                 → set", "                   max_queued_messages",
                "                   and restart the", "                   broker, then look at",
                "                   the gaps", "ok       disk    8 GB free", "skipped  gaps, ingest: no daemon", "",
                "Something needs you: 1 failed, 1 ok, 2", "skipped.",
            ])
    }
}

@Suite("The broker's configuration")
struct MosquittoSettingsTests {
    private static let good = """
        persistence true
        autosave_interval 1
        autosave_on_changes false
        max_queued_messages 1000000000
        max_queued_bytes 1073741824
        message_size_limit 262144
        use_username_as_clientid true
        allow_anonymous false
        """

    private func checks(_ text: String) -> [String: Check.State] {
        var settings = MosquittoSettings()
        settings.read(text)
        return Dictionary(uniqueKeysWithValues: settings.checks(bodyBytes: 65_536).map { ($0.name, $0.state) })
    }

    @Test("is good as we ship it")
    func good() {
        #expect(Set(checks(Self.good).values) == [.ok])
    }

    @Test(
        "what loses messages or lets others in is named",
        arguments: [
            ("max_queued_messages 1000000000", "", "mosquitto-queue", Check.State.failed),
            ("max_queued_messages 1000000000", "max_queued_messages 0", "mosquitto-queue", .failed),
            ("max_queued_messages 1000000000", "max_queued_messages 999999", "mosquitto-queue", .warning),
            ("max_queued_messages 1000000000", "max_queued_messages 1000000", "mosquitto-queue", .ok),
            ("max_queued_messages 1000000000", "# max_queued_messages 1000000000", "mosquitto-queue", .failed),
            ("max_queued_bytes 1073741824", "", "mosquitto-queue", .warning),
            ("persistence true", "persistence false", "mosquitto-persistence", .failed),
            ("persistence true", "", "mosquitto-persistence", .failed),
            ("autosave_interval 1", "", "mosquitto-persistence", .failed),
            ("autosave_interval 1", "autosave_interval 0", "mosquitto-persistence", .failed),
            ("autosave_interval 1", "autosave_interval 10", "mosquitto-persistence", .ok),
            ("autosave_interval 1", "autosave_interval 11", "mosquitto-persistence", .failed),
            ("autosave_on_changes false", "autosave_on_changes true", "mosquitto-persistence", .warning),
            ("message_size_limit 262144", "message_size_limit 65535", "mosquitto-size", .failed),
            ("message_size_limit 262144", "message_size_limit 65536", "mosquitto-size", .ok),
            ("message_size_limit 262144", "", "mosquitto-size", .ok),
            ("use_username_as_clientid true", "", "mosquitto-identity", .warning),
            ("allow_anonymous false", "allow_anonymous true", "mosquitto-identity", .warning),
        ])
    func traps(line: String, instead: String, name: String, state: Check.State) {
        let found = checks(Self.good.replacing(line, with: instead))
        #expect(found[name] == state)
        #expect(found.filter { $0.key != name }.values.allSatisfy { $0 == .ok })
    }

    @Test("a later file has the last word, and folders are remembered")
    func files() {
        var settings = MosquittoSettings()
        settings.read("persistence false\ninclude_dir /etc/mosquitto/conf.d\n")
        settings.read(Self.good)
        #expect(settings.includedFolders == ["/etc/mosquitto/conf.d"])
        #expect(settings.checks(bodyBytes: 1).allSatisfy { $0.state == .ok })
    }
}

@Suite("Counts and lines")
struct WordingTests {
    @Test("one is not many", arguments: [(0, "0 machines"), (1, "1 machine"), (2, "2 machines")])
    func quantities(count: Int, text: String) {
        #expect(quantity(count, "machine") == text)
        #expect(quantity(count, "reply", "replies") == (count == 1 ? "1 reply" : "\(count) replies"))
    }

    @Test(
        "a line is broken at spaces, and a word never",
        arguments: [
            ("", 5, [""]), ("one two", 7, ["one two"]), ("one two", 6, ["one", "two"]),
            ("longerthanthat x", 5, ["longerthanthat", "x"]), ("машина стоит", 6, ["машина", "стоит"]),
        ])
    func wrapping(text: String, width: Int, lines: [String]) {
        #expect(wrapped(text, to: width) == lines)
    }
}
