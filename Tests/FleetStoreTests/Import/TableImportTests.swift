import FleetModel
import FleetRuntime
import Support
import TelemetryCodec
import Testing

@testable import FleetStore

@Suite("tables and lines of frames are imported")
struct TableImportTests {
    private let folder = TemporaryFolder()

    @Test("a column is a signal, an empty cell is none, a time is told by its digits")
    func wide() async throws {
        let store = try await open(folder)
        let report = try await store.load(
            #"""
            \#u{FEFF}equipment,observed_at,speed,"odd, ""name""",on
            f/t1,1970-01-01T00:00:01Z,1.5,-0,true
            f/t1,2,,7,false

            f/t1,3000,x,1,
            f/t1,4.25,,,\#r
            f/t1,1700000000,1e400,,
            f/t1,1700000000.5,inf,nan,
            f/t1,1700000000500,1,,
            f/t1,1700000001500000,2,,
            f/t1,1700000002500000000,3,,
            f/t1,1700000002500000000,3
            f/t1,yesterday,3,,
            ,5,3,,
            t2,5,3,,
            f/t1/x,5,3,,
            """#, .csv)
        #expect(
            try await store.short() == [
                "f/t1 1.0 odd, \"name\"=-0.0 on=1.0 speed=1.5", "f/t1 2.0 odd, \"name\"=7.0 on=0.0",
                "f/t1 1700000000.5 odd, \"name\"=nan speed=inf", "f/t1 1700000001.5 speed=2.0",
                "f/t1 1700000002.5 speed=3.0",
            ])
        #expect(report.rows == 5 && report.samples == 9 && report.duplicateSamples == 1)
        #expect(
            report.rejectedByReason == [
                "bad-value": 2, "no-number": 1, "syntax": 1, "out-of-range": 1, "missing-machine": 1,
                "missing-fleet": 1,
                "bad-name": 1,
            ])
        await store.close()
    }

    @Test(
        "a byte order mark at the beginning of a file belongs to no row",
        arguments: [
            (ImportPlan.Format.csv, "observed_at,equipment,x\n1,f/a,7\n"),
            (.jsonLines, #"{"equipment":"f/a","observed_at":"1970-01-01T00:00:01Z","readings":{"x":7}}"#),
            (.lineProtocol, "m,name=a,fleet=f x=7 1000000000"),
        ], [1, 1 << 20])
    func byteOrderMark(file: (format: ImportPlan.Format, text: String), partBytes: Int) async throws {
        let store = try await open(folder)
        let text = "\u{FEFF}\(file.text)\n"
        let report = try await store.load(text, file.format, partBytes: partBytes)
        #expect(report.rejected == 0 && report.rows == 1 && report.bytes == text.utf8.count)
        #expect(try await store.short() == ["f/a 1.0 x=7.0"])
        await store.close()
    }

    @Test("a line a value: lines of one row stand together, and those of a row that stand apart are not lost")
    func long() async throws {
        let text = """
            observed_at,fleet,equipment,boot,seq,signal,value
            1,f,t1,1,1,a,1
            1,f,t1,1,1,b,2
            1,f,t1,1,1,b,3
            2,f,t1,1,2,a,4
            1,f,t1,1,1,c,5
            1,f,t1,1,1,a,6
            3,f,t1,1,3,"@faults","[{""spn"":110,""fmi"":0,""sa"":3}]"
            3,f,t1,1,3,@tags,"{""driver"":""Ann""}"
            4,f,t1,1,4,,
            5,f,t1,1,,a,1
            5,f,t1,x,1,a,1
            5,f,t1,1,5,@secret,1
            """
        let store = try await open(folder)
        let report = try await store.load(text, .csv)
        #expect(report.rejectedByReason == ["duplicate-field": 1, "bad-value": 2, "bad-name": 1])
        #expect(report.samples == 4 && report.duplicateSamples == 1)
        #expect(
            try await store.lines() == [
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:01Z","boot":1,"seq":1,"readings":{"a":1,"b":2}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:01Z","boot":1,"seq":1,"readings":{"c":5}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:02Z","boot":1,"seq":2,"readings":{"a":4}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:03Z","boot":1,"seq":3,"readings":{},"faults":[{"spn":110,"fmi":0,"sa":3}],"tags":{"driver":"Ann"}}"#,
                #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:04Z","boot":1,"seq":4,"readings":{}}"#,
            ])
        // Whoever has sent 1 to 4 may not send them again, and 5 is new.
        let stored = try await store.commit(batch(MachineKey("f/t1")!, [frame(4), frame(5)]))
        #expect(stored.storedFrames == 1 && stored.duplicateFrames == 1)
        await store.close()
    }

    @Test(
        "a table whose first line does not name its columns is refused as a whole",
        arguments: [
            "equipment,speed", "observed_at,speed", "observed_at,equipment", "observed_at,equipment,boot,speed",
            "observed_at,equipment,speed,speed", "observed_at,equipment,@tags",
            "observed_at,equipment,signal,value,speed",
            "observed_at,equipment,\"speed",
        ])
    func headers(header: String) async throws {
        let store = try await open(folder)
        let failure = await failure { try await store.load("\(header)\n1,f/t1,2\n", .csv) }
        #expect(failure?.kind == "conflict" && failure?.message.contains("first line") == true)
        await store.close()
    }

    @Test(
        "a line of a frame that cannot be taken is counted by its reason and kept",
        arguments: [
            ("{", ImportRejection.syntax), ("[]", .badValue),
            ("{\"equipment\":\"f/t1\",\"readings\":{\"a\":1}}", .missingTime),
            ("{\"equipment\":\"t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"readings\":{\"a\":1}}", .badName),
            ("{\"equipment\":\"f/t1\",\"observed_at\":\"now\",\"readings\":{\"a\":1}}", .outOfRange),
            ("{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"readings\":{\"a\":\"x\"}}", .badValue),
            (
                "{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"readings\":{\"a\":1,\"a\":2}}",
                .duplicateField
            ),
            ("{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"readings\":{\"@tags\":1}}", .badName),
            ("{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"readings\":{}}", .noNumber),
            (
                "{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"boot\":1,\"readings\":{}}",
                .missingTime
            ),
            ("{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"boot\":-1,\"seq\":1}", .outOfRange),
            (
                "{\"equipment\":\"f/t1\",\"observed_at\":\"1970-01-01T00:00:00Z\",\"boot\":1,\"seq\":1,\"more\":1}",
                .syntax
            ),
        ])
    func frameRejections(line: String, reason: ImportRejection) async throws {
        let store = try await open(folder)
        let good = #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:01Z","boot":1,"seq":1,"readings":{"a":1}}"#
        let report = try await store.load("\(good)\n\(line)\n\n", .jsonLines)
        #expect(report.rows == 1 && report.rejectedByReason == [reason.rawValue: 1])
        #expect(try await store.rejectedLines(limit: 9).map(\.text) == [line])
        await store.close()
    }

    @Test("exported, imported and exported again is the same to the bit", arguments: 0..<8)
    func roundTrip(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let signals = ["speed", "a, \"b\"", "œ", "it's {}", "load"].map { Signal($0) }
        var text: [UInt8] = []
        for machine in ["f/t1", "f/t2", "g/t1"].map({ MachineKey($0)! }) {
            for seq in 0..<UInt64(300) {
                var frame = Frame(
                    boot: UInt32(seq / 120), seq: seq % 7 == 0 ? .max - seq : seq,
                    observedAt: start + .seconds(Double(random.next(200))) + .microseconds(random.next(3)))
                frame.readings = signals.filter { _ in random.next(3) > 0 }.map { Reading($0, value(&random)) }
                    .sorted { $0.signal < $1.signal }
                if random.next(20) == 0 {
                    frame.faults = [
                        DiagnosticTroubleCode(
                            spn: SPN(190)!, fmi: FMI(3)!, sourceAddress: SourceAddress(0), occurrenceCount: 4)
                    ]
                }
                if random.next(30) == 0 { frame.faults = [] }
                let tags = random.next(4) == 0 ? #"{"driver":"Ann, \"B\"","fleet":"f"}"# : nil
                FrameLineWriter.append(frame, of: machine, tags: tags, to: &text)
            }
        }
        let store = try await open(folder)
        let report = try await store.load(String(decoding: text, as: UTF8.self), .jsonLines) {
            $0.memoryBytes = 100_000
        }
        #expect(report.rows == 900 && report.rejected == 0 && report.duplicateSamples == 0)
        let lines = try await store.lines()
        #expect(Set(lines) == Set(String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)))
        let again = try await open(TemporaryFolder())
        try await again.load(lines.joined(separator: "\n"), .jsonLines)
        #expect(try await again.lines() == lines)
        await store.close()
        await again.close()
    }

    @Test("numbers as text read back as their bits")
    func numbers() {
        var random = SeededGenerator(seed: 5)
        let special: [Double] = [
            0, -0.0, .infinity, -.infinity, .nan, .signalingNaN, Double(bitPattern: 0xFFF8_0000_0000_0001),
            9_007_199_254_740_994, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        ]
        for value in special + (0..<2_000).map({ _ in Double(bitPattern: random.next()) }) {
            var text: [UInt8] = []
            NumberText.append(value, isJSON: false, to: &text)
            #expect(NumberText.value(text[...])?.bitPattern == value.bitPattern)
        }
    }

    @Test("fault codes of a row whose values are stored are stored, once")
    func lateFaults() async throws {
        let store = try await open(folder)
        let head = #"{"equipment":"f/t1","observed_at":"1970-01-01T00:00:01Z","boot":1,"seq":1,"readings":{"a":1}"#
        let codes = #","faults":[{"spn":110,"fmi":0,"sa":3}]}"#
        try await store.load(head + "}\n", .jsonLines)
        let report = try await store.load(head + codes, .jsonLines)
        #expect(report.rows == 1 && report.samples == 0 && report.duplicateSamples == 1)
        #expect(try await store.lines().last?.contains(#""readings":{},"faults":[{"spn":110"#) == true)
        #expect(try await store.load("\n" + head + codes, .jsonLines).rows == 0)
        #expect(try await store.lines().count == 2)
        await store.close()
    }

    @Test("a row of ever more lines is not gathered without end: those beyond the most signals are not taken")
    func endlessRow() async throws {
        let store = try await open(folder)
        let lines = (0..<1_100).map { "1,f/t1,endless_\($0 % 1_030),1" } + (0..<100).map { _ in "1,f/t1,," }
        let report = try await store.load(
            "observed_at,equipment,signal,value\n" + lines.joined(separator: "\n"), .csv)
        #expect(report.samples == Int64(RowLayout.columnsMax) - 1)
        #expect(report.rejectedByReason["too-many-signals"] ?? 0 > 100)
        #expect(Signal(known: "endless_1029") == nil)
        await store.close()
    }

    @Test("an hourly table of months is segments of a month, which go one by one")
    func months() async throws {
        let store = try await open(folder)
        let lines = (0..<400).map { "\(1_700_000_000 + $0 * 21_600),f/t1,\($0)" } + ["4102444800,f/t1,1"]
        try await store.load("observed_at,equipment,a\n" + lines.joined(separator: "\n"), .csv)
        let spans = try await store.read("test") { db, _ in
            try Int64.fetchAll(db, sql: "SELECT last - first FROM segment")
        }
        #expect(spans.count == 5 && spans.allSatisfy { $0 <= Segment.spanMax.microseconds })
        #expect(try await store.short().count == 401)
        await store.close()
    }

    @Test("a table that stops anywhere goes on with its header", arguments: 0..<6)
    func resumed(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var text = "observed_at,equipment,signal,value\n"
        for row in 0..<1_500 {
            for signal in 0..<(1 + random.next(4)) {
                text += "\(row / 5),f/t\(row % 5),s\(signal),\(random.next(100))\n"
            }
        }
        let whole = try await open(folder)
        try await whole.load(text, .csv) { $0.memoryBytes = 40_000 }
        let folder = TemporaryFolder()
        let store = try await open(folder)
        var plan = plan(.csv, of: text)
        plan.memoryBytes = 40_000
        for _ in 0..<200 {
            let source = TextSource(
                text, partBytes: 1 + random.next(3_000), breaksAfter: random.next(text.utf8.count * 3 / 2))
            if (try? await store.importFile(plan, from: source, storesPart: false, progress: { _ in })) != nil { break }
        }
        #expect(try await store.imported() == whole.imported())
        await whole.close()
        await store.close()
    }

    @Test("segments are put in an order, each once, that leaves less of the leaves empty")
    func leaves() {
        var random = SeededGenerator(seed: 1)
        for count in [0, 1, 2, 300] {
            let chunks = (0..<count).map { _ in (0...random.next(3)).map { _ in 100 + random.next(70_000) } }
            #expect(LeafPacking.order(chunks).sorted() == Array(0..<count))
        }
    }

    @Test("columns are parted so that no chunk leaves much in a leaf, or not at all", arguments: 0..<40)
    func parting(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let lengths = (0...(1 + random.next(12))).map { _ in 30 + random.next(9_000) }
        guard let parting = LeafPacking.parting(lengths) else { return }
        #expect(parting.count == lengths.count && parting[0] == 0)
        let sums = (0...parting.max()!).map { chunk in
            zip(lengths, parting).reduce(0) { $0 + ($1.1 == chunk ? $1.0 : 0) }
        }
        #expect(sums.allSatisfy { $0 > 0 && LeafPacking.cellBytes($0) <= 510 })
    }

    private func value(_ random: inout SeededGenerator) -> Double {
        switch random.next(12) {
        case 0: Double(bitPattern: random.next())
        case 1: [-0.0, .infinity, -.infinity, .nan, 0x1p53 + 2, 1e300][random.next(6)]
        default: Double(random.next(10_000)) / 100
        }
    }
}
