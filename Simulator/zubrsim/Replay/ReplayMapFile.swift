import FleetModel
import FleetSimulation
import Yams

/// A column map as its YAML file has it.
package struct ReplayMapFile: Decodable, Sendable {
    package var map: ReplayMap

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case measurements, equipment, fleet, time, columns, constants
        case defaultFleet = "default_fleet"
        case timeUnit = "time_unit"
    }

    package static func read(_ text: String, path: String) throws -> ReplayMap {
        do {
            return try YAMLDecoder().decode(ReplayMapFile.self, from: text).map
        } catch { throw explanation(of: error, in: path) }
    }

    package init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let unit = try fields.decodeIfPresent(String.self, forKey: .timeUnit) ?? "ns"
        guard let unit = ReplayMap.TimeUnit(rawValue: unit) else {
            throw DecodingError.dataCorruptedError(
                forKey: .timeUnit, in: fields,
                debugDescription:
                    "unknown time unit \(unit); known are \(ReplayMap.TimeUnit.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        let constants = try fields.decodeIfPresent([String: Double].self, forKey: .constants) ?? [:]
        map = ReplayMap(
            measurements: Set(try fields.decodeIfPresent([String].self, forKey: .measurements) ?? []),
            equipment: try fields.decode(String.self, forKey: .equipment),
            fleet: try fields.decodeIfPresent(String.self, forKey: .fleet),
            defaultFleet: try fields.decode(FleetID.self, forKey: .defaultFleet),
            time: try fields.decodeIfPresent(String.self, forKey: .time), timeUnit: unit,
            columns: try fields.decode([String: ColumnEntry].self, forKey: .columns).mapValues(\.column),
            constants: constants.sorted { $0.key < $1.key }.map { Reading(Signal($0.key), $0.value) })
    }
}

/// `velocity: speed`, or `velocity: {signal: speed, scale: 3.6, offset: 0}`.
private struct ColumnEntry: Decodable {
    var column: ReplayMap.Column

    private enum CodingKeys: String, CodingKey, CaseIterable { case signal, scale, offset }

    init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            column = ReplayMap.Column(Signal(name))
            return
        }
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        column = ReplayMap.Column(
            Signal(try fields.decode(String.self, forKey: .signal)),
            scale: try fields.decodeIfPresent(Double.self, forKey: .scale) ?? 1,
            offset: try fields.decodeIfPresent(Double.self, forKey: .offset) ?? 0)
    }
}
