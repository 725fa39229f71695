import FleetModel
import FleetSimulation
import Yams

/// `failure-modes.yaml`: reliability tables and failure modes, read strictly and checked against one another.
package struct FailureModesFile: Decodable, Sendable {
    package var library: FailureLibrary
    /// What each value says of itself: `reliability.tractor.subsystems.electrical.shape` is assumed.
    package var marks: [String: FleetModel.Mark]

    private enum CodingKeys: String, CodingKey, CaseIterable { case reliability, modes, sources }

    package static func read(_ text: String, path: String) throws -> FailureModesFile {
        do {
            return try YAMLDecoder().decode(FailureModesFile.self, from: text)
        } catch { throw explanation(of: error, in: path) }
    }

    package init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let sources = try fields.decode([String: String].self, forKey: .sources)
        let tables = try fields.decode(InOrder<TableEntry>.self, forKey: .reliability).entries
        let modes = try fields.decode(InOrder<ModeEntry>.self, forKey: .modes).entries
        library = FailureLibrary(
            tables: tables.map { $0.entry.table(id: $0.name) }, modes: modes.map { $0.entry.mode(id: $0.name) })
        marks = [:]
        for (name, entry) in tables {
            for (value, mark) in entry.marks { marks["reliability.\(name).\(value)"] = mark }
        }
        for (name, entry) in modes { marks["modes.\(name)"] = entry.mark }
        func refuse(_ why: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: why))
        }
        for (place, mark) in marks.sorted(by: { $0.key < $1.key }) {
            if let source = mark.source, sources[source] == nil {
                throw refuse("\(place): there is no source \(source); add it under sources or correct the mark")
            }
        }
        try checkParts(refuse)
    }

    /// A part must stand in a table, and the shares of a subsystem's modes must make up the whole of it.
    private func checkParts(_ refuse: (String) -> DecodingError) throws {
        var seen: Set<MachineClassID> = []
        for table in library.tables {
            for id in table.classes where !seen.insert(id).inserted {
                throw refuse("reliability.\(table.id): class \(id) is in another table too")
            }
        }
        for mode in library.modes {
            for part in mode.parts
            where library.tables.first(where: { $0.id == part.table })?.subsystems[part.subsystem] == nil {
                throw refuse("modes.\(mode.id): reliability has no \(part.table).subsystems.\(part.subsystem)")
            }
        }
        for table in library.tables {
            for subsystem in table.subsystems.keys.sorted() {
                let parts = library.modes.flatMap { mode in
                    mode.parts.filter { $0.table == table.id && $0.subsystem == subsystem }.map {
                        (mode.needs, $0.share)
                    }
                }
                let drives = Set(parts.compactMap(\.0))
                for drive in drives.isEmpty ? [nil] : drives.map(Optional.some) {
                    let sum = parts.filter { $0.0 == nil || $0.0 == drive }.reduce(0) { $0 + $1.1 }
                    guard abs(sum - 1) < 1e-6 else {
                        throw refuse(
                            "reliability.\(table.id).subsystems.\(subsystem): the shares of its modes make \(sum), not 1"
                        )
                    }
                }
            }
        }
    }
}

/// A YAML mapping with its keys in the order of the file.
private struct InOrder<Entry: Decodable>: Decodable {
    var entries: [(name: String, entry: Entry)]

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue _: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Name.self)
        // The keys come in no promised order; sorted, every run has the same.
        entries = try fields.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
            ($0.stringValue, try fields.decode(Entry.self, forKey: $0))
        }
    }
}

/// `{value: 1.3, mark: assumed}`
private struct MarkedNumber: Decodable {
    var value: Double
    var mark: FleetModel.Mark

    private enum CodingKeys: String, CodingKey, CaseIterable { case value, mark, note }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        value = try fields.decode(Double.self, forKey: .value)
        guard value > 0, value.isFinite else {
            throw DecodingError.dataCorruptedError(forKey: .value, in: fields, debugDescription: "must be more than 0")
        }
        mark = try FleetModel.Mark(words: fields.decode(String.self, forKey: .mark), fields, .mark)
        _ = try fields.decodeIfPresent(String.self, forKey: .note)
    }
}

private struct TableEntry: Decodable {
    var classes: [MachineClassID]
    var mean: MarkedNumber
    var season: MarkedNumber?
    var age: MarkedNumber?
    var subsystems: [String: SubsystemEntry]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case classes, subsystems
        case mean = "mtbf_hours"
        case season = "season_factor"
        case age = "age_factor"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        classes = try fields.decode([MachineClassID].self, forKey: .classes)
        mean = try fields.decode(MarkedNumber.self, forKey: .mean)
        season = try fields.decodeIfPresent(MarkedNumber.self, forKey: .season)
        age = try fields.decodeIfPresent(MarkedNumber.self, forKey: .age)
        subsystems = try fields.decode([String: SubsystemEntry].self, forKey: .subsystems)
    }

    func table(id: String) -> ReliabilityTable {
        ReliabilityTable(
            id: id, classes: Set(classes), meanHours: mean.value, seasonFactor: season?.value ?? 1,
            ageFactor: age?.value ?? 1, subsystems: subsystems.mapValues(\.subsystem))
    }

    var marks: [(String, FleetModel.Mark)] {
        var marks = [("mtbf_hours", mean.mark)]
        if let season { marks.append(("season_factor", season.mark)) }
        if let age { marks.append(("age_factor", age.mark)) }
        for (name, entry) in subsystems {
            marks += entry.marks.map { ("subsystems.\(name).\($0.0)", $0.1) }
        }
        return marks
    }
}

private struct SubsystemEntry: Decodable {
    var shape: MarkedNumber
    var scale: MarkedNumber
    var repair: MarkedNumber
    var course: MarkedNumber

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case shape
        case scale = "scale_hours"
        case repair = "repair_hours"
        case course = "course_hours"
    }

    init(from decoder: any Decoder) throws {
        try refuseUnknownKeys(decoder, CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        shape = try fields.decode(MarkedNumber.self, forKey: .shape)
        scale = try fields.decode(MarkedNumber.self, forKey: .scale)
        repair = try fields.decode(MarkedNumber.self, forKey: .repair)
        course = try fields.decode(MarkedNumber.self, forKey: .course)
    }

    var subsystem: ReliabilityTable.Subsystem {
        .init(shape: shape.value, scaleHours: scale.value, repairHours: repair.value, courseHours: course.value)
    }

    var marks: [(String, FleetModel.Mark)] {
        [
            ("shape", shape.mark), ("scale_hours", scale.mark), ("repair_hours", repair.mark),
            ("course_hours", course.mark),
        ]
    }
}
