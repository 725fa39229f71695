import TelemetryCodec
import Support
import Testing

@Suite("Lines of InfluxDB's line protocol")
struct LineProtocolTests {
    private func point(_ line: String) throws(LineProtocolError) -> LineProtocolPoint {
        var point = LineProtocolPoint()
        try point.read(Array(line.utf8)[...])
        return point
    }

    /// A point as text that shows every part: `m|k=v|f=1.0|17`.
    private func shown(_ line: String) throws(LineProtocolError) -> String {
        let point = try point(line)
        let tags = point.tags.map { "\(point.text($0.key))=\(point.text($0.value))" }.joined(separator: ";")
        let fields = point.fields.map { field in
            let value =
                switch field.value {
                case .float(let value): "\(value)"
                case .integer(let value): "\(value)i"
                case .unsigned(let value): "\(value)u"
                case .boolean(let value): "\(value)"
                case .string(let piece): "'\(point.text(piece))'"
                }
            return "\(point.text(field.key))=\(value)"
        }
        return [
            point.text(point.measurement), tags, fields.joined(separator: ";"),
            point.nanoseconds.map { "\($0)" } ?? "-",
        ].joined(separator: "|")
    }

    @Test(
        "a point has a measurement, tags, fields and a time",
        arguments: [
            ("m f=1", "m||f=1.0|-"), ("m f=1 17", "m||f=1.0|17"), ("m,k=v f=1 -17", "m|k=v|f=1.0|-17"),
            ("m,k=v,l=w f=1,g=2i,h=3u,b=t,s=\"x\" 17", "m|k=v;l=w|f=1.0;g=2i;h=3u;b=true;s='x'|17"),
            ("m f=1 17\n", "m||f=1.0|17"), ("m f=1 17\r\n", "m||f=1.0|17"), ("m  f=1  17  ", "m||f=1.0|17"),
            ("m f=1 ", "m||f=1.0|-"),
            // A backslash before a comma, a space and an equals sign takes their meaning away; before others it stays.
            (#"my\ m\,x,a\=b=c\ d\,e\=f g\ h=1"#, "my m,x|a=b=c d,e=f|g h=1.0|-"),
            (#"m,path=C:\dir\\x f=1"#, #"m|path=C:\dir\\x|f=1.0|-"#), (#"m=x f=1"#, "m=x||f=1.0|-"),
            (#"m,k=a\\,l=b f=1"#, nil), ("mäs,k=Кузбасс f=1", "mäs|k=Кузбасс|f=1.0|-"),
            (#"m s="a, b=c \"d\" \\ \n e" 5"#, #"m||s='a, b=c "d" \ \n e'|5"#), (#"m s="" 5"#, "m||s=''|5"),
            ("m s=\"two\nlines\"", "m||s='two\nlines'|-"),
        ])
    func parts(line: String, expected: String?) {
        do throws(LineProtocolError) {
            #expect(try shown(line) == expected)
        } catch {
            #expect(expected == nil, "\(error)")
        }
    }

    @Test(
        "a value's spelling says its type",
        arguments: [
            ("1", LineProtocolPoint.FieldValue.float(1)), ("-1.5", .float(-1.5)), ("+1.5", .float(1.5)),
            (".5", .float(0.5)), ("5.", .float(5)), ("1e3", .float(1_000)), ("1E-3", .float(0.001)),
            ("1.7976931348623157e308", .float(.greatestFiniteMagnitude)), ("5e-324", .float(.leastNonzeroMagnitude)),
            ("1e-400", .float(0)),
            ("9007199254740993", .float(9_007_199_254_740_992)), ("0.30000000000000004", .float(0.1 + 0.2)),
            ("123456789012345678901234567890", .float(123_456_789_012_345_677_877_719_597_056)),
            ("0i", .integer(0)), ("-12i", .integer(-12)), ("9223372036854775807i", .integer(.max)),
            ("-9223372036854775808i", .integer(.min)), ("18446744073709551615u", .unsigned(.max)),
            ("t", .boolean(true)), ("T", .boolean(true)), ("true", .boolean(true)), ("True", .boolean(true)),
            ("TRUE", .boolean(true)), ("f", .boolean(false)), ("F", .boolean(false)), ("false", .boolean(false)),
            ("False", .boolean(false)), ("FALSE", .boolean(false)),
        ])
    func values(text: String, value: LineProtocolPoint.FieldValue) throws {
        #expect(try point("m f=\(text) 1").field("f") == value)
    }

    @Test(
        "a value as a reading's number",
        arguments: [("1.5", Double?.some(1.5)), ("-2i", -2), ("2u", 2), ("t", 1), ("f", 0), ("\"x\"", nil)])
    func numbers(text: String, number: Double?) throws {
        #expect(try point("m f=\(text)").field("f")?.number == number)
    }

    @Test(
        "what is wrong is told with its column",
        arguments: [
            ("", LineProtocolError.Problem.missingMeasurement, 1), (",k=v f=1", .missingMeasurement, 1),
            ("m", .missingFields, 2), ("m ", .missingFields, 3), ("m,k=v", .missingFields, 6),
            ("m,=v f=1", .missingTagKey, 3), ("m,k f=1", .missingEquals, 4), ("m,k= f=1", .missingTagValue, 5),
            ("m,k=v=w f=1", .unescapedEquals, 6), ("m =1", .missingFieldKey, 3), ("m f", .missingEquals, 4),
            ("m f=", .missingFieldValue, 5), ("m f=,g=1", .missingFieldValue, 5), ("m f=1, 5", .missingFieldKey, 7),
            ("m f=\"x", .unterminatedString, 5), ("m f=\"x\\\"", .unterminatedString, 5),
            ("m f=\"x\"y", .trailingCharacters, 8), ("m f=1.5i", .badInteger, 5), ("m f=i", .badInteger, 5),
            ("m f=9223372036854775808i", .badInteger, 5), ("m f=-9223372036854775809i", .badInteger, 5),
            ("m f=-1u", .badInteger, 5), ("m f=18446744073709551616u", .badInteger, 5), ("m f=x", .badNumber, 5),
            ("m f=truex", .badNumber, 5), ("m f=nan", .badNumber, 5), ("m f=inf", .badNumber, 5),
            ("m f=0x10", .badNumber, 5), ("m f=1e", .badNumber, 5), ("m f=1e400", .badNumber, 5),
            ("m f=.", .badNumber, 5),
            ("m f=-", .badNumber, 5), ("m f=1 x", .badTime, 7), ("m f=1 1.5", .badTime, 7),
            ("m f=1 9223372036854775808", .badTime, 7), ("m f=1 5 6", .trailingCharacters, 9),
        ])
    func errors(line: String, problem: LineProtocolError.Problem, column: Int) {
        #expect(throws: LineProtocolError(problem: problem, column: column)) { try point(line) }
    }

    @Test(
        "blank lines and comments are no points",
        arguments: [("", true), ("  \t\r\n", true), ("# note", true), ("  # note", true), ("m f=1", false)])
    func skipped(line: String, isSkipped: Bool) {
        #expect(LineProtocolPoint.isSkipped(Array(line.utf8)[...]) == isSkipped)
    }

    @Test("a point that is read again holds the new line only, also from the middle of a file")
    func reuse() throws {
        let file = Array("m,k=v f=1,g=2 17\nn f=3\n".utf8)
        var point = LineProtocolPoint()
        try point.read(file[..<17])
        #expect(point.tag("k") == "v")
        #expect(point.field("g") == .float(2))
        try point.read(file[17...])
        #expect(point.text(point.measurement) == "n")
        #expect(point.tags.isEmpty)
        #expect(point.tag("k") == nil)
        #expect(point.field("f") == .float(3))
        #expect(point.field("g") == nil)
        #expect(point.nanoseconds == nil)
        #expect(point.bytes(point.measurement).map(Array.init) == Array("n".utf8))
    }

    @Test("decimals are read to the nearest double, as the standard library reads them", arguments: 0..<20)
    func decimals(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let digits = Int.random(in: 1...20, using: &generator)
            var text = (0..<digits).map { _ in "\(Int.random(in: 0...9, using: &generator))" }.joined()
            text.insert(".", at: text.index(text.startIndex, offsetBy: Int.random(in: 0...digits, using: &generator)))
            if Bool.random(using: &generator) { text += "e\(Int.random(in: -40...40, using: &generator))" }
            if Bool.random(using: &generator) { text = "-" + text }
            #expect(try point("m f=\(text)").field("f") == .float(Double(text)!), "seed \(seed): \(text)")
        }
    }
}
