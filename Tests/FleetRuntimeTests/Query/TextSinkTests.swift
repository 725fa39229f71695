import FleetModel
import Support
import Testing

@testable import FleetRuntime

@Suite("Numbers and times that are written by hand")
struct TextSinkTests {
    private func text(_ write: (inout TextSink) -> Void) -> String {
        var sink = TextSink()
        write(&sink)
        return String(decoding: sink.text().bytes, as: UTF8.self)
    }

    @Test(
        "a number is the shortest that is the value again",
        arguments: [
            (0, "0"), (-0.0, "-0.0"), (1, "1"), (-1, "-1"), (0.5, "0.5"), (-0.05, "-0.05"), (100, "100"),
            (1234.5678, "1234.5678"),
            (0.000001, "0.000001"), (1e-7, "1e-07"), (999_999_999_999_999, "999999999999999"),
            (1e15, "1000000000000000"), (1e16, "1e+16"),
            (1e300, "1e+300"), (0.1 + 0.2, "0.30000000000000004"), (1.0 / 3, "0.3333333333333333"),
            (-12.5, "-12.5"), (9.99, "9.99"), (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"),
        ] as [(Double, String)])
    func numbers(value: Double, expected: String) {
        #expect(text { $0.append(value) } == expected)
    }

    @Test("any value comes back to the bit, and is written as briefly as Swift does", arguments: 0..<4)
    func roundTrip(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<20_000 {
            let value =
                switch random.next(4) {
                case 0: Double(bitPattern: random.next())
                case 1:
                    Double(Int64(random.next(2_000_000)) - 1_000_000)
                        / [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7][random.next(8)]
                case 2: Double(random.next(1_000_000)) / Double(1 + random.next(1_000))
                default: Double(Int64(bitPattern: random.next()) >> Int64(random.next(60)))
                }
            guard !value.isNaN else { continue }
            let written = text { $0.append(value) }
            #expect(Double(written)?.bitPattern == value.bitPattern, "\(value): \(written)")
            let swift = value.description
            let isBrief =
                written.count <= (swift.hasSuffix(".0") ? swift.count - 2 : swift.count) || value == 0
                || swift.contains("e-05") || swift.contains("e-06")
            #expect(isBrief, "\(value): \(written)")
        }
    }

    @Test("whole numbers, at the ends of what they can be, too")
    func wholeNumbers() {
        for number in [0, 1, -1, 9, 10, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max, .min] as [Int64] {
            #expect(text { $0.append(number) } == String(number))
        }
    }

    @Test("times are those of RFC 3339, one after the other and in any order")
    func times() {
        var random = SeededGenerator(seed: 7)
        var clock = TextSink.Clock()
        var times: [Int64] = [0, -1, 1, 86_399_999_999, 86_400_000_000, -86_400_000_001, 1_456_704_000_000_000]
        times += [Timestamp.earliestWritten.microseconds, Timestamp.latestWritten.microseconds]
        for _ in 0..<5_000 {
            times.append(
                Int64(random.next(4_000_000_000)) * [1, 1_000, 1_000_000][random.next(3)] - 60_000_000_000_000)
        }
        for time in times {
            #expect(text { $0.append(time: time, &clock) } == Timestamp(microseconds: time).iso8601)
        }
        #expect(text { $0.append(time: .min, &clock) } == Timestamp.earliestWritten.iso8601)
        #expect(text { $0.append(time: .max, &clock) } == Timestamp.latestWritten.iso8601)
    }

    @Test("texts are quoted where JSON and CSV ask for it")
    func texts() {
        #expect(text { $0.append(json: "a\"b\\c\nd\u{1F}é") } == #""a\"b\\c\u000ad\u001fé""#)
        #expect(text { $0.append(csv: "plain") } == "plain")
        #expect(text { $0.append(csv: "a,\"b\"") } == #""a,""b""""#)
        #expect(text { $0.append(json: Double.nan) } + text { $0.append(json: -Double.infinity) } == "nullnull")
    }

    @Test("a text may be as long as it likes, in pieces of which those of the usual size come again")
    func pieces() {
        var sink = TextSink()
        var expected: [UInt8] = []
        for number in 0..<400_000 {
            sink.append(Int64(number))
            expected += Array(String(number).utf8)
        }
        let long = String(repeating: "long ", count: 500_000)
        sink.append(long)
        expected += Array(long.utf8)
        let text = sink.text()
        #expect(text.bytes == expected && text.count == expected.count)
        #expect(WrittenText.bytesHeld >= expected.count)
        let sizes = (0..<text.pieceCount).map { text.withPiece($0, \.count) }
        #expect(sizes.prefix(31).allSatisfy { (32_000...32_768).contains($0) } && sizes.reduce(0, +) == text.count)
    }
}
