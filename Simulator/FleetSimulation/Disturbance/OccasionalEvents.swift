import FleetModel

/// What happens to a sound machine now and then: told as 1 in the next frame and as 0 in the one after.
struct OccasionalEvents: Sendable {
    private var chance: RandomStream
    private var waits: [(signal: Signal, mean: Double, hours: Double)]
    /// To be told next.
    private var raised: [Signal] = []
    /// Told last; their end is still to be told.
    private var told: [Signal] = []

    init(traits: MachineTraits, machine: MachineKey, seed: UInt64) {
        chance = RandomStream(seed: seed, of: machine.description, "events")
        // Working hours between two of them; assumed.
        let means: [(Signal, Double)] =
            switch traits.kind {
            case .haul: [(Signals.driverFatigue, 60)]
            case .autonomousHaul: [(Signals.zoneViolation, 200)]
            case .harvester: traits.isForageHarvester ? [(Signals.metalDetector, 15)] : []
            case .electricBus: traits.isTrolleybus ? [(Signals.dewire, 90)] : [(Signals.chargeFail, 150)]
            case .tractor, .roadTruck, .cityBus, .trailer: []
            }
        waits = []
        waits = means.map { ($0.0, $0.1, chance.exponential(mean: $0.1)) }
    }

    mutating func work(hours: Double) {
        for index in waits.indices {
            waits[index].hours -= hours
            guard waits[index].hours <= 0 else { continue }
            raise(waits[index].signal)
            waits[index].hours = chance.exponential(mean: waits[index].mean)
        }
    }

    mutating func raise(_ signal: Signal) {
        if !raised.contains(signal) { raised.append(signal) }
    }

    mutating func append(to readings: inout [Reading]) {
        guard !raised.isEmpty || !told.isEmpty else { return }
        for signal in told where !raised.contains(signal) { readings.append(Reading(signal, 0)) }
        for signal in raised { readings.append(Reading(signal, 1)) }
        told = raised
        raised = []
    }
}
