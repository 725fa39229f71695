import FleetConfiguration
import FleetModel
import FleetSimulation
import Foundation
import Testing
import zubrsim

/// A failure mode on one machine that can have it.
struct ModeOnMachine: Sendable, CustomTestStringConvertible {
    let mode: FailureMode
    let equipment: String
    let courseHours: Double
    var testDescription: String { "\(mode.id) on \(equipment)" }

    /// Every mode on one machine of every class that has it.
    static let all: [ModeOnMachine] = SmallFleet.allMachines.flatMap { machine in
        let machineClass = SmallFleet.catalog.machineClass(of: machine.model)!
        return SmallFleet.failures.parts(
            of: machineClass.id,
            hasElectricDrive: machineClass.isHighVoltage && machineClass.id.text.hasPrefix("haul")
        ).map {
            ModeOnMachine(mode: $0.mode, equipment: machine.key.equipment.text, courseHours: $0.courseHours)
        }
    }
}

@Suite("every failure mode of the data")
struct FailureModeTests {
    private static let shipped: Catalog? = try? FleetConfiguration.loadCatalog("\(SmallFleet.project)/Config")

    /// Long enough for the machines that begin to work in the middle of the morning.
    private func run(_ one: ModeOnMachine, isForced: Bool, repairAt: Duration? = nil) throws -> ([Frame], [TruthRecord])
    {
        let key = SmallFleet.key(one.equipment)
        var scenario = SmallFleet.calm(interval: .minutes(1))
        if isForced {
            scenario.forced = [
                ForcedFailure(mode: one.mode.id, target: .machine(key), onset: .hours(2), courseHours: 4)
            ]
        }
        var simulator = try SmallFleet.simulator(
            scenario, machines: [SmallFleet.machine(one.equipment)], patience: nil)
        var messages: [SimulatedMessage] = []
        if let repairAt {
            messages = simulator.advance(to: SmallFleet.start + repairAt)
            simulator.repair(key, .mode(one.mode.id), at: SmallFleet.start + repairAt)
        }
        messages += simulator.advance(to: SmallFleet.start + .hours(17))
        return (messages.frames(of: one.equipment), simulator.truth)
    }

    @Test("all of them are on some machine, and their signals are in the catalog of each class that has them")
    func whole() throws {
        #expect(Set(ModeOnMachine.all.map(\.mode.id)) == Set(SmallFleet.failures.modes.map(\.id)))
        #expect(SmallFleet.failures.modes.count == 91)
        let catalog = try #require(FailureModeTests.shipped)
        for one in ModeOnMachine.all {
            let machine = SmallFleet.machine(one.equipment)
            let machineClass = try #require(catalog.machineClass(of: machine.model))
            for signal in one.mode.signals {
                #expect(machineClass.signals[signal] != nil, "\(one.mode.id): \(machineClass.id) has no \(signal)")
            }
        }
    }

    @Test(
        "its signals leave their normal in the said direction before it fails, its codes come at their stage, it ends as said",
        arguments: ModeOnMachine.all)
    func episode(_ one: ModeOnMachine) throws {
        let (frames, truth) = try run(one, isForced: true)
        let sound = Dictionary(
            uniqueKeysWithValues: try run(one, isForced: false).0.filter { $0.faults == nil }.map {
                ($0.observedAt, $0)
            })
        let episode = try #require(truth.failures.first)
        #expect(truth.failures.count == 1)
        let failedAt = try #require(episode.failedAt)
        let catalog = try #require(FailureModeTests.shipped)
        let machineClass = try #require(catalog.machineClass(of: SmallFleet.machine(one.equipment).model))
        let ill = frames.filter {
            $0.faults == nil && $0.observedAt > episode.onset && $0.observedAt <= failedAt
        }
        var hasLeftNormal = false
        for effect in one.mode.effects where effect.change != .event {
            var right = 0
            var wrong = 0
            var gone = 0
            for frame in ill {
                guard let usual = sound[frame.observedAt]?[effect.signal] else { continue }
                guard let value = frame[effect.signal] else {
                    gone += 1
                    continue
                }
                let direction = effect.direction(from: usual)
                // A driverless truck that stops goes other ways than its sound twin from then on.
                if direction * (value - usual) > 1e-9 { right += 1 }
                if direction * (value - usual) < -1e-9 - effect.noise { wrong += 1 }
                if direction == 0, abs(value - usual) > 1e-9 { right += 1 }
                if let normal = machineClass.signals[effect.signal]?.normal?.value, normal.contains(usual),
                    !normal.contains(value)
                {
                    hasLeftNormal = true
                }
                if effect.step != nil, value != usual { hasLeftNormal = true }
            }
            switch effect.change {
            case .drops: #expect(gone > 0, "\(effect.signal) is never missing")
            default:
                #expect(right >= 3, "\(effect.signal) never moved")
                if one.mode.stops == nil {
                    #expect(wrong * 10 <= right, "\(effect.signal): \(wrong) the wrong way, \(right) the right way")
                }
            }
        }
        let moves = one.mode.effects.filter { effect in
            switch effect.change {
            case .add, .factor, .to, .halvings: machineClass.signals[effect.signal]?.normal != nil
            case .none, .counts, .drops, .event: false
            }
        }
        #expect(hasLeftNormal || moves.isEmpty, "no signal has left its normal")

        let told = Set(frames.flatMap { $0.faults ?? [] }.map(\.key))
        #expect(told == Set(one.mode.codes.map(\.key)))
        if let first = episode.firstFaultCodeAt { #expect(first >= episode.onset && first <= failedAt) }
        #expect((episode.firstFaultCodeAt == nil) == one.mode.codes.isEmpty)

        let before = frames.last { $0.observedAt <= failedAt }!
        let worked = frames.last![.odometer]! - before[.odometer]!
        switch one.mode.end {
        case .standstill: #expect(worked < 0.6)
        case .derate: #expect(worked > 0 || before.observedAt > SmallFleet.start + .hours(13))
        }
    }

    @Test("a repair ends it and its codes; another part's episode goes on", arguments: ModeOnMachine.all)
    func repair(_ one: ModeOnMachine) throws {
        guard one.mode.course != .sudden else { return }
        let key = SmallFleet.key(one.equipment)
        let other = ModeOnMachine.all.first {
            $0.equipment == one.equipment && $0.mode.id != one.mode.id && $0.mode.course == .steady
                && $0.mode.stops == nil
        }
        var scenario = SmallFleet.calm(interval: .minutes(2))
        scenario.forced = [ForcedFailure(mode: one.mode.id, target: .machine(key), onset: .hours(2), courseHours: 20)]
        if let other {
            scenario.forced.append(
                ForcedFailure(mode: other.mode.id, target: .machine(key), onset: .hours(2), courseHours: 60))
        }
        var simulator = try SmallFleet.simulator(
            scenario, machines: [SmallFleet.machine(one.equipment)], patience: nil)
        let at = SmallFleet.start + .hours(8)
        _ = simulator.advance(to: at)
        simulator.repair(key, .mode(one.mode.id), at: at)
        let later = simulator.advance(to: at + .hours(2)).frames(of: one.equipment)
        let mine = try #require(simulator.truth.failures.first { $0.mode.id == one.mode.id })
        #expect(mine.repairedAt == at && mine.repairedBy == .center)
        if let other {
            #expect(simulator.truth.failures.first { $0.mode.id == other.mode.id }?.repairedAt == nil)
        }
        let mineOnly = Set(one.mode.codes.map(\.key)).subtracting(other?.mode.codes.map(\.key) ?? [])
        let told = later.filter { $0.observedAt > at + .minutes(3) }.flatMap { $0.faults ?? [] }.map(\.key)
        #expect(mineOnly.isDisjoint(with: told))
    }

    @Test("no course is a straight line, none goes back, each ends whole", arguments: Course.allCases)
    func courses(course: Course) {
        let values = (0...100).map { course.damage(at: Double($0) / 100) }
        #expect(values.first == 0 && values.last == 1)
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
        let farthest = zip(0...100, values).map { abs($1 - Double($0) / 100) }.max()!
        // What comes and goes is not straight by that alone.
        #expect(farthest > 0.05 || course == .intermittent)
    }
}

@Suite("first signs come as the reliability tables say")
struct OnsetTests {
    static let parts: [(String, FailurePart)] = SmallFleet.failures.tables.flatMap { table in
        table.classes.sorted { $0.text < $1.text }.prefix(1).flatMap { id in
            SmallFleet.failures.parts(of: id, hasElectricDrive: true).map { ("\(table.id).\($0.mode.id)", $0) }
        }
    }

    private func onsets(_ part: FailurePart, seeds: Range<UInt64>) -> [Double] {
        seeds.map {
            Component(
                part: part, machine: SmallFleet.key("haul-1"), seed: $0, failureRate: 1, isNew: true
            ).hoursToOnset
        }
    }

    @Test(
        "Weibull: mean and quantiles over 4,000 machines are within 4.5 standard errors of the table's",
        arguments: 0..<parts.count)
    func weibull(index: Int) {
        let (name, part) = OnsetTests.parts[index]
        let drawn = onsets(part, seeds: 1..<4_001).sorted()
        let mean = drawn.reduce(0, +) / Double(drawn.count)
        let expected = part.scaleHours * tgamma(1 + 1 / part.shape)
        let count = Double(drawn.count)
        let deviation = (tgamma(1 + 2 / part.shape) / pow(tgamma(1 + 1 / part.shape), 2) - 1).squareRoot()
        #expect(
            abs(mean / expected - 1) < 4.5 * deviation / count.squareRoot(),
            "\(name): mean \(mean), expected \(expected)")
        for quantile in [0.25, 0.5, 0.75] {
            let wanted = part.scaleHours * pow(-log(1 - quantile), 1 / part.shape)
            let found = drawn[Int(quantile * Double(drawn.count))]
            let error = (quantile / (1 - quantile) / count).squareRoot() / (part.shape * -log(1 - quantile))
            #expect(abs(found / wanted - 1) < 4.5 * error, "\(name): quantile \(quantile) \(found), expected \(wanted)")
        }
    }

    @Test("the first of a subsystem's modes comes as often as the subsystem's row says")
    func subsystems() throws {
        let table = try #require(SmallFleet.failures.tables.first { $0.id == "haul_truck" })
        for (name, subsystem) in table.subsystems.sorted(by: { $0.key < $1.key }) {
            let parts = SmallFleet.failures.parts(of: MachineClassID("haul_truck_de")!, hasElectricDrive: true)
                .filter { $0.subsystem == name }
            var firsts = [Double](repeating: .infinity, count: 3_000)
            for part in parts {
                for (index, onset) in onsets(part, seeds: 1..<3_001).enumerated() {
                    firsts[index] = min(firsts[index], onset)
                }
            }
            let mean = firsts.reduce(0, +) / Double(firsts.count)
            #expect(abs(mean / subsystem.meanHours - 1) < 0.07, "\(name): \(mean), expected \(subsystem.meanHours)")
        }
    }

    @Test("the subsystems together stop a machine as often as its class's mean says")
    func totals() {
        for table in SmallFleet.failures.tables {
            let rate = table.subsystems.values.reduce(0) { $0 + 1 / $1.meanHours }
            #expect(abs(table.meanHours * rate - 1) < 0.05, "\(table.id): \(1 / rate) h, said \(table.meanHours) h")
        }
    }

    @Test(
        "a part wears by the season and the machine's age",
        arguments: [(month: 1, hours: 0.0, rate: 1.0), (5, 0, 1.5), (9, 0, 1.5), (10, 0, 1), (1, 10_000, 1.25)])
    func wearRate(month: Int, hours: Double, rate: Double) throws {
        let table = try #require(SmallFleet.failures.tables.first { $0.id == "haul_truck" })
        #expect(abs(table.wearRate(month: month, hoursWorked: hours) - rate) < 1e-9)
    }

    @Test("load and heat make a course run faster")
    func stress() throws {
        let part = try #require(OnsetTests.parts.first { $0.1.mode.id == "cooling_fouling" }?.1)
        func hoursToFailure(load: Double, ambient: Double) -> Int {
            var component = Component(
                part: part, machine: SmallFleet.key("haul-1"), seed: 1, failureRate: 1e9, isNew: true)
            var hours = 0
            while !component.hasFailed {
                _ = component.work(hours: 1, wearRate: 1, load: load, ambient: ambient, until: SmallFleet.start)
                hours += 1
            }
            return hours
        }
        let usual = hoursToFailure(load: 0.5, ambient: 15)
        #expect((59...62).contains(usual))
        #expect(hoursToFailure(load: 1, ambient: 15) < usual)
        #expect(hoursToFailure(load: 0.5, ambient: 40) < usual)
        #expect(hoursToFailure(load: 0, ambient: -30) > usual)
    }
}

@Suite("the file of failure modes")
struct FailureModesFileTests {
    private static let text = try! String(
        contentsOfFile: "\(SmallFleet.project)/Simulator/failure-modes.yaml", encoding: .utf8)

    @Test("every value carries a mark whose source is known")
    func marks() throws {
        let file = try FailureModesFile.read(FailureModesFileTests.text, path: "f.yaml")
        #expect(file.marks["reliability.haul_truck.mtbf_hours"] == Mark(.derived, source: "moniri2023"))
        #expect(file.marks["reliability.tractor.subsystems.electrical.shape"] == .assumed)
        #expect(file.marks.count > 300)
    }

    @Test(
        "a mistake is named",
        arguments: [
            ("mark: derived moniri2023", "mark: derived nobody", "there is no source nobody"),
            ("mark: derived moniri2023", "mark: guessed", "guessed is no mark"),
            ("course: steady", "course: straight", "straight is none of steady"),
            (
                "{table: car, subsystem: engine, share: 1}", "{table: car, subsystem: motor, share: 1}",
                "reliability has no car.subsystems.motor"
            ),
            (
                "{table: car, subsystem: engine, share: 1}", "{table: car, subsystem: engine, share: 0.9}",
                "make 0.9, not 1"
            ),
            ("hoist_cycle_time: {add: 30}", "hoist_cycle_time: {add: 30, factor: 2}", "give one of add"),
            ("hoist_cycle_time: {add: 30}", "hoist_cycle_time: {ad: 30}", "unknown key ad"),
            ("spn: 1762, fmi: 18", "spn: 1762, fmi: 32", "must be 0 to 31"),
            ("spn: 1762, fmi: 18", "spn: 524288, fmi: 18", "must be 0 to 524287"),
        ])
    func mistakes(found: String, written: String, message: String) throws {
        #expect(FailureModesFileTests.text.contains(found))
        do {
            _ = try FailureModesFile.read(FailureModesFileTests.text.replacing(found, with: written), path: "f.yaml")
            Issue.record("no mistake was found")
        } catch { #expect("\(error)".contains(message), "\(error)") }
    }
}
