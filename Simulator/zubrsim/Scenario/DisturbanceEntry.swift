import FleetModel
import FleetSimulation

/// A disturbance as a scenario has it.
struct DisturbanceEntry: Decodable {
    var disturbance: Disturbance

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, equipment, number, at, signal, size, value, model
        case machineClass = "class"
        case length = "for"
        case perHour = "per_hour"
    }

    private enum Kind: String, CaseIterable {
        case stuck = "sensor_stuck"
        case drift = "sensor_drift"
        case spikes = "sensor_spikes"
        case dropout = "sensor_dropout"
        case outOfRange = "sensor_out_of_range"
        case unitSwapped = "unit_swapped"
        case hoursReset = "hours_reset"
        case bootBack = "boot_back"
        case trackerMoved = "tracker_moved"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let word = try fields.decode(String.self, forKey: .kind)
        guard let kind = Kind(rawValue: word) else {
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: fields,
                debugDescription: "\(word) is none of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        func sensor(_ fault: SensorFault) throws -> Disturbance.Kind {
            .sensor(Signal(try fields.decode(String.self, forKey: .signal)), fault)
        }
        func number(_ key: CodingKeys) throws -> Double { try fields.decode(Double.self, forKey: key) }
        let what: Disturbance.Kind =
            switch kind {
            case .stuck: try sensor(.stuck)
            case .drift: try sensor(.drift(perHour: number(.perHour)))
            case .spikes: try sensor(.spikes(number(.size)))
            case .dropout: try sensor(.dropout)
            case .outOfRange: try sensor(.outOfRange(number(.value)))
            case .unitSwapped: .unitSwapped
            case .hoursReset: .hoursReset
            case .bootBack: .bootBack
            case .trackerMoved: .trackerMoved(try fields.decode(ModelID.self, forKey: .model))
            }
        let length = try fields.decodeIfPresent(Span.self, forKey: .length)?.duration
        if case .sensor = what, length == nil {
            throw DecodingError.dataCorruptedError(
                forKey: .length, in: fields, debugDescription: "a sensor is wrong for some time: give for, such as 2h")
        }
        disturbance = Disturbance(
            kind: what, target: try target(fields, .equipment, .machineClass, .number),
            at: try fields.decode(Span.self, forKey: .at).duration, length: length ?? .zero)
    }
}

/// What happens to driverless trucks together.
struct AutonomyEntry: Decodable {
    var behaviour: AutonomyBehaviour

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case allStopsPerDay = "all_stops_per_day"
        case allStopMinutes = "all_stop_minutes"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        behaviour = AutonomyBehaviour()
        behaviour.allStopsPerDay = try fields.decodeIfPresent(Double.self, forKey: .allStopsPerDay) ?? 0
        guard (0...1_000).contains(behaviour.allStopsPerDay) else {
            throw DecodingError.dataCorruptedError(
                forKey: .allStopsPerDay, in: fields, debugDescription: "must be 0 to 1000")
        }
        behaviour.allStopMinutes = try range(fields, .allStopMinutes) ?? behaviour.allStopMinutes
    }
}

/// Hostile traffic, and the limits of the daemon it is written for.
struct HostileEntry: Decodable {
    var plan: HostilePlan

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case period
        case floodMachines = "flood_machines"
        case bodyBytes = "body_bytes"
        case signalsPerFrame = "signals_per_frame"
        case signalsPerMachine = "signals_per_machine"
        case machinesPerFleet = "machines_per_fleet"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        plan = HostilePlan()
        func whole(_ key: CodingKeys, _ usual: Int) throws -> Int {
            let value = try fields.decodeIfPresent(Int.self, forKey: key) ?? usual
            guard (0...1_000_000).contains(value) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: fields, debugDescription: "must be 0 to 1000000")
            }
            return value
        }
        plan.period = try fields.decodeIfPresent(Span.self, forKey: .period)?.duration ?? plan.period
        guard plan.period >= .milliseconds(10) else {
            throw DecodingError.dataCorruptedError(
                forKey: .period, in: fields, debugDescription: "must be at least 0.01s")
        }
        plan.floodMachines = try whole(.floodMachines, 0)
        plan.limits.bodyBytes = try whole(.bodyBytes, plan.limits.bodyBytes)
        plan.limits.signalsPerFrame = try whole(.signalsPerFrame, plan.limits.signalsPerFrame)
        plan.limits.signalsPerMachine = try whole(.signalsPerMachine, plan.limits.signalsPerMachine)
        plan.limits.machinesPerFleet = try whole(.machinesPerFleet, plan.limits.machinesPerFleet)
    }
}
