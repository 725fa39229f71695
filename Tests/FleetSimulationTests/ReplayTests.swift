import FleetModel
import FleetSimulation
import Foundation
import TelemetryCodec
import Testing
import zubrsim

@Suite("somebody else's recording becomes frames")
struct ReplayTests {
    private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func tsbs() throws -> ReplayMap {
        let path = ReplayTests.project.appending(path: "Simulator/maps/tsbs-iot.yaml").path()
        return try ReplayMapFile.read(try String(contentsOfFile: path, encoding: .utf8), path: path)
    }

    private func point(_ line: String) throws -> LineProtocolPoint {
        var point = LineProtocolPoint()
        try point.read(Array(line.utf8)[...])
        return point
    }

    private func rejection(_ work: () throws(Rejection) -> Void) -> Rejection.Reason? {
        do throws(Rejection) {
            try work()
            return nil
        } catch { return error.reason }
    }

    @Test("a line of the trucks becomes a frame with our signals' names")
    func lineProtocol() throws {
        var mapper = ReplayMapper(map: try tsbs())
        let line = try point(
            "readings,name=truck_0,fleet=South,driver=Trish latitude=52.31854,longitude=4.72037,elevation=124,velocity=7,heading=221,grade=0 1451606400000000000"
        )
        let mapped = try #require(try mapper.map(line))
        #expect(mapped.machine == MachineKey("South/truck_0")!)
        #expect(mapped.frame.observedAt == Timestamp(iso8601: "2016-01-01T00:00:00Z")!)
        #expect((mapped.frame.boot, mapped.frame.seq) == (1, 0))
        #expect(mapped.frame[.altitude] == 124)
        #expect(mapped.frame[.speed] == 7)
        #expect(mapped.frame.position == Coordinate(latitude: 52.31854, longitude: 4.72037))
        let second = try point("diagnostics,name=truck_0,fleet=South fuel_state=0.9,status=0i 1451606410000000000")
        #expect(try mapper.map(second)?.frame.seq == 1)
        #expect(try mapper.map(try point("weather,name=truck_0 t=1 1451606410000000000")) == nil)
    }

    @Test("a number that its scale makes infinite is refused, not stored")
    func infinite() throws {
        var map = try tsbs()
        map.columns["velocity"] = ReplayMap.Column(.speed, scale: 10)
        var mapper = ReplayMapper(map: map)
        let line = try point("readings,name=truck_0 velocity=1e308 1451606400000000000")
        #expect(rejection { () throws(Rejection) in _ = try mapper.map(line) } == .outOfRange)
    }

    @Test("what a row is refused for fits on a line of a terminal, whatever the row holds")
    func refusalIsPrintable() throws {
        var mapper = ReplayMapper(map: try tsbs())
        do throws(Rejection) {
            _ = try mapper.map(row: ["\u{1B}[2J\n"], header: ["velocity"])
            Issue.record("a cell of control characters is no number")
        } catch {
            #expect(error.detail.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        }
    }

    @Test(
        "a row that cannot be mapped says why",
        arguments: [
            ("readings,fleet=South velocity=1 1451606400000000000", Rejection.Reason.missingIdentity),
            ("readings,name=truck\\ 0,fleet=South velocity=1 1451606400000000000", .badTopic),
            ("readings,name=truck_0,fleet=centers velocity=1 1451606400000000000", .badTopic),
            ("readings,name=truck_0 velocity=1", .missingKey),
            ("readings,name=truck_0 other=1 1451606400000000000", .missingKey),
            ("readings,name=truck_0 velocity=\"fast\" 1451606400000000000", .wrongType),
        ]
    )
    func unmapped(line: String, reason: Rejection.Reason) throws {
        var mapper = ReplayMapper(map: try tsbs())
        let point = try point(line)
        #expect(rejection { () throws(Rejection) in _ = try mapper.map(point) } == reason)
    }

    @Test("a row that names no fleet goes to the default one")
    func defaultFleet() throws {
        var mapper = ReplayMapper(map: try tsbs())
        let mapped = try mapper.map(try point("readings,name=truck_0 velocity=1 1451606400000000000"))
        #expect(mapped?.machine == MachineKey("unknown/truck_0")!)
    }

    @Test("the slice of the trucks maps row by row: 7 rows name no machine, and numbers count by one")
    func slice() throws {
        let path = ReplayTests.project.appending(path: "Tests/EndToEndTests/Fixtures/tsbs-slice.lp").path()
        let lines = try #require(FileManager.default.contents(atPath: path)).split(separator: UInt8(ascii: "\n"))
        var mapper = ReplayMapper(map: try tsbs())
        var rejected = 0
        var last: [MachineKey: UInt64] = [:]
        var count = 0
        var point = LineProtocolPoint()
        for line in lines {
            try point.read(Array(line)[...])
            do throws(Rejection) {
                guard let mapped = try mapper.map(point) else { continue }
                #expect(mapped.frame.seq == last[mapped.machine].map { $0 + 1 } ?? 0)
                last[mapped.machine] = mapped.frame.seq
                count += 1
            } catch {
                #expect(error.reason == .missingIdentity)
                rejected += 1
            }
        }
        #expect(lines.count == 8_400)
        let unnamed = lines.count { line in
            !String(decoding: line, as: UTF8.self).contains(",name=")
        }
        #expect(unnamed > 3)
        #expect(rejected == unnamed)
        #expect(count == lines.count - unnamed)
    }

    @Test("a table's columns are scaled, constants added, empty cells left out")
    func table() throws {
        let map = try ReplayMapFile.read(
            """
            equipment: unit
            default_fleet: north
            time: when
            time_unit: rfc3339
            columns:
              v: {signal: speed, scale: 3.6}
              t: {signal: coolant_temp, offset: -273}
            constants: {engine_rpm: 800}
            """, path: "map.yaml")
        var mapper = ReplayMapper(map: map)
        let header = try #require(tableRow(Array("unit,when,v,t,note".utf8)[...]))
        let row = try #require(tableRow(Array("truck-1,2026-03-01T08:00:00Z,10,,\"a, \"\"b\"\"\"\r".utf8)[...]))
        #expect(row == ["truck-1", "2026-03-01T08:00:00Z", "10", "", "a, \"b\""])
        let mapped = try mapper.map(row: row, header: header)
        #expect(mapped.machine == MachineKey("north/truck-1")!)
        #expect(mapped.frame.observedAt == Timestamp(iso8601: "2026-03-01T08:00:00Z")!)
        #expect(mapped.frame.readings == [Reading(Signal("engine_rpm"), 800), Reading(.speed, 36)])
        let second = try mapper.map(row: ["truck-1", "2026-03-01T08:00:01Z", "", "363", ""], header: header)
        #expect(second.frame.seq == 1)
        #expect(second.frame.value("coolant_temp") == 90)
    }

    @Test(
        "a table's row that cannot be mapped says why",
        arguments: [
            (["truck-1", "2026-03-01T08:00:00Z"], Rejection.Reason.wrongType),
            (["", "2026-03-01T08:00:00Z", "1"], .missingIdentity),
            (["truck-1", "", "1"], .missingKey),
            (["truck-1", "yesterday", "1"], .wrongType),
            (["truck-1", "2026-03-01T08:00:00Z", "fast"], .wrongType),
            (["truck-1", "2026-03-01T08:00:00Z", "nan"], .wrongType),
            (["truck-1", "2026-03-01T08:00:00Z", ""], .missingKey),
        ]
    )
    func unmappedRow(row: [String], reason: Rejection.Reason) {
        var mapper = ReplayMapper(
            map: ReplayMap(
                equipment: "unit", defaultFleet: FleetID("north")!, time: "when", timeUnit: .rfc3339,
                columns: ["v": .init(.speed)]))
        #expect(
            rejection { () throws(Rejection) in _ = try mapper.map(row: row, header: ["unit", "when", "v"]) } == reason)
    }

    @Test("a quotation mark left open is no row") func openQuote() {
        #expect(tableRow(Array("a,\"b".utf8)[...]) == nil)
    }

    @Test(
        "times are read in their unit",
        arguments: [
            (ReplayMap.TimeUnit.seconds, "1451606400", "2016-01-01T00:00:00Z"),
            (.seconds, "1451606400.25", "2016-01-01T00:00:00.250Z"),
            (.milliseconds, "1451606400001", "2016-01-01T00:00:00.001Z"),
            (.microseconds, "1451606400000001", "2016-01-01T00:00:00.000001Z"),
            (.nanoseconds, "1451606400000001999", "2016-01-01T00:00:00.000001Z"),
            (.rfc3339, "2016-01-01T07:00:00+07:00", "2016-01-01T00:00:00Z"),
            (.milliseconds, "12.5", nil), (.seconds, "9223372036854775807", nil), (.rfc3339, "1451606400", nil),
        ] as [(ReplayMap.TimeUnit, String, String?)]
    )
    func units(unit: ReplayMap.TimeUnit, text: String, expected: String?) {
        #expect(unit.time(text)?.iso8601 == expected)
    }
}
