import FleetModel

/// One machine of the simulated fleet: works, wears, breaks, is repaired, and reports.
///
/// It moves in steps of fixed length from one report to the next, however far it is asked to go at once. That is why
/// a run cut into many pieces gives the same bytes as one that is not.
struct SimulatedMachine: Sendable {
    let key: MachineKey
    private let traits: MachineTraits
    private let month: Int?
    private let interval: Duration
    private let stepsPerInterval: Int
    private let patience: Duration?
    private var chance: RandomStream
    private var sensorChance: RandomStream
    private var duty: Duty
    private var wear = Wear()
    private var components: [Component]
    private var unit: OnboardUnit
    private(set) var nextReport: Timestamp
    private var reports = 0
    private var hours: Double
    private var kilometres: Double
    private var litres: Double
    private var isWorking = false
    private var orders: [Order] = []
    private var codes: [DiagnosticTroubleCode] = []
    private var mustTellCodes = true
    private var reportsSinceCodes = 0
    private(set) var closed: [TruthRecord] = []

    /// Something done to the machine from outside.
    private struct Order: Sendable {
        var at: Timestamp
        var work: Work
        enum Work: Sendable {
            case repair(RepairTarget)
            case service(String)
        }
    }

    /// Steps no longer than this: a bus stop lasts twenty seconds.
    private static let stepSecondsMax = 15.0
    /// A parked machine reports once in so many intervals.
    private static let parkedReportEvery = 6
    /// Active codes are repeated so often even when nothing changes.
    private static let codesEvery = 6

    init(
        machine: Machine, traits: MachineTraits, scenario: Scenario, seed: UInt64, start: Timestamp,
        forced: [ForcedFailure], patience: Duration?
    ) {
        key = machine.key
        self.traits = traits
        month = scenario.month
        interval = scenario.interval
        stepsPerInterval = max(1, Int((scenario.interval.inSeconds / SimulatedMachine.stepSecondsMax).rounded(.up)))
        self.patience = patience
        chance = RandomStream(seed: seed, of: machine.key.description, "duty")
        sensorChance = RandomStream(seed: seed, of: machine.key.description, "sensors")
        let around = Surroundings(
            at: start, site: traits.site, utcOffsetHours: traits.utcOffsetHours, month: scenario.month)
        duty = Duty(traits: traits, ambient: around.ambientCelsius, chance: &chance)
        components = FailureMode.allCases
            .filter { $0.profile.applies(to: traits.kind, hasElectricDrive: traits.hasElectricDrive) }
            .map { mode in
                var component = Component(
                    mode: mode, machine: machine.key, seed: seed, failureRate: scenario.failureRate)
                for failure in forced where failure.mode == mode {
                    component.force(at: start + failure.onset, courseHours: failure.courseHours)
                }
                return component
            }
        unit = OnboardUnit(machine: machine.key, scenario: scenario, seed: seed, start: start)
        // Machines do not report in step with one another.
        let phase = Int64(chance.share() * Double(scenario.interval.microseconds) / 1_000) * 1_000
        nextReport = start + .microseconds(phase)
        let age = chance.between(300, 12_000)
        hours = machine.meters[.engineHours] ?? age
        kilometres = machine.meters[.odometer] ?? age * 17
        litres = machine.meters[.fuelUsed] ?? age * traits.powerKilowatts * 0.1
    }

    var meters: [Meter: Double] {
        var meters: [Meter: Double] = [
            .engineHours: rounded(hours, places: 20), .odometer: rounded(kilometres, places: 100),
        ]
        if traits.kind != .electricBus { meters[.fuelUsed] = rounded(litres, places: 2) }
        return meters
    }

    /// What is wrong now and not yet put right.
    var open: [TruthRecord] { components.compactMap { $0.episode.map { .failure($0) } } }

    mutating func repair(_ target: RepairTarget, at time: Timestamp) {
        orders.append(Order(at: time, work: .repair(target)))
    }

    mutating func serviced(_ code: String, at time: Timestamp) {
        orders.append(Order(at: time, work: .service(code)))
    }

    // MARK: From one report to the next

    mutating func report(into messages: inout [SimulatedMessage]) {
        let end = nextReport
        let step = interval / stepsPerInterval
        for number in stride(from: stepsPerInterval - 1, through: 0, by: -1) {
            move(to: end - step * number, seconds: step.inSeconds)
        }
        if unit.wake(at: end, into: &messages) { mustTellCodes = true }
        if isWorking || reports % SimulatedMachine.parkedReportEvery == 0 || mustTellCodes {
            tell(at: end, into: &messages)
        }
        reports += 1
        nextReport = end + interval
    }

    private mutating func move(to now: Timestamp, seconds: Double) {
        carryOutOrders(until: now)
        repairByOperator(at: now)
        let around = Surroundings(
            at: now, site: traits.site, utcOffsetHours: traits.utcOffsetHours, month: month)
        let isBroken = components.contains { $0.hasFailed }
        isWorking = !isBroken && duty.isOnDuty(around)
        guard isWorking else {
            duty.stand(over: seconds, around: around, wear: wear, isBroken: isBroken, chance: &chance)
            return
        }
        let usage = duty.work(over: seconds, around: around, wear: wear, chance: &chance)
        hours += usage.hours
        kilometres += usage.kilometres
        litres += usage.litres
        for index in components.indices {
            if components[index].work(hours: usage.hours, until: now, machine: key) { mustTellCodes = true }
            wear[components[index].mode] = components[index].progress
        }
    }

    private mutating func repairByOperator(at now: Timestamp) {
        guard let patience else { return }
        for index in components.indices {
            guard let failed = components[index].episode?.failedAt else { continue }
            if now >= failed + .hours(components[index].profile.repairHours) + patience {
                renew(index, at: now, by: .operator)
            }
        }
    }

    private mutating func carryOutOrders(until now: Timestamp) {
        guard !orders.isEmpty else { return }
        let due = orders.filter { $0.at <= now }
        guard !due.isEmpty else { return }
        orders.removeAll { $0.at <= now }
        for order in due {
            switch order.work {
            case .service(let code):
                closed.append(.service(key, code: code, at: order.at))
                // Every service changes or cleans the filters and washes the sensors.
                for index in components.indices
                where [.airFilterClog, .lidarSoiling].contains(components[index].mode) {
                    renew(index, at: order.at, by: .center)
                }
            case .repair(let target):
                for index in meant(by: target) { renew(index, at: order.at, by: .center) }
            }
        }
    }

    private func meant(by target: RepairTarget) -> [Int] {
        let wrong = components.indices.filter { components[$0].episode != nil }
        switch target {
        case .mode(let mode): return wrong.filter { components[$0].mode == mode }
        case .code(let spn): return wrong.filter { components[$0].profile.code.spn == spn }
        case .signal(let signal): return wrong.filter { components[$0].profile.signals.contains(signal) }
        case .worst:
            return wrong.max { components[$0].progress < components[$1].progress }.map { [$0] } ?? []
        }
    }

    private mutating func renew(_ index: Int, at now: Timestamp, by repairer: FailureEpisode.Repairer) {
        guard let episode = components[index].renew(at: now, by: repairer) else { return }
        closed.append(.failure(episode))
        wear[components[index].mode] = 0
        duty.renewed(components[index].mode)
        mustTellCodes = true
    }

    // MARK: Telling

    private mutating func tell(at now: Timestamp, into messages: inout [SimulatedMessage]) {
        var readings: [Reading] = []
        readings.reserveCapacity(64)
        appendUse(to: &readings)
        if isWorking {
            duty.append(to: &readings, wear: wear, chance: &sensorChance)
        } else {
            duty.appendParked(to: &readings, wear: wear, chance: &sensorChance)
        }
        unit.send(readings, faults: nil, observedAt: now, into: &messages)
        reportsSinceCodes += 1
        let active = mustTellCodes ? components.compactMap(\.activeCode) : codes
        guard mustTellCodes || (!active.isEmpty && reportsSinceCodes >= SimulatedMachine.codesEvery) else { return }
        codes = active
        mustTellCodes = false
        reportsSinceCodes = 0
        // A freeze frame goes with the codes: where the meters stood and how fast it was.
        var snapshot: [Reading] = []
        appendMeters(to: &snapshot)
        snapshot += readings.filter { $0.signal == .speed || $0.signal == Signals.engineRPM }
        unit.send(snapshot, faults: active, observedAt: now, into: &messages)
    }

    private func appendMeters(to readings: inout [Reading]) {
        readings.append(Reading(.engineHours, rounded(hours, places: 20)))
        readings.append(Reading(.odometer, rounded(kilometres, places: 100)))
        if traits.kind != .electricBus { readings.append(Reading(.fuelUsedTotal, rounded(litres, places: 2))) }
    }

    private func appendUse(to readings: inout [Reading]) {
        appendMeters(to: &readings)
        let place = duty.position(site: traits.site)
        readings.append(Reading(.latitude, rounded(place.latitude, places: 1e6)))
        readings.append(Reading(.longitude, rounded(place.longitude, places: 1e6)))
        readings.append(Reading(.altitude, rounded(place.altitude, places: 1)))
        readings.append(Reading(.heading, rounded(place.heading, places: 1)))
        guard traits.kind == .autonomousHaul, case .haul(let truck) = duty else { return }
        let mode: OperatingMode = components.contains { $0.hasFailed } ? .lockedOut : truck.mode
        readings.append(Reading(.operatingMode, mode.code))
    }
}
