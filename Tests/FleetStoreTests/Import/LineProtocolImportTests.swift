import FleetModel
import FleetRuntime
import Support
import TelemetryCodec
import Testing

@testable import FleetStore

@Suite("line protocol is imported")
struct LineProtocolImportTests {
    private let folder = TemporaryFolder()

    @Test("a row's numbers become a machine's readings, its tags are kept, text is counted")
    func rows() async throws {
        let store = try await open(folder)
        let report = try await store.load(
            """
            # a comment

            readings,name=t1,fleet=f,driver=Ann speed=1.5,on=t,gear=3i,load=7u,note="x, y" 1000000000
            readings,name=t1,fleet=f,driver=Ann speed=-2e3,on=false 2000000000\r
            diagnostics,name=t1,fleet=f speed=9 2000000000
            readings,name=t1,fleet=f,driver=Bob speed=0.1 3000000999
            """, .lineProtocol)
        #expect(report.rows == 4 && report.samples == 8 && report.rejected == 0 && report.textFields == 1)
        #expect(report.lines == 6)
        #expect(
            try await store.lines() == [
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:01Z","boot":4294901760,"seq":0,"readings":{"gear":3,"load":7,"on":1,"speed":1.5},"tags":{"driver":"Ann","fleet":"f"}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:02Z","boot":4294901760,"seq":1,"readings":{"on":0,"speed":-2000},"tags":{"driver":"Ann","fleet":"f"}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:02Z","boot":4294901761,"seq":0,"readings":{"speed":9},"tags":{"fleet":"f"}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:03Z","boot":4294901760,"seq":2,"readings":{"speed":0.1},"tags":{"driver":"Bob","fleet":"f"}}"#,
            ])
        // Tags are no signal that a machine sends.
        let everything = SeriesQuestion(
            machines: MachineSelection(keys: [MachineKey("f/t1")!]), from: .epoch, to: start)
        let counts = try await store.answer(everything).series.map(\.times.count)
        #expect(counts.reduce(0, +) == 8)
        #expect(try await store.counts().frames == 4)
        await store.close()
    }

    @Test(
        "a line that cannot be taken is counted by its reason and kept, and the rest is taken",
        arguments: [
            ("m,name=t1,fleet=f x=", ImportRejection.syntax), ("nonsense", .syntax),
            ("m,name=t1,fleet=f x=1a 5", .syntax),
            ("m,fleet=f x=1 5", .missingMachine), ("m,name=t9 x=1 5", .missingFleet),
            ("m,name=t\\ 1,fleet=f x=1 5", .badName),
            ("m,name=t1,fleet=a/b x=1 5", .badName), ("m,name=t1,fleet=centers x=1 5", .badName),
            ("m,name=t1,fleet=f @tags=1 5", .badName), ("m,name=t1,fleet=f x=1", .missingTime),
            ("m,name=t1,fleet=f x=\"1\" 5", .noNumber), ("m,name=t1,fleet=f x=1,x=2 5", .duplicateField),
            ("m,name=t1,name=t2,fleet=f x=1 5", .duplicateField), ("m,name=t1,fleet=f,a=b,a=c x=1 5", .duplicateField),
        ])
    func rejections(line: String, reason: ImportRejection) async throws {
        let store = try await open(folder)
        let report = try await store.load(
            "m,name=t1,fleet=f x=1 1\n\(line)\nm,name=t1,fleet=f x=2 2000\n", .lineProtocol)
        #expect(report.rows == 2 && report.samples == 2)
        #expect(report.rejected == 1 && report.rejectedByReason == [reason.rawValue: 1])
        let kept = try await store.rejectedLines(limit: 10)
        #expect(kept == [RejectedLineDocument(file: "rows", line: 2, reason: reason.rawValue, text: line)])
        await store.close()
    }

    @Test("times are counted as told, and those that nobody could write are refused")
    func precision() async throws {
        for (precision, time, seconds) in [
            (ImportPlan.Precision.seconds, "-7", "-7.0"), (.milliseconds, "1500", "1.5"),
            (.microseconds, "1500000", "1.5"),
            (.nanoseconds, "1500000999", "1.5"), (.nanoseconds, "-1", "-1e-06"),
        ] {
            let folder = TemporaryFolder()
            let store = try await open(folder)
            try await store.load("m,name=t1,fleet=f x=1 \(time)\n", .lineProtocol) { $0.precision = precision }
            #expect(try await store.short() == ["f/t1 \(seconds) x=1.0"])
            await store.close()
        }
        let store = try await open(folder)
        let report = try await store.load(
            "m,name=t1,fleet=f x=1 999999999999\nm,name=t1,fleet=f x=1 9223372036854775807\n", .lineProtocol
        ) { $0.precision = .seconds }
        #expect(report.rejectedByReason == ["out-of-range": 2])
        await store.close()
    }

    @Test("a row without a fleet belongs to the machine of that name, whether its fleet is named before or after")
    func fleets() async throws {
        let store = try await open(folder)
        let report = try await store.load(
            """
            m,name=t1 x=1 1000000000
            m,name=t1,fleet=f x=2 2000000000
            m,name=t1 x=3 3000000000
            m,name=t2 x=4 4000000000
            m,name=t3,fleet=f x=5 5000000000
            m,name=t3,fleet=g x=6 6000000000
            m,name=t3 x=7 7000000000
            """, .lineProtocol)
        #expect(
            try await store.short() == [
                "f/t1 1.0 x=1.0", "f/t1 2.0 x=2.0", "f/t1 3.0 x=3.0", "f/t3 5.0 x=5.0", "g/t3 6.0 x=6.0",
            ])
        #expect(report.rejectedByReason == ["missing-fleet": 2])
        // A later file is told by what is stored, and what is still unknown by the caller.
        try await store.load("m,name=t1 x=8 8000000000\nm,name=t4 x=9 9000000000\n", .lineProtocol) {
            $0.fleet = FleetID("h")!
        }
        #expect(
            try await store.short().filter { $0.contains("x=8") || $0.contains("x=9") } == [
                "f/t1 8.0 x=8.0", "h/t4 9.0 x=9.0",
            ])
        await store.close()
    }

    @Test("a sample that is stored is not stored twice: the same rows, other fields of them, another file")
    func duplicates() async throws {
        let store = try await open(folder)
        let first =
            "m,name=t1,fleet=f x=1,y=2 1000000000\nm,name=t1,fleet=f x=3 2000000000\nm,name=t1,fleet=f x=4 2000000000\n"
        let report = try await store.load(first, .lineProtocol)
        #expect(report.rows == 2 && report.samples == 3 && report.duplicateSamples == 1)
        let again = try await store.importFile(
            plan(.lineProtocol, of: first), from: TextSource(first), progress: { _ in })
        #expect(again.isKnown && again.total == report)
        let other = try await store.load(
            "m,name=t1,fleet=f x=7,z=8 1000000000\nm,name=t1,fleet=f y=9 2000000000\nm,name=t1,fleet=f x=3 2000000000\n",
            .lineProtocol)
        #expect(other.rows == 2 && other.samples == 2 && other.duplicateSamples == 2)
        #expect(
            try await store.short().sorted() == [
                "f/t1 1.0 x=1.0 y=2.0", "f/t1 1.0 z=8.0", "f/t1 2.0 x=3.0", "f/t1 2.0 y=9.0",
            ])
        // Another measurement has its own.
        let third = try await store.load("n,name=t1,fleet=f x=1 1000000000\n", .lineProtocol)
        #expect(third.samples == 1 && third.duplicateSamples == 0)
        await store.close()
    }

    @Test("rows out of order, in parts of any size, are stored in order", arguments: [1, 7, 64, 4_096])
    func parts(partBytes: Int) async throws {
        let text = LineProtocolText.text(rows: 400, seed: 3)
        let whole = try await open(folder)
        try await whole.load(text, .lineProtocol)
        let folder = TemporaryFolder()
        let cut = try await open(folder)
        try await cut.load(text, .lineProtocol, partBytes: partBytes)
        #expect(try await cut.imported() == whole.imported())
        await whole.close()
        await cut.close()
    }

    @Test("known heads, usual fields and plain numbers are read as by the grammar", arguments: 0..<20)
    func shortcut(seed: UInt64) async throws {
        let text = LineProtocolText.text(rows: 600, seed: seed)
        var expected: [String: Double] = [:]
        var point = LineProtocolPoint()
        for line in text.utf8.split(separator: 0x0A) {
            guard (try? point.read(Array(line)[...])) != nil, let nanoseconds = point.nanoseconds,
                let name = point.tag("name")
            else { continue }
            var names: Set<String> = []
            guard point.fields.allSatisfy({ names.insert(point.text($0.key)).inserted }) else { continue }
            let measurement = point.text(point.measurement)
            for (key, value) in point.fields {
                guard let number = value.number else { continue }
                let place = "\(name) \(measurement) \(nanoseconds / 1_000) \(point.text(key))"
                if expected[place] == nil { expected[place] = number }
            }
        }
        let store = try await open(folder)
        let report = try await store.load(text, .lineProtocol)
        let measurements = try await store.read("test") { db, _ in
            try String.fetchAll(db, sql: "SELECT name FROM measurement ORDER BY id")
        }
        var found: [String: Double] = [:]
        for machine in try await store.machineKeys() {
            try await store.exportFrames(of: machine, tags: [:]) { exported in
                let measurement = measurements[Int(exported.frame.boot - ImportNames.firstBoot)]
                for reading in exported.frame.readings {
                    let place =
                        "\(machine.equipment) \(measurement) \(exported.frame.observedAt.microseconds) \(reading.signal)"
                    #expect(found.updateValue(reading.value, forKey: place) == nil)
                }
            }
        }
        #expect(found.mapValues(\.bitPattern) == expected.mapValues(\.bitPattern))
        #expect(report.samples == Int64(expected.count))
        #expect(report.rejected > 0 && report.rows + report.rejected <= 600)
        await store.close()
    }

    @Test(
        "fields that the first lines lack, wherever they stand, do not make the rest slow to read",
        arguments: [["b=1,c=2"], ["c=2", "a=0,c=2"], ["a=0,b=1"], ["a=0,c=2"], ["b=1"], ["a=0,b=1,c=2"]])
    func lackingFields(firstLines: [String]) throws {
        let later = ["a=0,b=1,c=2", "a=0,b=1,c=2", "b=1,c=2", "a=0,c=2", "c=2"]
        let lines = firstLines + (0..<200).map { later[$0 % later.count] }
        let text = lines.enumerated().map { "m,name=t1,fleet=f \($1) \($0 + 1)000000000\n" }.joined()
        let importer = Importer(
            plan(.lineProtocol, of: text), from: TextSource(text), after: ImportReport(), names: ImportNames())
        try importer.gather { _ in }
        #expect(importer.report.rows == lines.count)
        let reader = try #require(importer.reader as? LineProtocolReader)
        // Those that begin a block of rows, and those that say something new.
        #expect(reader.slowLines < 12)
    }

    @Test("an import that stops anywhere goes on, and leaves what one that never stopped leaves", arguments: 0..<12)
    func resumed(seed: UInt64) async throws {
        let text = LineProtocolText.text(rows: 3_000, seed: seed)
        func small(_ plan: inout ImportPlan) { plan.memoryBytes = 60_000 }
        let whole = try await open(folder)
        let report = try await whole.load(text, .lineProtocol, change: small)
        var random = SeededGenerator(seed: seed)
        let folder = TemporaryFolder()
        let path = "\(folder.path)/zubr.db"
        var store = try await open(folder)
        var stops = 0
        while stops < 100 {
            // As a program that is killed leaves it: with what was written before, and nothing of what was gathered.
            let source = TextSource(
                text, partBytes: 1 + random.next(5_000), breaksAfter: random.next(text.utf8.count * 3 / 2))
            var plan = plan(.lineProtocol, of: text)
            small(&plan)
            do {
                _ = try await store.importFile(plan, from: source, storesPart: false, progress: { _ in })
                break
            } catch is TextSource.Broken {
                stops += 1
            }
            await store.close()
            store = try await FleetDatabase.open(path: path, access: .filling)
        }
        let dump = try await store.imported()
        #expect(try await dump == whole.imported())
        let again = try await store.load(text, .lineProtocol, change: small)
        #expect(again == report)
        #expect(try await store.rejectedLines(limit: 10_000) == whole.rejectedLines(limit: 10_000))
        await whole.close()
        await store.close()
    }

    @Test("what was read before the file broke off is stored, and the whole file adds the rest")
    func broken() async throws {
        let text = LineProtocolText.text(rows: 500, seed: 8)
        let store = try await open(folder)
        await #expect(throws: TextSource.Broken.self) {
            try await store.load(text, .lineProtocol, breaksAfter: text.utf8.count / 2)
        }
        let before = try await store.counts().frames
        #expect(before > 100 && before < 400)
        let whole = try await open(TemporaryFolder())
        let report = try await whole.load(text, .lineProtocol)
        try await store.load(text, .lineProtocol)
        #expect(try await store.counts().frames == report.rows)
        #expect(try await Set(store.short()) == Set(whole.short()))
        await whole.close()
        await store.close()
    }

    @Test("a line that is too long is one line that was not taken")
    func tooLong() async throws {
        let store = try await open(folder)
        let long = "m,name=t1,fleet=f x=\"" + String(repeating: "a", count: ImportLines.lineMax) + "\" 5"
        let report = try await store.load(
            "m,name=t1,fleet=f x=1 1000\n\(long)\nm,name=t1,fleet=f x=2 2000\n\(long)", .lineProtocol, partBytes: 10_000
        )
        #expect(report.rows == 2 && report.rejectedByReason == ["too-long": 2])
        let kept = try await store.rejectedLines(limit: 10)
        #expect(kept.map(\.line) == [2, 4] && kept.allSatisfy { $0.text.utf8.count == RejectedLines.lineMax })
        await store.close()
    }

    @Test("what a machine sent itself is neither touched nor taken for an imported row, and stays unsealed nowhere")
    func besideLiveData() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch(MachineKey("f/t1")!, [frame(1), frame(2)]))
        let report = try await store.load(
            "m,name=t1,fleet=f coolant_temp=1 \(start.microseconds + 1_000_000)000\n", .lineProtocol)
        #expect(report.rows == 1 && report.duplicateSamples == 0)
        let stored = try await store.commit(batch(MachineKey("f/t1")!, [frame(2), frame(3)]))
        #expect(stored.storedFrames == 1 && stored.duplicateFrames == 1)
        #expect(try await store.lines().count == 4)
        await store.close()
    }

    @Test("rows of an imported export are not taken for those of a measurement that they are not of")
    func besideExport() async throws {
        let first = try await open(folder)
        try await first.load("m,name=t1,fleet=f x=1 1000000000\n", .lineProtocol)
        let exported = try await first.lines().joined(separator: "\n")
        await first.close()
        let store = try await open(TemporaryFolder())
        try await store.load(exported, .jsonLines)
        let other = "n,name=t1,fleet=f x=5 1000000000\n"
        let report = try await store.load(other, .lineProtocol)
        #expect(report.samples == 1 && report.duplicateSamples == 0)
        #expect(try await store.load(exported + "\n\n", .jsonLines).duplicateSamples == 1)
        #expect(try await store.load(other + "\n", .lineProtocol).duplicateSamples == 1)
        #expect(try await store.short() == ["f/t1 1.0 x=1.0", "f/t1 1.0 x=5.0"])
        await store.close()
    }

    @Test("an export of imported rows loses nothing in a database whose own imports have the same numbers")
    func intoOtherImports() async throws {
        let first = try await open(folder)
        try await first.load("n,name=t1,fleet=f x=11 1000000000\nn,name=t1,fleet=f x=12 3000000000\n", .lineProtocol)
        let exported = try await first.lines().joined(separator: "\n")
        await first.close()
        let store = try await open(TemporaryFolder())
        try await store.load("m,name=t1,fleet=f x=1 1000000000\nm,name=t1,fleet=f x=12 3000000000\n", .lineProtocol)
        let report = try await store.load(exported, .jsonLines)
        #expect(report.samples == 1 && report.duplicateSamples == 1)
        #expect(try await store.load(exported + "\n\n", .jsonLines).duplicateSamples == 2)
        #expect(try await store.short().sorted() == ["f/t1 1.0 x=1.0", "f/t1 1.0 x=11.0", "f/t1 3.0 x=12.0"])
        await store.close()
    }

    @Test("the last number of a boot that imports use can be imported, and rows after it find another boot")
    func lastNumber() async throws {
        let store = try await open(folder)
        let last =
            #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:01Z","boot":4294901760,"seq":18446744073709551615,"readings":{"x":1}}"#
        try await store.load(last, .jsonLines)
        #expect(try await store.load("m,name=t1,fleet=f x=5 2000000000\n", .lineProtocol).rows == 1)
        await store.close()
    }

    @Test("what a damaged segment holds is passed over, counted, and the rest is stored")
    func besideDamage() async throws {
        let store = try await open(folder)
        let first = "m,name=t1,fleet=f x=1 1000000000\nm,name=t1,fleet=f x=1 3000000000\n"
        try await store.load(first, .lineProtocol)
        try await store.onWriter("test") { db in
            try db.execute(sql: "UPDATE chunk SET data = CAST(X'010203' AS BLOB)")
        }
        let report = try await store.load(first + "m,name=t1,fleet=f x=2 2000000000\n", .lineProtocol)
        #expect(report.rows == 3 && report.damagedSegments == 1)
        await store.close()
    }

    @Test("a file brings so many new names of signals, and no more")
    func newNames() {
        let signals = ImportSignals(newMax: 2)
        let names = ["new_names_1", Signal.speed.name, "new_names_2", "new_names_1", "new_names_3", "new_names_2"]
        #expect(names.map { signals.signal($0)?.name } == [names[0], names[1], names[2], names[0], nil, names[2]])
        #expect(Signal(known: "new_names_3") == nil)
        #expect(throws: Rejection.self) { try signals.named("new_names_3") }
    }

    @Test("a machine that has gone on under another name gets nothing under the old one")
    func retired() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch(truck, [frame(1)]))
        try await store.transfer(MachineTransfer(from: truck, to: MachineKey("altai-ore/t-4")!, at: start + .hours(1)))
        let report = try await store.load("m,name=truck-17,fleet=kuzbass-coal x=1 1000\n", .lineProtocol)
        #expect(report.rejectedByReason == ["retired": 1])
        await store.close()
    }

    @Test("other options for a file that was begun are refused")
    func otherOptions() async throws {
        let text = LineProtocolText.text(rows: 50, seed: 1)
        let store = try await open(folder)
        await #expect(throws: TextSource.Broken.self) { try await store.load(text, .lineProtocol, breaksAfter: 100) }
        let failure = await failure { try await store.load(text, .lineProtocol) { $0.machineTag = "unit" } }
        #expect(failure?.kind == "conflict")
        await store.close()
    }
}

/// Line protocol as others write it, and now and then as nobody should.
enum LineProtocolText {
    static func text(rows: Int, seed: UInt64) -> String {
        var random = SeededGenerator(seed: seed)
        var text = ""
        for row in 0..<rows { text += line(row, &random) + "\n" }
        return text
    }

    private static func line(_ row: Int, _ random: inout SeededGenerator) -> String {
        let measurement = ["readings", "diagnostics"][random.next(2)]
        var head = "\(measurement),name=t\(random.next(6)),fleet=f"
        if random.next(10) > 0 {
            head += ",driver=\(["Ann", "Bob\\ B", "Ыa"][random.next(10) == 0 ? 1 + random.next(2) : 0])"
        }
        if random.next(40) == 0 { head = measurement + ",fleet=f" }
        var fields = ["speed", "load", "x", "oil_pressure_high", "y"].filter { _ in random.next(10) > 0 }
        if random.next(20) == 0 { fields.reverse() }
        if random.next(30) == 0 { fields.append("new\(random.next(80))") }
        if random.next(60) == 0 { fields.append(fields.first ?? "x") }
        if fields.isEmpty { fields = ["x"] }
        let values = fields.map { "\($0)=\(value(&random))" }.joined(separator: ",")
        var time = "\(1_000_000_000 * (1 + row / 3) - (random.next(8) == 0 ? 40_000_000_000 : 0))"
        if random.next(50) == 0 { time = ["", "1x", "99999999999999999999", "  7 "][random.next(4)] }
        let end = random.next(25) == 0 ? "\r" : ""
        let gap = random.next(50) == 0 ? "  " : " "
        return "\(head)\(gap)\(values) \(time)\(end)"
    }

    private static func value(_ random: inout SeededGenerator) -> String {
        switch random.next(24) {
        case 0:
            ["t", "false", "\"text, with = \\\" all\"", "1e5", "-0", "-0i", "0.0", "-0.0", "+4", ".5", "7."][
                random.next(11)]
        case 1: "\(Int64(bitPattern: random.next()))i"
        case 2: "\(random.next())u"
        case 3: "\(Double(bitPattern: random.next() & 0x7FEF_FFFF_FFFF_FFFF))"
        case 4: "123456789012345"
        case 5: "1234567890.123456"
        case 6: ["", "-", ".", "1.2.3", "i", "--1", "1-"][random.next(7)]
        case 7, 8: "\(random.next(100))i"
        case 9, 10: "-\(random.next(100)).\(random.next(100_000))"
        default: "\(random.next(200)).\(random.next(1_000))"
        }
    }
}
