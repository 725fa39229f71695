import FleetModel

/// One machine of the simulated fleet: works, wears, breaks, is repaired, and reports.
///
/// It moves in steps of fixed length from one report to the next, however far it is asked to go at once. That is why
/// a run cut into many pieces gives the same bytes as one that is not.
struct SimulatedMachine: Sendable {
    let key: MachineKey
    private var vehicle: Vehicle
    private let month: Int?
    private let warmerBy: Double
    private let interval: Duration
    private let stepsPerInterval: Int
    private let seed: UInt64
    private let failureRate: Double
    private let patience: Duration?
    private var chance: RandomStream
    private var sensorChance: RandomStream
    /// Apart from the sensors' own, so that a fault in one signal changes no other.
    private var damageChance: RandomStream
    private var duty: Duty
    private var components: [Component]
    private var unit: OnboardUnit
    private var allStops: AllStopSchedule?
    private var events: OccasionalEvents
    private var sensors: [SensorPlay] = []
    /// To come, earliest first.
    private var disturbances: [Arranged]
    private var lookalikes = LookalikeWatch()
    private(set) var nextReport: Timestamp
    private var reports = 0
    private var hours: Double
    private var kilometres: Double
    private var litres: Double
    /// Where the meters of the present control unit began.
    private var zero = (hours: 0.0, kilometres: 0.0, litres: 0.0)
    private var overcounts: [Overcount] = []
    private var warmth = 0.5
    private var isWorking = false
    private var orders: [Order] = []
    private var stands: [Stand] = []
    private var stop: (cause: StopCause, began: Timestamp)?
    /// The stop of the whole site is pressed.
    private var isAllStop = false
    private var codes: [DiagnosticTroubleCode] = []
    private var mustTellCodes = true
    private var reportsSinceCodes = 0
    private(set) var closed: [TruthRecord] = []

    /// A disturbance with its time, and the vehicle when the tracker moves to another.
    struct Arranged: Sendable {
        var at: Timestamp
        var disturbance: Disturbance
        var vehicle: Vehicle?
    }

    /// Something done to the machine from outside.
    private struct Order: Sendable {
        var at: Timestamp
        var work: Work
        enum Work: Sendable {
            case repair(RepairTarget)
            case service(String)
        }
    }

    /// Mechanics are at work on it: at the machine, or where a center is.
    private struct Stand: Sendable {
        var from: Timestamp
        var until: Timestamp
        var place: Coordinate?
    }

    /// What a counter has too much, for good.
    private struct Overcount: Sendable {
        var signal: Signal
        var last: Double
        var extra = 0.0
    }

    /// Steps no longer than this: a bus stop lasts twenty seconds.
    private static let stepSecondsMax = 15.0
    /// A parked machine reports once in so many intervals.
    private static let parkedReportEvery = 6
    /// Active codes are repeated so often even when nothing changes.
    private static let codesEvery = 6
    /// What a derated machine has left of its power.
    private static let deratedPower = 0.55

    init(
        machine: Machine, vehicle: Vehicle, scenario: Scenario, seed: UInt64, start: Timestamp,
        forced: [ForcedFailure], disturbances: [Arranged], patience: Duration?
    ) {
        key = machine.key
        self.vehicle = vehicle
        self.seed = seed
        month = scenario.month
        warmerBy = scenario.warmerBy
        interval = scenario.interval
        stepsPerInterval = max(1, Int((scenario.interval.inSeconds / SimulatedMachine.stepSecondsMax).rounded(.up)))
        failureRate = scenario.failureRate
        self.patience = patience
        self.disturbances = disturbances.sorted { $0.at < $1.at }
        chance = RandomStream(seed: seed, of: machine.key.description, "duty")
        sensorChance = RandomStream(seed: seed, of: machine.key.description, "sensors")
        damageChance = RandomStream(seed: seed, of: machine.key.description, "damage")
        let traits = vehicle.traits
        let around = Surroundings(
            at: start, site: traits.site, utcOffsetHours: traits.utcOffsetHours, month: scenario.month,
            warmerBy: scenario.warmerBy)
        duty = Duty(traits: traits, ambient: around.ambientCelsius, chance: &chance)
        components = vehicle.parts.map { part in
            var component = Component(
                part: part, machine: machine.key, seed: seed, failureRate: scenario.failureRate)
            for failure in forced where failure.mode == part.mode.id {
                component.force(at: start + failure.onset, courseHours: failure.courseHours)
            }
            return component
        }
        unit = OnboardUnit(machine: machine.key, scenario: scenario, seed: seed, start: start)
        allStops =
            traits.kind == .autonomousHaul
            ? AllStopSchedule(scenario.autonomy, site: traits.site, seed: seed, start: start) : nil
        events = OccasionalEvents(traits: traits, machine: machine.key, seed: seed)
        // Machines do not report in step with one another.
        let phase = Int64(chance.share() * Double(scenario.interval.microseconds) / 1_000) * 1_000
        nextReport = start + .microseconds(phase)
        let age = chance.between(300, 12_000)
        hours = machine.meters[.engineHours] ?? age
        kilometres = machine.meters[.odometer] ?? age * 17
        litres = machine.meters[.fuelUsed] ?? age * traits.powerKilowatts * 0.1
    }

    private var traits: MachineTraits { vehicle.traits }

    /// As its control unit shows them.
    var meters: [Meter: Double] {
        var meters: [Meter: Double] = [
            .engineHours: rounded(hours - zero.hours, places: 20),
            .odometer: rounded(kilometres - zero.kilometres, places: 100),
        ]
        if burnsFuel { meters[.fuelUsed] = rounded(litres - zero.litres, places: 2) }
        return meters
    }

    private var burnsFuel: Bool { traits.kind != .electricBus && traits.kind != .trailer }

    /// What is going on now and not yet over.
    var open: [TruthRecord] {
        var open: [TruthRecord] = components.compactMap { $0.episode(of: key).map { .failure($0) } }
        open += lookalikes.open(of: key)
        if let stop { open.append(.happening(record(of: stop, until: nil))) }
        return open
    }

    mutating func repair(_ target: RepairTarget, at time: Timestamp) {
        orders.append(Order(at: time, work: .repair(target)))
    }

    mutating func serviced(_ code: String, at time: Timestamp) {
        orders.append(Order(at: time, work: .service(code)))
    }

    /// It stands for mechanics; with `place` it was driven there.
    mutating func stand(from: Timestamp, until: Timestamp, at place: Coordinate?) {
        stands.append(Stand(from: from, until: until, place: place))
        closed.append(.happening(Happening(.standsForWork, key, began: from, ended: until)))
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
        disturb(until: now)
        let isInOwnWorkshop = repairByOperator(at: now)
        let around = Surroundings(
            at: now, site: traits.site, utcOffsetHours: traits.utcOffsetHours, month: month, warmerBy: warmerBy)
        let isHelpless = isInOwnWorkshop || isHeld(at: now) || components.contains { $0.standsStill }
        isWorking = !isHelpless && duty.isOnDuty(around)
        guard isWorking else {
            duty.stand(over: seconds, around: around, isHelpless: isHelpless, chance: &chance)
            settle(&warmth, to: 0, timeConstant: 3_000, over: seconds)
            watch(at: now)
            return
        }
        let usage = duty.work(over: seconds, around: around, condition: condition, chance: &chance)
        hours += usage.hours
        kilometres += usage.kilometres
        litres += usage.litres
        let load = duty.exertion.load
        settle(&warmth, to: min(1, 0.6 + 0.5 * load), timeConstant: 400, over: seconds)
        events.work(hours: usage.hours)
        let wearRate = vehicle.table?.wearRate(month: around.month, hoursWorked: hours) ?? 1
        for index in components.indices {
            let wasFailed = components[index].hasFailed
            if components[index].work(
                hours: usage.hours, wearRate: wearRate, load: load, ambient: around.ambientCelsius, until: now)
            {
                mustTellCodes = true
            }
            if !wasFailed, components[index].hasFailed {
                for effect in components[index].part.mode.effects where effect.change == .event {
                    events.raise(effect.signal)
                }
            }
        }
        watch(at: now)
    }

    private var condition: Condition {
        var condition = Condition()
        for component in components where component.isWrong {
            if component.hasFailed, component.part.mode.end == .derate {
                condition.power = SimulatedMachine.deratedPower
            }
            if traits.kind == .autonomousHaul, let cause = component.part.mode.stops,
                component.damage > condition.stopsPerHour
            {
                condition.stopCause = cause
                condition.stopsPerHour = component.damage
            }
        }
        condition.isAllStop = isAllStop
        return condition
    }

    private func isHeld(at now: Timestamp) -> Bool { stand(at: now) != nil }

    private func stand(at now: Timestamp) -> Stand? { stands.first { now >= $0.from && now < $0.until } }

    /// Notes what a driverless truck stops for, and what load and cold make of a sound machine.
    private mutating func watch(at now: Timestamp) {
        if let engine = duty.engine {
            let isHotForCause = components.contains { component in
                component.isWrong && component.part.mode.effects.contains { $0.signal == Signals.coolantTemp }
            }
            lookalikes.look(at: engine, isHotForCause: isHotForCause, now: now, machine: key, into: &closed)
        }
        guard case .haul(var truck) = duty, traits.kind == .autonomousHaul else { return }
        isAllStop = allStops?.isPressed(at: now) ?? false
        for event in truck.takeEvents() { events.raise(event) }
        duty = .haul(truck)
        let broken = components.first { $0.hasFailed && $0.part.mode.stops != nil }
        let cause = broken?.part.mode.stops ?? truck.stop
        guard cause != stop?.cause else { return }
        if let stop { closed.append(.happening(record(of: stop, until: now))) }
        stop = cause.map { ($0, now) }
    }

    private func record(of stop: (cause: StopCause, began: Timestamp), until: Timestamp?) -> Happening {
        Happening(
            .autonomyStop, key, began: stop.began, ended: until, facts: [.init("cause", .text(stop.cause.rawValue))])
    }

    // MARK: Repair

    /// The machine's own people: they come when their patience is over and take the time the repair takes. Returns
    /// whether they are at work now.
    private mutating func repairByOperator(at now: Timestamp) -> Bool {
        guard let patience else { return false }
        var isAtWork = false
        for index in components.indices {
            guard let failed = components[index].failedAt else { continue }
            // A driverless truck's stop is cleared from the control room or by a wash, whoever does the repairs.
            let begin = components[index].part.mode.stops == nil ? failed + patience : failed
            if now >= begin + .hours(components[index].part.repairHours) {
                renew(index, at: now, by: .operator)
            } else if now >= begin {
                isAtWork = true
            }
        }
        return isAtWork
    }

    private mutating func carryOutOrders(until now: Timestamp) {
        if !stands.isEmpty { stands.removeAll { $0.until < now } }
        guard !orders.isEmpty else { return }
        let due = orders.filter { $0.at <= now }
        guard !due.isEmpty else { return }
        orders.removeAll { $0.at <= now }
        for order in due {
            switch order.work {
            case .service(let code):
                closed.append(.service(key, code: code, at: order.at))
                // Every service changes or cleans the filters and washes the sensors.
                for index in components.indices where components[index].part.mode.isRenewedByService {
                    renew(index, at: order.at, by: .center)
                }
            case .repair(let target):
                if let index = meant(by: target) { renew(index, at: order.at, by: .center) }
            }
        }
    }

    /// Of the wrong parts that fit the words, the one that is worst.
    private func meant(by target: RepairTarget) -> Int? {
        func fits(_ mode: FailureMode) -> Bool {
            switch target {
            case .mode(let id): mode.id == id
            case .code(let spn): mode.codes.contains { $0.key.spn == spn }
            case .signal(let signal): mode.signals.contains(signal)
            case .worst: true
            }
        }
        return components.indices.filter { components[$0].isWrong && fits(components[$0].part.mode) }
            .max { components[$0].progress < components[$1].progress }
    }

    private mutating func renew(_ index: Int, at now: Timestamp, by repairer: FailureEpisode.Repairer) {
        guard let episode = components[index].renew(at: now, by: repairer, of: key) else { return }
        closed.append(.failure(episode))
        duty.renewed(episode.mode.signals)
        if case .haul(var truck) = duty, episode.mode.stops != nil, episode.failedAt != nil {
            truck.clear()
            duty = .haul(truck)
        }
        mustTellCodes = true
    }

    // MARK: Disturbances

    private mutating func disturb(until now: Timestamp) {
        while let next = disturbances.first, next.at <= now {
            disturbances.removeFirst()
            let disturbance = next.disturbance
            if case .sensor = disturbance.kind {} else { mustTellCodes = true }
            let before = meters[.engineHours] ?? 0
            switch disturbance.kind {
            case .sensor(let signal, let fault):
                let until = next.at + disturbance.length
                sensors.append(SensorPlay(signal: signal, fault: fault, from: next.at, until: until))
                note(
                    .sensorFault, next.at, until: until,
                    [.init("signal", .text(signal.name)), .init("fault", .text(fault.name))])
            case .unitSwapped:
                unit.swap()
                zero = (hours, kilometres, litres)
                noteMeters(.unitSwapped, next.at, before)
            case .hoursReset:
                zero.hours = hours
                zero.litres = litres
                noteMeters(.hoursReset, next.at, before)
            case .bootBack:
                unit.forgetNumbers()
                note(.bootBack, next.at, [.init("boot", .number(Double(unit.boot)))])
            case .trackerMoved(let model):
                guard let vehicle = next.vehicle else { continue }
                mount(vehicle, at: next.at)
                noteMeters(.trackerMoved, next.at, before, [.init("model", .text("\(model)"))])
            }
        }
    }

    private mutating func mount(_ vehicle: Vehicle, at now: Timestamp) {
        // What was wrong with the old machine is still wrong with it, but nobody hears of it any more.
        closed += components.compactMap { $0.episode(of: key).map { .failure($0) } }
        self.vehicle = vehicle
        let around = Surroundings(
            at: now, site: traits.site, utcOffsetHours: traits.utcOffsetHours, month: month, warmerBy: warmerBy)
        duty = Duty(traits: traits, ambient: around.ambientCelsius, chance: &chance)
        components = vehicle.parts.map {
            Component(part: $0, machine: key, seed: seed &+ 1, failureRate: failureRate)
        }
        events = OccasionalEvents(traits: traits, machine: key, seed: seed &+ 1)
        overcounts = []
        hours = chance.between(300, 12_000)
        kilometres = hours * 17
        litres = hours * traits.powerKilowatts * 0.1
        zero = (0, 0, 0)
    }

    private mutating func noteMeters(
        _ kind: Happening.Kind, _ at: Timestamp, _ before: Double, _ facts: [Happening.Fact] = []
    ) {
        note(
            kind, at,
            facts + [
                .init("engine_hours_before", .number(before)),
                .init("engine_hours_after", .number(meters[.engineHours] ?? 0)),
            ])
    }

    private mutating func note(
        _ kind: Happening.Kind, _ at: Timestamp, until: Timestamp? = nil, _ facts: [Happening.Fact]
    ) {
        closed.append(.happening(Happening(kind, key, began: at, ended: until, facts: facts)))
    }

    // MARK: Telling

    private mutating func tell(at now: Timestamp, into messages: inout [SimulatedMessage]) {
        var readings: [Reading] = []
        readings.reserveCapacity(96)
        if isWorking {
            duty.append(to: &readings, chance: &sensorChance)
        } else {
            duty.appendParked(to: &readings, chance: &sensorChance)
        }
        events.append(to: &readings)
        damage(&readings)
        for index in sensors.indices { sensors[index].falsify(&readings, at: now, chance: &damageChance) }
        appendUse(to: &readings, at: now)
        unit.send(readings, faults: nil, observedAt: now, into: &messages)
        reportsSinceCodes += 1
        let active = mustTellCodes ? components.flatMap(\.codes) : codes
        guard mustTellCodes || (!active.isEmpty && reportsSinceCodes >= SimulatedMachine.codesEvery) else { return }
        codes = active
        mustTellCodes = false
        reportsSinceCodes = 0
        // A freeze frame goes with the codes: where the meters stood and how fast it was.
        var snapshot = readings.filter { $0.signal == .speed || $0.signal == Signals.engineRPM }
        appendMeters(to: &snapshot)
        unit.send(snapshot, faults: active, observedAt: now, into: &messages)
    }

    /// Lets what is wrong show in what is measured.
    private mutating func damage(_ readings: inout [Reading]) {
        for index in overcounts.indices {
            guard let place = readings.firstIndex(where: { $0.signal == overcounts[index].signal }) else { continue }
            let counted = readings[place].value
            for component in components where component.isWrong {
                for case .counts(let share) in component.part.mode.effects.filter({
                    $0.signal == overcounts[index].signal
                }).map(\.change) {
                    overcounts[index].extra += (counted - overcounts[index].last) * share * component.damage
                }
            }
            overcounts[index].last = counted
            readings[place].value = (counted + overcounts[index].extra).rounded()
        }
        var exertion = duty.exertion
        exertion.warmth = warmth
        for component in components where component.isWrong {
            let damage = component.damage
            for effect in component.part.mode.effects {
                guard let place = readings.firstIndex(where: { $0.signal == effect.signal }) else { continue }
                switch effect.change {
                case .drops: if damage > 0 { readings.remove(at: place) }
                case .event: break
                case .counts:
                    if !overcounts.contains(where: { $0.signal == effect.signal }) {
                        overcounts.append(Overcount(signal: effect.signal, last: readings[place].value))
                    }
                default:
                    readings[place].value = effect.value(
                        readings[place].value, damage: damage * exertion.share(effect.driver), chance: &damageChance)
                }
            }
        }
    }

    private func appendMeters(to readings: inout [Reading]) {
        if traits.kind != .trailer {
            readings.append(Reading(.engineHours, rounded(hours - zero.hours, places: 20)))
        }
        readings.append(Reading(.odometer, rounded(kilometres - zero.kilometres, places: 100)))
        if burnsFuel { readings.append(Reading(.fuelUsedTotal, rounded(litres - zero.litres, places: 2))) }
    }

    private func appendUse(to readings: inout [Reading], at now: Timestamp) {
        var place = duty.position(site: traits.site)
        if let held = stand(at: now)?.place { place = (held.latitude, held.longitude, place.altitude, place.heading) }
        readings.append(Reading(.latitude, rounded(place.latitude, places: 1e6)))
        readings.append(Reading(.longitude, rounded(place.longitude, places: 1e6)))
        readings.append(Reading(.altitude, rounded(place.altitude, places: 1)))
        readings.append(Reading(.heading, rounded(place.heading, places: 1)))
        appendMeters(to: &readings)
        guard traits.kind == .autonomousHaul, case .haul(let truck) = duty else { return }
        readings.append(Reading(.operatingMode, mode(of: truck, at: now).code))
    }

    private func mode(of truck: HaulTruck, at now: Timestamp) -> OperatingMode {
        if isHeld(at: now) { return .lockedOut }
        let broken = components.filter { $0.standsStill }
        guard broken.isEmpty else { return broken.allSatisfy { $0.part.mode.stops != nil } ? .safeStop : .lockedOut }
        return truck.mode
    }
}

extension Component {
    var standsStill: Bool { hasFailed && part.mode.end == .standstill }
}
