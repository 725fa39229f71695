import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support

@testable import FleetStore

/// Rows of the benchmark suite's trucks, as line protocol has them, and how an import stores them.
struct TruckRow {
    var measurement: String
    /// All but the name.
    var tags: [String: String]
    var name: String
    var fields: [(name: String, value: Double)]
    var time: Timestamp

    /// `nil` for a row that does not say which machine it is of.
    init?(_ line: some StringProtocol) {
        let parts = line.split(separator: " ")
        let head = parts[0].split(separator: ",")
        measurement = String(head[0])
        tags = [:]
        for pair in head.dropFirst() {
            let sides = pair.split(separator: "=", maxSplits: 1)
            tags[String(sides[0])] = String(sides[1])
        }
        guard let name = tags.removeValue(forKey: "name") else { return nil }
        self.name = name
        fields = parts[1].split(separator: ",").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1)
            let number = sides[1].hasSuffix("i") ? sides[1].dropLast() : sides[1]
            return (String(sides[0]), Double(number)!)
        }
        time = Timestamp(microseconds: Int64(parts[2])! / 1_000)
    }

    static func rows(of lines: some Sequence<some StringProtocol>) -> [TruckRow] { lines.compactMap { TruckRow($0) } }
}

extension FleetDatabase {
    /// Stores rows in segments, each with its tags.
    ///
    /// - Parameter parts: how many segments, at least, the rows of a machine and a measurement are scattered over, so that
    ///   they overlap.
    func store(_ rows: [TruckRow], parts: Int = 1, random: inout SeededGenerator) async throws {
        let byName = Dictionary(grouping: rows, by: \.name)
        var fleets: [String: String] = [:]
        for (name, rows) in byName { fleets[name] = rows.lazy.compactMap { $0.tags["fleet"] }.first ?? "unknown" }
        var scattered: [(key: MachineKey, parts: [[TruckRow]])] = []
        for (name, rows) in byName.sorted(by: { $0.key < $1.key }) {
            var pieces = [[TruckRow]](repeating: [], count: parts)
            for row in rows { pieces[parts == 1 ? 0 : random.next(parts)].append(row) }
            scattered.append((MachineKey("\(fleets[name]!)/\(name)")!, pieces))
        }
        let all = scattered
        try await write("test") { db, _ in
            func row(_ sql: String, _ find: String, _ arguments: StatementArguments) throws -> Int64 {
                if let known = try Int64.fetchOne(db.cachedStatement(sql: find), arguments: arguments) { return known }
                try db.cachedStatement(sql: sql).execute(arguments: arguments)
                return db.lastInsertedRowID
            }
            func signal(_ name: String) throws -> Int64 {
                try row("INSERT INTO signal (name) VALUES (?)", "SELECT id FROM signal WHERE name = ?", [name])
            }
            var tagNames = try ImportNames(db)
            for (key, parts) in all {
                let machine = try row(
                    "INSERT INTO machine (fleet, equipment) VALUES (?, ?)",
                    "SELECT id FROM machine WHERE fleet = ? AND equipment = ?", [key.fleet.text, key.equipment.text])
                for rows in parts {
                    var frames: [Frame] = []
                    for row in rows.sorted(by: { $0.time < $1.time }) {
                        let boot: UInt32 = row.measurement == "readings" ? 0 : 1
                        var frame = Frame(
                            boot: boot, seq: UInt64(frames.count + 1), observedAt: row.time,
                            readings: row.fields.map { Reading(Signal($0.name), $0.value) })
                        frame.readings.append(Reading(.tags, Double(tagNames.row(ofTags: row.tags)!)))
                        frames.append(frame)
                    }
                    for name in Set(frames.flatMap { $0.readings.map(\.signal.name) }) {
                        let row = try signal(name)
                        if try !MachineSignals.all(of: machine, db).contains(row) {
                            try MachineSignals.add(row, of: machine, db)
                        }
                    }
                    let maker = SegmentMaker { try signal($0.name) }
                    for segment in try maker.segments(of: frames, of: machine) { try SegmentTable.insert(segment, db) }
                }
            }
            try tagNames.write(db)
        }
    }
}
