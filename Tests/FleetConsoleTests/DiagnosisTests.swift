import FleetModel
import FleetRuntime
import Testing

@testable import FleetConsole

@Suite("The doctor")
struct DiagnosisTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var subject: String
        var severity: Severity?
        var change: @Sendable (inout StatusDocument) -> Void

        init(
            _ name: String, _ subject: String, _ severity: Severity?,
            _ change: @escaping @Sendable (inout StatusDocument) -> Void
        ) {
            testDescription = name
            self.subject = subject
            self.severity = severity
            self.change = change
        }
    }

    static let cases: [Case] = [
        Case("all well", "disk", nil) { _ in },
        Case("broker gone", "broker", .critical) { $0.broker.isConnected = false },
        Case("broker dropped nothing", "broker", nil) { $0.broker.droppedMessages = 0 },
        Case("broker dropped one", "broker", .major) { $0.broker.noteDropped(1, at: $0.now) },
        Case("broker dropped one an hour ago", "broker", nil) { $0.broker.noteDropped(1, at: $0.now - .hours(1)) },
        Case("degraded", "daemon", .critical) { $0.problems = ["the disk is full"] },
        Case("full tomorrow", "disk", .critical) { $0.store.fullAt = $0.now + .days(1.9) },
        Case("full in two days", "disk", .major) { $0.store.fullAt = $0.now + .days(2) },
        Case("full in two weeks", "disk", .minor) { $0.store.fullAt = $0.now + .days(14) },
        Case("a gigabyte free", "disk", nil) { $0.store.freeBytes = 1 << 30 },
        Case("less than a gigabyte free", "disk", .major) { $0.store.freeBytes = 1 << 30 - 1 },
        Case("almost nothing free", "disk", .critical) { $0.store.freeBytes = 256 << 20 - 1 },
        Case("log of 64 MB", "database", nil) { $0.store.walBytes = 64 << 20 },
        Case("log beyond", "database", .minor) { $0.store.walBytes = 64 << 20 + 1 },
        Case("fast clock", "clock", .minor) { $0.clock.rate = 7_200 },
        Case("evaluator behind", "evaluator", .major) { $0.ingest.evaluatorLag = 10_001 },
        Case("evaluator at its bound", "evaluator", nil) { $0.ingest.evaluatorLag = 10_000 },
        Case("quarantine", "quarantine", .minor) { $0.store.quarantined = 1 },
        Case("gaps", "gaps", .minor) { $0.store.gaps = 1 },
        Case("unregistered", "machines", .minor) { $0.machines.unregistered = 1 },
        Case("uncovered", "work orders", .major) { $0.orders = ["uncovered": 1] },
        Case("quiet for 15 minutes", "ingest", nil) { $0.ingest.lastCommitAt = $0.now - .minutes(15) },
        Case("quiet for longer", "ingest", .minor) { $0.ingest.lastCommitAt = $0.now - .seconds(901) },
    ]

    @Test("finds what is wrong, how bad it is, and says what to do", arguments: cases)
    func findings(given: Case) {
        var status = SampleFleet.status()
        given.change(&status)
        let found = status.diagnoses.filter { $0.subject == given.subject }
        #expect(found.first?.severity == given.severity)
        #expect(found.allSatisfy { !$0.next.isEmpty })
    }

    @Test("is well until something needs a person, and names the worst first")
    func verdict() {
        #expect(DiagnosesDocument([]).isWell)
        let minor = Diagnosis(.minor, "clock", "fast", next: "nothing")
        let critical = Diagnosis(.critical, "broker", "gone", next: "start it")
        #expect(DiagnosesDocument([minor]).isWell)
        #expect(!DiagnosesDocument([minor, critical]).isWell)
        #expect(DiagnosesDocument([minor, critical]).findings == [critical, minor])
    }
}
