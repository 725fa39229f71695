import FleetModel
import FleetRuntime
import Logging
import Synchronization
import Testing

/// Everything the ingestor did to its inbox and store, in order.
private final class Journal: Sendable {
    enum Event: Equatable {
        case collect, commit, acknowledge, abandon, releaseBallast
    }

    private let events = Mutex<[Event]>([])
    func note(_ event: Event) { events.withLock { $0.append(event) } }
    var all: [Event] { events.withLock { $0 } }
}

private struct ScriptedInbox: TelemetryInbox {
    let journal: Journal
    var messages: [InboundMessage] = []
    var failure: InboxFailure?

    func collect() async throws(InboxFailure) -> [InboundMessage] {
        journal.note(.collect)
        if let failure { throw failure }
        return messages
    }
    var acknowledgementFails = false
    func acknowledge() async throws(InboxFailure) {
        journal.note(.acknowledge)
        if acknowledgementFails { throw .disconnected("reset by peer") }
    }
    func abandon() async { journal.note(.abandon) }
}

private final class ScriptedStore: IngestStore, StoreCustody {
    let journal: Journal
    let failure: StoreFailure?
    let batches = Mutex<[IngestBatch]>([])

    init(journal: Journal, failure: StoreFailure? = nil) {
        self.journal = journal
        self.failure = failure
    }

    func commit(_ batch: IngestBatch) async throws(StoreFailure) -> IngestReceipt {
        journal.note(.commit)
        if let failure { throw failure }
        batches.withLock { $0.append(batch) }
        return IngestReceipt(
            cursor: JournalCursor(1), storedFrames: batch.frames.count, duplicateFrames: 0, storedReadings: 0)
    }
    func maintain(at now: Timestamp) async throws(StoreFailure) -> DiskStanding {
        DiskStanding(databaseBytes: 0, walBytes: 0, freeBytes: 0, hasBallast: false)
    }
    func tidy(at now: Timestamp) async throws(StoreFailure) -> Bool { false }
    func releaseBallast() async { journal.note(.releaseBallast) }
}

/// A clock on which no wait takes any time.
private struct InstantClock: Clock {
    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {}
}

private let telemetry = InboundMessage(
    topic: "zubr/v1/north/truck-1/telemetry",
    body: Array(#"{"boot":1,"seq":1,"at":"2026-03-01T08:00:00Z","signals":{"coolant_temp":88}}"#.utf8),
    receivedAt: Timestamp(iso8601: "2026-03-01T08:00:01Z")!)

@Suite("the ingestor")
struct IngestorTests {
    private func step(
        inbox: ScriptedInbox, store: ScriptedStore, time: DaemonTime? = nil, fault: InjectedFault? = nil,
        gauges: DaemonGauges = DaemonGauges()
    ) async throws {
        let ingestor = Ingestor(
            inbox: inbox, store: store, limits: Live(IngestLimits()), time: time, gauges: gauges, clock: InstantClock(),
            now: { telemetry.receivedAt }, fault: fault, logger: Logger(label: "test"))
        var round = Ingestor<ScriptedInbox, ScriptedStore>.Round(limits: IngestLimits())
        try await ingestor.step(&round)
    }

    @Test("acknowledges after the commit, never before")
    func order() async throws {
        let journal = Journal()
        try await step(
            inbox: ScriptedInbox(journal: journal, messages: [telemetry]), store: ScriptedStore(journal: journal))
        #expect(journal.all == [.collect, .commit, .acknowledge])
    }

    @Test("with the injected mistake acknowledges first, so that the checker has something to find")
    func injectedMistake() async throws {
        let journal = Journal()
        try await step(
            inbox: ScriptedInbox(journal: journal, messages: [telemetry]), store: ScriptedStore(journal: journal),
            fault: .acknowledgeBeforeCommit)
        #expect(journal.all == [.collect, .acknowledge, .commit])
    }

    @Test("acknowledges nothing when the disk is full, gives back the ballast and says so")
    func diskFull() async throws {
        let journal = Journal()
        let gauges = DaemonGauges()
        try await step(
            inbox: ScriptedInbox(journal: journal, messages: [telemetry]),
            store: ScriptedStore(journal: journal, failure: .diskFull("no space left on /var/lib/zubr")), gauges: gauges
        )
        #expect(journal.all == [.collect, .commit, .abandon, .releaseBallast])
        #expect(gauges.problems == ["nothing is being stored: no space left on /var/lib/zubr"])
        #expect(gauges.disk.fullAt == telemetry.receivedAt)
        gauges.over(.store)
        #expect(gauges.disk.fullAt == nil)
    }

    @Test("counts what is committed as stored, also when the connection breaks before it can be acknowledged")
    func acknowledgementLost() async throws {
        let journal = Journal()
        let gauges = DaemonGauges()
        gauges.trouble(.store, "nothing is being stored: no space left")
        try await step(
            inbox: ScriptedInbox(journal: journal, messages: [telemetry], acknowledgementFails: true),
            store: ScriptedStore(journal: journal), gauges: gauges)
        #expect(journal.all == [.collect, .commit, .acknowledge])
        #expect(gauges.ingest.frames == 1)
        #expect(gauges.problems.isEmpty)
    }

    @Test("stops on a damaged database instead of going on, with nothing acknowledged")
    func damaged() async throws {
        let journal = Journal()
        await #expect(throws: StoreFailure.damaged("page 7")) {
            try await step(
                inbox: ScriptedInbox(journal: journal, messages: [telemetry]),
                store: ScriptedStore(journal: journal, failure: .damaged("page 7")))
        }
        #expect(journal.all == [.collect, .commit, .abandon])
    }

    @Test("writes nothing when nothing came")
    func idle() async throws {
        let journal = Journal()
        try await step(inbox: ScriptedInbox(journal: journal), store: ScriptedStore(journal: journal))
        #expect(journal.all == [.collect])
    }

    @Test("goes on when the connection is lost, and leaves it to the inbox when to call again")
    func connectionLost() async throws {
        let journal = Journal()
        try await step(
            inbox: ScriptedInbox(journal: journal, failure: .disconnected("reset by peer")),
            store: ScriptedStore(journal: journal))
        #expect(journal.all == [.collect])
    }

    @Test(
        "judges what came before its clock was set right by the right time, whichever way the clock was wrong",
        arguments: [400.0, 2, -2, -400])
    func clockSetRight(day: Double) async throws {
        let clock = SetClock(day: day, newestStored: day > 0 ? SetClock.right : nil)
        let frame = #"{"boot":1,"seq":1,"at":"\#(SetClock.right.iso8601)","signals":{"coolant_temp":88}}"#
        let early = InboundMessage(topic: telemetry.topic, body: Array(frame.utf8), receivedAt: clock.time.now())
        clock.setRight()
        #expect(!clock.time.takesAnyTime)
        let late = InboundMessage(topic: telemetry.topic, body: Array(frame.utf8), receivedAt: clock.time.now())
        let journal = Journal()
        let store = ScriptedStore(journal: journal)
        try await step(inbox: ScriptedInbox(journal: journal, messages: [early, late]), store: store, time: clock.time)
        let batch = try #require(store.batches.withLock { $0.first })
        #expect(batch.rejected.isEmpty)
        #expect(batch.frames.map(\.receivedAt) == [SetClock.right, SetClock.right])
    }

    @Test(
        "judges by the right time what came before its clock was set twice, and what came between",
        arguments: [2.0, -2])
    func clockSetTwice(day: Double) async throws {
        let clock = SetClock(day: day, newestStored: day > 0 ? SetClock.right : nil)
        let body = Array(#"{"boot":1,"seq":1,"at":"\#(SetClock.right.iso8601)","signals":{"coolant_temp":88}}"#.utf8)
        var messages: [InboundMessage] = []
        func receive() {
            messages.append(InboundMessage(topic: telemetry.topic, body: body, receivedAt: clock.time.now()))
        }
        receive()
        clock.setRight(butFor: day / 2)
        receive()
        clock.setRight()
        receive()
        #expect(messages.map { ($0.receivedAt - SetClock.right).inSeconds } == [day * 86_400, day * 43_200, 0])
        _ = clock.time.judge(&messages)
        #expect(messages.map(\.receivedAt) == [SetClock.right, SetClock.right, SetClock.right])
    }

    @Test("commits and acknowledges a message it must reject, so that it cannot stall the line")
    func poison() async throws {
        let journal = Journal()
        var poison = telemetry
        poison.body = Array("{not json".utf8)
        let store = ScriptedStore(journal: journal)
        try await step(inbox: ScriptedInbox(journal: journal, messages: [poison, telemetry]), store: store)
        #expect(journal.all == [.collect, .commit, .acknowledge])
        let batch = try #require(store.batches.withLock { $0.first })
        #expect(batch.frames.count == 1)
        #expect(batch.rejected.map(\.rejection.reason) == [.notJSON])
        #expect(batch.rejected.first?.body == poison.body)
    }
}

@Suite("the batch assembler")
struct BatchAssemblerTests {
    private func assemble(_ topic: String, _ body: String, isRetained: Bool = false, limits: IngestLimits = .init())
        -> IngestBatch
    {
        var assembler = BatchAssembler(limits: limits)
        return assembler.assemble([
            InboundMessage(
                topic: topic, body: Array(body.utf8), isRetained: isRetained, receivedAt: telemetry.receivedAt)
        ])
    }
    private static let frame = #"{"boot":1,"seq":1,"at":"2026-03-01T08:00:00Z","signals":{"coolant_temp":88}}"#
    private static let faults = #"{"boot":1,"seq":1,"at":"2026-03-01T08:00:00Z","faults":[{"spn":110,"fmi":0}]}"#

    @Test(
        "tells what a message is from its topic and rejects the rest with a reason",
        arguments: [
            (topic: "zubr/v1/north/truck-1/telemetry", body: frame, rejected: nil),
            (topic: "zubr/v1/north/truck-1/faults", body: faults, rejected: nil),
            (topic: "zubr/v1/north/truck-1/faults", body: frame, rejected: Rejection.Reason.missingKey),
            (topic: "zubr/v1/centers/truck-1/telemetry", body: frame, rejected: .reservedFleet),
            (topic: "zubr/v1/centers/belovo/work-orders", body: "{}", rejected: .reservedFleet),
            (topic: "zubr/v1/north/truck 1/telemetry", body: frame, rejected: .badTopic),
            (topic: "zubr/v2/north/truck-1/telemetry", body: frame, rejected: .badTopic),
            (topic: "zubr/v1/north/truck-1/diagnostics", body: frame, rejected: .badTopic),
            (topic: "zubr/v1/north/truck-1/telemetry", body: "", rejected: .notJSON),
        ] as [(topic: String, body: String, rejected: Rejection.Reason?)]
    )
    func topics(topic: String, body: String, rejected: Rejection.Reason?) {
        let batch = assemble(topic, body)
        #expect(batch.rejected.first?.rejection.reason == rejected)
        #expect(batch.frames.count == (rejected == nil ? 1 : 0))
    }

    @Test("hears a message turned away for its time, and takes no name from it")
    func turnedAwayNames() {
        var assembler = BatchAssembler(limits: IngestLimits())
        for seq in 0..<10 {
            let names = (0..<300).map { #""turned_away_\#(seq)_\#($0)":1"# }.joined(separator: ",")
            let body = #"{"boot":1,"seq":\#(seq),"at":"2027-03-01T08:00:00Z","signals":{\#(names)}}"#
            let batch = assembler.assemble([
                InboundMessage(topic: telemetry.topic, body: Array(body.utf8), receivedAt: telemetry.receivedAt)
            ])
            #expect(batch.rejected.map(\.rejection.reason) == [.futureTime])
            #expect(assembler.heard == [MachineKey("north/truck-1")!: Timestamp(iso8601: "2027-03-01T08:00:00Z")!])
            #expect(Signal(known: "turned_away_\(seq)_0") == nil)
            #expect(Signal(known: "turned_away_\(seq)_299") == nil)
        }
    }

    @Test("counts the names a machine brings across a time in which any time was taken")
    func namesWhileTimeIsInDoubt() {
        let limits = IngestLimits(signalsPerMachine: 1)
        var assembler = BatchAssembler(limits: limits)
        func reason(_ name: String) -> Rejection.Reason? {
            let body = #"{"boot":1,"seq":1,"at":"2026-03-01T08:00:00Z","signals":{"\#(name)":1}}"#
            return assembler.assemble([
                InboundMessage(topic: telemetry.topic, body: Array(body.utf8), receivedAt: telemetry.receivedAt)
            ]).rejected.first?.rejection.reason
        }
        #expect(reason("doubted_0") == nil)
        for takesAnyTime in [true, false, true] {
            assembler.go(by: limits, takingAnyTime: takesAnyTime)
            #expect(reason("doubted_1") == .tooManySignals)
            #expect(reason("doubted_0") == nil)
        }
    }

    @Test("never takes a retained reading for a fresh one, but takes a retained status")
    func retained() {
        #expect(
            assemble("zubr/v1/north/truck-1/telemetry", Self.frame, isRetained: true).rejected.first?.rejection.reason
                == .retained)
        let status = assemble("zubr/v1/north/truck-1/status", #"{"state":"disconnected"}"#, isRetained: true)
        #expect(status.connections.map(\.isConnected) == [false])
    }

    @Test(
        "takes a body of exactly the limit and rejects one byte more",
        arguments: [(spare: 0, rejected: nil), (spare: -1, rejected: Rejection.Reason.oversize)]
            as [(spare: Int, rejected: Rejection.Reason?)])
    func oversize(spare: Int, rejected: Rejection.Reason?) {
        let limits = IngestLimits(bodyBytes: Self.frame.utf8.count + spare)
        #expect(
            assemble("zubr/v1/north/truck-1/telemetry", Self.frame, limits: limits).rejected.first?.rejection.reason
                == rejected)
    }
}
