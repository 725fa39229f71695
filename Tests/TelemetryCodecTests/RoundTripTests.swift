import FleetModel
import TelemetryCodec
import Support
import Testing

@Suite("What is encoded is decoded as itself")
struct RoundTripTests {
    @Test("one frame", arguments: 0..<300)
    func frame(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let frame = RandomFrames.frame(seq: .random(in: 0...(.max), using: &generator), using: &generator)
        let body = TelemetryEncoder.body(of: frame)
        #expect(try decoded(body) == [frame], "seed \(seed): \(String(decoding: body, as: UTF8.self))")
        #expect(TelemetryEncoder.body(of: frame) == body)
    }

    @Test("a batch", arguments: 0..<60)
    func batch(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let frames = (0..<UInt64.random(in: 1...40, using: &generator)).map {
            RandomFrames.frame(seq: $0, using: &generator)
        }
        #expect(try decoded(TelemetryEncoder.body(of: frames)) == frames, "seed \(seed)")
    }

    @Test("columns", arguments: 0..<120)
    func columns(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let frames = RandomFrames.columns(using: &generator)
        let body = try #require(TelemetryEncoder.columnarBody(of: frames))
        #expect(try decoded(body) == frames, "seed \(seed): \(String(decoding: body, as: UTF8.self))")
    }

    @Test("a decoder that has read other messages gives the same frames as a new one")
    func usedDecoder() throws {
        var decoder = TelemetryDecoder(limits: RandomFrames.limits)
        var generator = SeededGenerator(seed: 7)
        for seq in 0..<500 {
            let frame = RandomFrames.frame(seq: UInt64(seq), using: &generator)
            let decoded = try decoder.frames(
                in: TelemetryEncoder.body(of: frame), of: Samples.machine, receivedAt: RandomFrames.receivedAt)
            #expect(decoded == [frame], "seq \(seq)")
        }
    }

    @Test(
        "frames that columns cannot say are not written as columns",
        arguments: [
            { (frames: inout [Frame]) in frames = [] },
            { $0[1].boot += 1 },
            { $0[1].seq += 1 },
            { $0[2].readings.removeLast() },
            { $0[2].readings.swapAt(0, 1) },
            { $0[1].faults = [] },
        ] as [@Sendable (inout [Frame]) -> Void])
    func notColumnar(change: @Sendable (inout [Frame]) -> Void) {
        var frames = (0..<3).map { row in
            Frame(
                boot: 1, seq: UInt64(row), observedAt: Samples.receivedAt + .seconds(row),
                readings: [Reading(Signal("a"), 1), Reading(Signal("b"), 2)])
        }
        #expect(TelemetryEncoder.columnarBody(of: frames) != nil)
        change(&frames)
        #expect(TelemetryEncoder.columnarBody(of: frames) == nil)
    }

    @Test(
        "a frame's bytes, as people read them",
        arguments: [
            (
                readings: [
                    Reading(Signal("coolant_temp"), 88.5), Reading(.latitude, 54.3), Reading(.longitude, 86.2),
                    Reading(.engineHours, 10_234.55), Reading(.operatingMode, 1),
                ],
                body: #"{"boot":17,"seq":4211,"at":"2026-03-01T08:00:30Z","signals":{"coolant_temp":88.5},"#
                    + #""position":{"latitude":54.3,"longitude":86.2},"meters":{"engine_hours":10234.55},"mode":"autonomous"}"#
            ),
            (
                readings: [Reading(.engineHours, 1), Reading(Signal("a"), -2)],
                body: #"{"boot":17,"seq":4211,"at":"2026-03-01T08:00:30Z","signals":{"engine_hours":1,"a":-2}}"#
            ),
            (readings: [], body: #"{"boot":17,"seq":4211,"at":"2026-03-01T08:00:30Z","signals":{}}"#),
        ])
    func spelling(readings: [Reading], body: String) {
        let frame = Frame(boot: 17, seq: 4_211, observedAt: Samples.receivedAt, readings: readings)
        #expect(String(decoding: TelemetryEncoder.body(of: frame), as: UTF8.self) == body)
    }

    @Test(
        "numbers are written as short as they can be",
        arguments: [
            (0.0, "0"), (-0.0, "-0.0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (0.05, "0.05"), (-0.0001, "-0.0001"),
            (0.30000000000000004, "0.30000000000000004"), (54.123456789, "54.123456789"), (1e15, "1000000000000000"),
            (0x1p53 - 1, "9007199254740991"), (-0x1p53, "-9007199254740992.0"),
            (999_999_999_999_999, "999999999999999"), (99_999_999_999.9999, "99999999999.9999"), (1e21, "1e+21"),
            (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
            (10_000.25, "10000.25"),
        ])
    func numbers(value: Double, text: String) throws {
        let frame = Frame(boot: 0, seq: 0, observedAt: Samples.receivedAt, readings: [Reading(Signal("a"), value)])
        let body = String(decoding: TelemetryEncoder.body(of: frame), as: UTF8.self)
        #expect(body.hasSuffix(#""signals":{"a":\#(text)}}"#), "\(body)")
        let decoded = try frames(body)
        #expect(decoded[0].readings[0].value.bitPattern == value.bitPattern)
    }

    private func decoded(_ body: [UInt8]) throws(Rejection) -> [Frame] {
        var decoder = TelemetryDecoder(limits: RandomFrames.limits)
        return try decoder.frames(in: body, of: Samples.machine, receivedAt: RandomFrames.receivedAt)
    }
}
