import FleetModel
import FleetRuntime
import Foundation
import Logging
import Support
import Synchronization
import Testing

/// Lets everybody through, or keeps them until it is opened.
private final class Gate: Sendable {
    private let waiting = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((true, []))

    func pass() async {
        await withCheckedContinuation { waiter in
            let isOpen = waiting.withLock { state in
                if !state.isOpen { state.waiters.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }

    func close() { waiting.withLock { $0.isOpen = false } }

    func open() {
        let waiters = waiting.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Somebody stands before it.
    var isHolding: Bool { waiting.withLock { !$0.waiters.isEmpty } }
}

/// A broker that is quiet, or gone, or a thread that hangs in a call of its library.
private struct QuietInbox: TelemetryInbox {
    let gate: Gate
    var failure: InboxFailure?
    var messages: [InboundMessage] = []

    func collect() async throws(InboxFailure) -> [InboundMessage] {
        await gate.pass()
        // As the real one, which waits a little for something to come.
        try? await Task.sleep(for: .milliseconds(1))
        if let failure { throw failure }
        return messages
    }
    func acknowledge() async throws(InboxFailure) {}
    func abandon() async {}
}

private struct GatedStore: IngestStore, StoreCustody, WriterProbe {
    let gate: Gate
    var failure: StoreFailure?

    func commit(_ batch: IngestBatch) async throws(StoreFailure) -> IngestReceipt {
        await gate.pass()
        if let failure { throw failure }
        return IngestReceipt(cursor: JournalCursor(1), storedFrames: 1, duplicateFrames: 0, storedReadings: 1)
    }
    func maintain(at now: Timestamp) async throws(StoreFailure) -> DiskStanding {
        DiskStanding(databaseBytes: 0, walBytes: 0, freeBytes: 0, hasBallast: false)
    }
    func tidy(at now: Timestamp) async throws(StoreFailure) -> Bool { false }
    func releaseBallast() async {}
    func reachWriter() async { await gate.pass() }
}

/// A clock on which every wait is longer than the test.
private struct StandingClock: Clock {
    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try await Task.sleep(for: .seconds(86_400))
    }
}

private let telemetry = InboundMessage(
    topic: "zubr/v1/north/truck-1/telemetry",
    body: Array(#"{"boot":1,"seq":1,"at":"2026-03-01T08:00:00Z","signals":{"coolant_temp":88}}"#.utf8),
    receivedAt: Timestamp(iso8601: "2026-03-01T08:00:01Z")!)

/// The ingest loop and the heartbeat of one daemon, and who listens to it.
private struct Watched: Sendable {
    let inboxGate = Gate()
    let storeGate = Gate()
    let listener = NoticeListener("@zubr-heartbeat-\(UUID().uuidString)")
    let gauges = DaemonGauges()
    var inboxFailure: InboxFailure?
    var storeFailure: StoreFailure?
    var messages: [InboundMessage] = []
    var watchdog = Duration.milliseconds(20)

    private var store: GatedStore { GatedStore(gate: storeGate, failure: storeFailure) }

    var heartbeat: Heartbeat<GatedStore> {
        Heartbeat(
            manager: NotifySocket(["NOTIFY_SOCKET": listener.address])!, store: store, gauges: gauges,
            broker: {
                var broker = BrokerDocument()
                broker.address = "127.0.0.1:1883"
                broker.isConnected = true
                return broker
            }, watchdog: watchdog, clock: ContinuousClock(), now: { telemetry.receivedAt },
            logger: Logger(label: "test"))
    }

    /// Runs `body` beside both loops; opens every gate and ends them afterwards.
    func run(_ body: () async throws -> Void) async throws {
        let ingestor = Ingestor(
            inbox: QuietInbox(gate: inboxGate, failure: inboxFailure, messages: messages), store: store,
            limits: Live(IngestLimits()), gauges: gauges, clock: StandingClock(), now: { telemetry.receivedAt },
            logger: Logger(label: "test"))
        let heartbeat = heartbeat
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ingestor.run() }
            group.addTask { try await heartbeat.run() }
            defer {
                inboxGate.open()
                storeGate.open()
                group.cancelAll()
            }
            try await body()
        }
    }

    /// Whether the daemon says again and again that it works.
    func isFed() async -> Bool {
        for _ in 0..<5 {
            guard await listener.hears("WATCHDOG=1") else { return false }
        }
        return true
    }

    /// Whether it has fallen silent: of what was under way when it began to hang, nothing is left.
    func isSilent() async -> Bool {
        await eventually {
            while listener.next() != nil {}
            // Ten times the interval: whoever still spoke would have spoken.
            try? await Task.sleep(for: .milliseconds(100))
            var heard: [String] = []
            while let message = listener.next() { heard.append(message) }
            return !heard.contains { $0.contains("WATCHDOG=1") }
        }
    }
}

@Suite("the heartbeat")
struct HeartbeatTests {
    @Test("is heard while messages are stored, and when none come")
    func works() async throws {
        for messages in [[telemetry], []] {
            let daemon = Watched(messages: messages)
            try await daemon.run { #expect(await daemon.isFed()) }
        }
    }

    @Test("is heard while the broker is gone, and while a full disk is waited out: a restart would mend neither")
    func troublesOfOthers() async throws {
        let gone = Watched(inboxFailure: .disconnected("connection refused"))
        try await gone.run { #expect(await gone.isFed()) }

        let full = Watched(storeFailure: .diskFull("no space left"), messages: [telemetry])
        try await full.run {
            #expect(await eventually { full.gauges.ingestProgress.isWaiting })
            #expect(await full.isFed())
        }
    }

    @Test("stops when the inbox hangs, and comes again when that goes on")
    func hungInbox() async throws {
        let daemon = Watched(messages: [telemetry])
        try await daemon.run {
            #expect(await daemon.isFed())
            daemon.inboxGate.close()
            #expect(await eventually { daemon.inboxGate.isHolding })
            #expect(await daemon.isSilent())
            #expect(await daemon.listener.hears("STATUS=taking telemetry stands still"))
            daemon.inboxGate.open()
            #expect(await daemon.isFed())
        }
    }

    @Test("stops when the connection that writes hangs, with or without anything to store, and comes again")
    func hungStore() async throws {
        for messages in [[telemetry], []] {
            let daemon = Watched(messages: messages)
            try await daemon.run {
                #expect(await daemon.isFed())
                daemon.storeGate.close()
                #expect(await eventually { daemon.storeGate.isHolding })
                #expect(await daemon.isSilent())
                daemon.storeGate.open()
                #expect(await daemon.isFed())
            }
        }
    }

    @Test("says how the daemon is, and its last word is that it stops")
    func lastWord() async throws {
        let daemon = Watched(watchdog: .seconds(3_600))
        try await daemon.run {
            #expect(await daemon.listener.hears("STATUS=connected to 127.0.0.1:1883, storing"))
            daemon.gauges.trouble(.disk, "house-keeping fails")
            var round = Heartbeat<GatedStore>.Round()
            _ = await daemon.heartbeat.step(&round)
            #expect(await daemon.listener.hears("STATUS=degraded: house-keeping fails"))
        }
        #expect(await daemon.listener.hears("STOPPING=1"))
        #expect(daemon.listener.next() == nil)
    }
}
