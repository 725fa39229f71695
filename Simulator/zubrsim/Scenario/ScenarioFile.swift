import FleetModel
import FleetSimulation
import Yams

/// A scenario as its YAML file has it.
package struct ScenarioFile: Decodable, Sendable {
    package var scenario: Scenario
    /// A folder of the configuration whose fleet is played.
    package var fleet: String?
    /// Machines written in the scenario itself, in place of a fleet file.
    package var machines: [MachineEntry]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, title, interval, start, length, month, fleet, machines, failures, delivery, centers
        case disturbances, autonomy, hostile
        case failureRate = "failure_rate"
        case warmerBy = "warmer_by"
    }

    package static func read(_ text: String, path: String) throws -> ScenarioFile {
        do {
            return try YAMLDecoder().decode(ScenarioFile.self, from: text)
        } catch { throw explanation(of: error, in: path) }
    }

    package init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let interval = try fields.decode(Span.self, forKey: .interval).duration
        guard interval >= .milliseconds(100) else {
            throw DecodingError.dataCorruptedError(
                forKey: .interval, in: fields, debugDescription: "must be at least 0.1s")
        }
        let month = try fields.decodeIfPresent(Int.self, forKey: .month)
        if let month, !(1...12).contains(month) {
            throw DecodingError.dataCorruptedError(forKey: .month, in: fields, debugDescription: "must be 1 to 12")
        }
        scenario = Scenario(
            name: try fields.decode(String.self, forKey: .name),
            title: try fields.decodeIfPresent(String.self, forKey: .title) ?? "", interval: interval,
            start: try ScenarioFile.time(fields),
            length: try fields.decodeIfPresent(Span.self, forKey: .length)?.duration ?? .days(1), month: month,
            warmerBy: try fields.decodeIfPresent(Double.self, forKey: .warmerBy) ?? 0,
            failureRate: try fields.decodeIfPresent(Double.self, forKey: .failureRate) ?? 1,
            forced: try (fields.decodeIfPresent([FailureEntry].self, forKey: .failures) ?? []).map(\.failure),
            disturbances: try (fields.decodeIfPresent([DisturbanceEntry].self, forKey: .disturbances) ?? [])
                .map(\.disturbance),
            autonomy: try fields.decodeIfPresent(AutonomyEntry.self, forKey: .autonomy)?.behaviour
                ?? AutonomyBehaviour(),
            hostile: try fields.decodeIfPresent(HostileEntry.self, forKey: .hostile)?.plan,
            delivery: try fields.decodeIfPresent(DeliveryEntry.self, forKey: .delivery)?.faults ?? DeliveryFaults(),
            centers: try fields.decodeIfPresent(CentersEntry.self, forKey: .centers)?.behaviour
                ?? CenterBehaviour())
        fleet = try fields.decodeIfPresent(String.self, forKey: .fleet)
        machines = try fields.decodeIfPresent([MachineEntry].self, forKey: .machines) ?? []
        guard (fleet == nil) != machines.isEmpty else {
            throw DecodingError.dataCorruptedError(
                forKey: .fleet, in: fields,
                debugDescription: "give either fleet (a folder of the configuration) or machines")
        }
    }

    /// YAML reads an unquoted time as a date of its own; ours is text either way.
    private static func time(_ fields: KeyedDecodingContainer<CodingKeys>) throws -> Timestamp {
        let text = try fields.decode(String.self, forKey: .start)
        guard let time = Timestamp(iso8601: text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .start, in: fields, debugDescription: "\(text) is no time; write 2026-08-03T00:00:00Z")
        }
        return time
    }
}

/// Machines of one model at one site.
package struct MachineEntry: Decodable, Sendable {
    package var machines: [Machine]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case fleet, prefix, model, count, site, latitude, longitude
    }

    package init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let fleet = try fields.decode(FleetID.self, forKey: .fleet)
        let prefix = try fields.decode(String.self, forKey: .prefix)
        let model = try fields.decode(ModelID.self, forKey: .model)
        let site = try fields.decodeIfPresent(String.self, forKey: .site) ?? ""
        let position = Coordinate(
            latitude: try fields.decode(Double.self, forKey: .latitude),
            longitude: try fields.decode(Double.self, forKey: .longitude))
        guard let position else {
            throw DecodingError.dataCorruptedError(
                forKey: .latitude, in: fields, debugDescription: "latitude is -90 to 90, longitude -180 to 180")
        }
        machines = try (1...max(1, fields.decodeIfPresent(Int.self, forKey: .count) ?? 1)).map { number in
            guard let equipment = EquipmentID("\(prefix)\(number)") else {
                throw DecodingError.dataCorruptedError(
                    forKey: .prefix, in: fields, debugDescription: "take 1 to 60 of A-Z a-z 0-9 _ . : -")
            }
            return Machine(
                key: MachineKey(fleet: fleet, equipment: equipment), model: model, site: site,
                sitePosition: position)
        }
    }
}

/// A failure that is forced.
private struct FailureEntry: Decodable {
    var failure: ForcedFailure

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case mode, equipment, onset
        case machineClass = "class"
        case number
        case courseHours = "course_hours"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let mode = try fields.decode(String.self, forKey: .mode)
        let target = try target(fields, .equipment, .machineClass, .number)
        let course = try fields.decodeIfPresent(Double.self, forKey: .courseHours)
        if let course, course <= 0 {
            throw DecodingError.dataCorruptedError(
                forKey: .courseHours, in: fields, debugDescription: "must be more than 0")
        }
        failure = ForcedFailure(
            mode: mode, target: target, onset: try fields.decode(Span.self, forKey: .onset).duration,
            courseHours: course)
    }
}

/// What happens to messages under way.
private struct DeliveryEntry: Decodable {
    var faults: DeliveryFaults

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case deadZonesPerDay = "dead_zones_per_day"
        case deadZoneMinutes = "dead_zone_minutes"
        case backfillFrames = "backfill_frames"
        case backfillColumnar = "backfill_columnar"
        case duplicates, reordered, lost
        case wrongClocks = "wrong_clocks"
        case clockOffset = "clock_offset"
        case restartsPerDay = "restarts_per_day"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        faults = DeliveryFaults()
        func number(_ key: CodingKeys, upTo limit: Double) throws -> Double {
            let value = try fields.decodeIfPresent(Double.self, forKey: key) ?? 0
            guard (0...limit).contains(value) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: fields, debugDescription: "must be 0 to \(shortest(limit))")
            }
            return value
        }
        faults.deadZonesPerDay = try number(.deadZonesPerDay, upTo: 1_000)
        faults.deadZoneMinutes = try range(fields, .deadZoneMinutes) ?? faults.deadZoneMinutes
        let frames = try fields.decodeIfPresent(Int.self, forKey: .backfillFrames) ?? faults.backfillFrames
        guard (1...1_000).contains(frames) else {
            throw DecodingError.dataCorruptedError(
                forKey: .backfillFrames, in: fields, debugDescription: "must be 1 to 1000")
        }
        faults.backfillFrames = frames
        faults.isBackfillColumnar = try fields.decodeIfPresent(Bool.self, forKey: .backfillColumnar) ?? false
        faults.duplicates = try number(.duplicates, upTo: 1)
        faults.reordered = try number(.reordered, upTo: 1)
        faults.lost = try number(.lost, upTo: 1)
        faults.wrongClocks = try number(.wrongClocks, upTo: 1)
        faults.clockOffset = try fields.decodeIfPresent(Span.self, forKey: .clockOffset)?.duration ?? .zero
        faults.restartsPerDay = try number(.restartsPerDay, upTo: 1_000)
    }
}

/// How service centers answer.
private struct CentersEntry: Decodable {
    var behaviour: CenterBehaviour

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case declines, silent
        case declinesFirst = "declines_first"
        case receiptMinutes = "receipt_minutes"
        case decisionMinutes = "decision_minutes"
        case startHours = "start_hours"
        case workRatio = "work_ratio"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        behaviour = CenterBehaviour()
        behaviour.declines = try fields.decodeIfPresent(Double.self, forKey: .declines) ?? 0
        behaviour.declinesFirst = Set(try fields.decodeIfPresent([ServiceCenterID].self, forKey: .declinesFirst) ?? [])
        behaviour.silent = Set(try fields.decodeIfPresent([ServiceCenterID].self, forKey: .silent) ?? [])
        behaviour.receiptMinutes = try range(fields, .receiptMinutes) ?? behaviour.receiptMinutes
        behaviour.decisionMinutes = try range(fields, .decisionMinutes) ?? behaviour.decisionMinutes
        behaviour.startHours = try range(fields, .startHours) ?? behaviour.startHours
        behaviour.workRatio = try range(fields, .workRatio) ?? behaviour.workRatio
    }
}

/// `[5, 40]`
func range<Key: CodingKey>(_ fields: KeyedDecodingContainer<Key>, _ key: Key) throws -> ClosedRange<Double>? {
    guard let ends = try fields.decodeIfPresent([Double].self, forKey: key) else { return nil }
    guard ends.count == 2, ends[0] >= 0, ends[0] <= ends[1] else {
        throw DecodingError.dataCorruptedError(
            forKey: key, in: fields, debugDescription: "write two numbers, the lesser first, such as [5, 40]")
    }
    return ends[0]...ends[1]
}

/// Which machine: `equipment`, or `class` and its `number` in the fleet.
func target<Key: CodingKey>(
    _ fields: KeyedDecodingContainer<Key>, _ equipment: Key, _ machineClass: Key, _ number: Key
) throws -> MachineTarget {
    if let key = try fields.decodeIfPresent(MachineKey.self, forKey: equipment) { return .machine(key) }
    return .nth(
        try fields.decodeIfPresent(Int.self, forKey: number) ?? 0,
        of: try fields.decode(MachineClassID.self, forKey: machineClass))
}
