import FleetModel
import FleetRuntime
import Testing

private let started = Timestamp(iso8601: "2026-11-21T03:00:00Z")!
private let bounds = TimeKeeper.Bounds(futureTolerance: .minutes(5), ageMax: .days(30))
private let bootAtStart = Duration.seconds(1_000)

/// A daemon's time under a clock that is set, and a fleet that keeps the true time.
private struct Server {
    var keeper: TimeKeeper
    /// The truth, counted from the start.
    var elapsed = Duration.zero
    /// How far the server's clock is off the truth.
    var error: Duration
    var events: [TimeKeeper.Event] = []

    init(error: Duration = .zero, newestStored: Timestamp? = started - .minutes(1)) {
        self.error = error
        keeper = TimeKeeper(wall: started + error, boot: bootAtStart, newestStored: newestStored)
    }

    var boot: Duration { bootAtStart + elapsed }
    var truth: Timestamp { started + elapsed }
    /// How far what is believed is off the truth.
    var off: Double { (keeper.now(boot: boot) - truth).inSeconds }

    /// - Parameter late: how far the fleet's clocks are behind the truth; `nil` when no machine is heard.
    mutating func go(for span: Duration, machines: Int = 0, late: Duration = .seconds(1)) {
        let end = elapsed + span
        while elapsed < end {
            elapsed += .seconds(1)
            let fleet =
                machines > 0
                ? FleetOpinion(offset: (started - .epoch) - bootAtStart - late, machines: machines) : nil
            events += keeper.judge(wall: truth + error, boot: boot, fleet: fleet, bounds: bounds)
        }
    }

    var adoptions: [Duration] {
        events.compactMap { if case .adopted(let step, _) = $0 { step } else { nil } }
    }
}

@Suite("the daemon's time")
struct TimeKeeperTests {
    @Test("follows a clock that is slewed")
    func slewing() {
        var server = Server()
        for _ in 0..<100 {
            server.error += .milliseconds(500)
            server.go(for: .seconds(1), machines: 5)
        }
        #expect(abs(server.off - 50) < 0.001)
        #expect(server.events.isEmpty)
    }

    @Test(
        "is not moved by a step that the fleet's clocks contradict, and agrees again when it is set back",
        arguments: [31_536_000.0, -31_536_000, 3_600, -3_600, 60, -60, 10, -10])
    func wrongStep(step: Double) {
        var server = Server()
        server.go(for: .minutes(1), machines: 5)
        server.error = .seconds(step)
        server.go(for: .minutes(30), machines: 5)
        #expect(server.off == 0)
        #expect(server.adoptions.isEmpty)
        #expect(server.events == [.stepSeen(.seconds(step)), .overruled(.seconds(step), machines: 5)])
        #expect(!server.keeper.takesAnyTime)
        // The fleet falls silent for a night: a clock found wrong is not believed for that.
        server.go(for: .hours(8))
        #expect(server.off == 0)
        server.error = .zero
        server.go(for: .seconds(1))
        #expect(server.keeper.standing == .agreed)
        #expect(server.events.last == .agreed)
    }

    @Test("takes a step that the fleet's clocks agree with: the clock was wrong before", arguments: [3_600.0, -3_600])
    func correction(error: Double) {
        var server = Server(error: .seconds(error), newestStored: nil)
        server.go(for: .minutes(1), machines: 2)
        #expect(server.off == error)
        server.error = .zero
        server.go(for: .seconds(1), machines: 2)
        #expect(server.off == 0)
        #expect(server.adoptions == [.seconds(-error)])
        #expect(server.keeper.standing == .agreed)
    }

    @Test(
        "takes a step forward that is right although the fleet is late, unless it is later than four fifths of the step",
        arguments: [
            (step: 10.0, late: 6.0, isTaken: true), (step: 10, late: 7.9, isTaken: true),
            (step: 10, late: 8.1, isTaken: false), (step: 60, late: 40, isTaken: true),
        ])
    func lateFleet(step: Double, late: Double, isTaken: Bool) {
        var server = Server(error: .seconds(-step), newestStored: nil)
        server.go(for: .minutes(1), machines: 2, late: .seconds(late))
        server.error = .zero
        server.go(for: .seconds(1), machines: 2, late: .seconds(late))
        #expect(server.off == (isTaken ? 0 : -step))
    }

    @Test(
        "is not set back by a wrong step while queues are emptied, whether the fleet was heard before or not",
        arguments: [true, false], [3_600.0, 600])
    func backlogAfterStep(isHeardBefore: Bool, step: Double) {
        var server = Server()
        server.go(for: .minutes(1), machines: isHeardBefore ? 5 : 0)
        server.go(for: .minutes(5))
        server.error = .seconds(-step)
        server.go(for: .minutes(1))
        for late in stride(from: 7_200.0, to: 1, by: -20) {
            server.go(for: .seconds(1), machines: 5, late: .seconds(late))
            #expect(server.off == 0)
        }
        server.go(for: .minutes(2), machines: 5)
        #expect(server.off == 0)
        #expect(server.adoptions.isEmpty)
        #expect(server.events.last == .overruled(.seconds(-step), machines: 5))
    }

    @Test(
        "a step back is taken from machines first heard after it when they have stood for a minute",
        arguments: [(after: 58.0, off: 3_600.0), (after: 62, off: 0)])
    func heardAfter(after: Double, off: Double) {
        var server = Server(error: .hours(1), newestStored: nil)
        server.go(for: .minutes(1))
        server.error = .zero
        server.go(for: .seconds(5))
        server.go(for: .seconds(after), machines: 3)
        #expect(server.off == off)
    }

    @Test("goes by where the fleet's clocks stand once they were set back and heard there for an hour")
    func fleetSetBack() {
        var server = Server()
        server.go(for: .minutes(30), machines: 5, late: .minutes(-4))
        server.go(for: .minutes(62), machines: 5)
        server.error = .minutes(6)
        server.go(for: .minutes(1), machines: 5)
        #expect(server.off == 0)
        #expect(server.events.last == .overruled(.minutes(6), machines: 5))
    }

    @Test(
        "takes a step that nobody contradicts only after a while, and only when it stays",
        arguments: [(minutes: 9.9, off: 0.0), (minutes: 10.1, off: 7_200)] as [(minutes: Double, off: Double)])
    func unwitnessed(minutes: Double, off: Double) {
        var server = Server()
        server.go(for: .minutes(1))
        server.error = .hours(5)
        server.go(for: .minutes(5))
        server.error = .hours(2)
        #expect(server.keeper.takesAnyTime)
        server.go(for: .minutes(minutes))
        #expect(server.off == off)
    }

    @Test("never takes a time before this program was written, whoever is silent")
    func lostClock() {
        var server = Server()
        server.go(for: .seconds(10))
        server.error = .epoch - started
        server.go(for: .hours(2))
        #expect(server.off == 0)
    }

    @Test("time passes while the machine is asleep")
    func asleep() {
        var server = Server()
        server.go(for: .seconds(10), machines: 3)
        server.elapsed += .hours(2)
        #expect(server.off == 0)
        server.go(for: .seconds(10), machines: 3)
        #expect(server.off == 0)
        #expect(server.events.isEmpty)
    }

    @Test(
        "a fleet whose clocks are all wrong does not move a steady clock, but its frames are taken when most say so",
        arguments: [
            (late: Duration.days(-7_168), machines: 9, isDisputed: true),
            (late: .minutes(-6), machines: 3, isDisputed: true),
            (late: .minutes(-4), machines: 3, isDisputed: false), (late: .days(31), machines: 3, isDisputed: true),
            (late: .days(29), machines: 3, isDisputed: false), (late: .days(31), machines: 2, isDisputed: false),
        ] as [(late: Duration, machines: Int, isDisputed: Bool)])
    func wrongFleet(late: Duration, machines: Int, isDisputed: Bool) {
        var server = Server()
        server.go(for: .hours(3), machines: machines, late: late)
        #expect(server.off == 0)
        #expect(server.keeper.isDisputed == isDisputed)
        #expect(server.keeper.takesAnyTime == isDisputed)
        server.go(for: .seconds(1), machines: machines)
        #expect(!server.keeper.takesAnyTime)
    }

    // MARK: - At the start

    @Test(
        "a start is beyond doubt when the clock is after what is stored, by no more than a daemon may be away",
        arguments: [
            (after: -3_600.0, isCredible: false), (after: -61, isCredible: false), (after: -59, isCredible: true),
            (after: 0, isCredible: true), (after: 86_400 * 30, isCredible: true),
            (after: 86_400 * 30 + 1, isCredible: false),
        ] as [(after: Double, isCredible: Bool)])
    func start(after: Double, isCredible: Bool) {
        let keeper = TimeKeeper(wall: started, boot: bootAtStart, newestStored: started - .seconds(after))
        #expect(keeper.isCredible == isCredible)
        #expect(keeper.takesAnyTime == !isCredible)
    }

    @Test("a start with an empty store is beyond doubt unless the clock says a time before this program")
    func emptyStore() {
        #expect(TimeKeeper(wall: started, boot: .zero, newestStored: nil).isCredible)
        #expect(!TimeKeeper(wall: Timestamp(seconds: 86_400), boot: .zero, newestStored: nil).isCredible)
    }

    @Test(
        "a start with a clock that cannot be right goes by a fleet that agrees for a minute, and then by the clock once it is set",
        arguments: [-1_763_000_000, 31_536_000, -7_200, 34_560_000] as [Double])
    func wrongStart(error: Double) {
        var server = Server(error: .seconds(error))
        server.go(for: .seconds(50), machines: 4)
        #expect(!server.keeper.isCredible)
        server.go(for: .seconds(20), machines: 4)
        #expect(server.keeper.isCredible)
        #expect(abs(server.off) <= 1)
        server.error = .zero
        server.go(for: .seconds(5), machines: 4)
        #expect(server.keeper.standing == .agreed)
        #expect(server.off == 0)
    }

    @Test("a start after a long absence is believed as soon as the fleet's clocks are near the server's")
    func longAbsence() {
        var server = Server(newestStored: started - .days(90))
        // Its queue is emptied first: frames of weeks ago, then of now.
        for days in [80.0, 60, 46] {
            server.go(for: .seconds(1), machines: 4, late: .days(days))
            #expect(!server.keeper.isCredible)
        }
        server.go(for: .seconds(1), machines: 4)
        #expect(server.keeper.isCredible)
        #expect(server.off == 0)
        #expect(server.adoptions == [.zero])
    }

    @Test("a queue being emptied is not taken for the time")
    func backlog() {
        var server = Server(error: .days(365))
        for hour in stride(from: 48.0, to: 0, by: -0.1) {
            server.go(for: .seconds(1), machines: 4, late: .hours(hour))
            #expect(!server.keeper.isCredible)
        }
    }

    @Test("two machines must agree for as long as a step waits")
    func fewMachines() {
        var server = Server(error: .days(365))
        server.go(for: .minutes(9), machines: 2)
        #expect(!server.keeper.isCredible)
        server.go(for: .minutes(2), machines: 2)
        #expect(server.keeper.isCredible)
        #expect(abs(server.off) <= 1)
    }

    @Test("a clock that was a year ahead in an earlier run does not make the right one wrong")
    func storedAhead() {
        var server = Server(newestStored: started + .days(365))
        server.go(for: .seconds(2), machines: 1)
        #expect(server.keeper.isCredible)
        #expect(server.off == 0)
    }

    @Test("a start that nobody contradicts is believed after a while")
    func unwitnessedStart() {
        var server = Server(newestStored: started - .days(90))
        server.go(for: .minutes(9.9))
        #expect(!server.keeper.isCredible)
        server.go(for: .minutes(0.2))
        #expect(server.keeper.isCredible)
    }
}

@Suite("the fleet's clocks")
struct FleetClocksTests {
    private func machine(_ number: Int) -> MachineKey { MachineKey("north/truck-\(number)")! }

    @Test("the median stands against machines that lie")
    func median() throws {
        var clocks = FleetClocks()
        for number in 0..<7 {
            let lie = number < 3 ? Duration.days(400) : .zero
            clocks.note(machine(number), observedAt: started + lie, boot: .seconds(10))
        }
        let opinion = try #require(clocks.opinion(at: .seconds(11)))
        #expect(opinion.offset == (started - .epoch) - .seconds(10))
        #expect(opinion.machines == 7)
    }

    @Test("what a machine sends late does not hide what it sends at once, and what is long past has no voice")
    func newest() {
        var clocks = FleetClocks()
        clocks.note(machine(1), observedAt: started, boot: .seconds(10))
        clocks.note(machine(1), observedAt: started - .hours(5), boot: .seconds(20))
        #expect(clocks.opinion(at: .seconds(21))?.offset == (started - .epoch) - .seconds(10))
        #expect(clocks.opinion(at: .seconds(609))?.machines == 1)
        #expect(clocks.opinion(at: .seconds(611)) == nil)
        #expect(FleetClocks().opinion(at: .zero) == nil)
    }
}
