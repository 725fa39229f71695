import Support
import Testing

@testable import SeriesCodec

@Suite("Presence")
struct PresenceTests {
    private static func written(_ presence: Presence) -> [UInt8] {
        var writer = ByteWriter()
        presence.append(to: &writer)
        return writer.bytes
    }

    @Test("presence comes back", arguments: Gaps.allCases)
    func roundTrip(gaps: Gaps) throws {
        for seed in 0..<20 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let presence = gaps.presence([1, 63, 64, 65, 1_000, 4_096][generator.next(6)], &generator)
            let back = try PresenceTests.written(presence).withUnsafeBytes {
                var reader = ByteReader($0)
                let presence = try Presence(rowCount: presence.rowCount, from: &reader)
                try reader.expectEnd()
                return presence
            }
            #expect(back == presence, "seed \(seed)")
        }
    }

    @Test(
        "presence is written in the form that is smallest",
        arguments: [(.none, 0), (.half, 1), (.long, 2), (.rare, 3)] as [(Gaps, UInt8)])
    func forms(gaps: Gaps, form: UInt8) {
        var generator = SeededGenerator(seed: 4)
        #expect(PresenceTests.written(gaps.presence(2_000, &generator)).first == form)
    }

    @Test("a dense column pays one byte for presence, however it was told of it")
    func dense() {
        #expect(PresenceTests.written(.all(5_000)) == [0])
        #expect(PresenceTests.written(Presence([Bool](repeating: true, count: 5_000))) == [0])
        #expect(Presence(rowCount: 70, bitmap: [.max, .max]) == .all(70))
    }

    @Test("rank counts the rows before that have a value", arguments: Gaps.allCases)
    func rank(gaps: Gaps) {
        var generator = SeededGenerator(seed: 9)
        let presence = gaps.presence(2_100, &generator)
        var count = 0
        for row in 0..<2_100 {
            #expect(presence.rank(of: row) == count)
            if presence[row] { count += 1 }
        }
        #expect(presence.valueCount == count)
        #expect(presence.blockSizes.reduce(0, +) == count)
        #expect(presence.blockSizes.count == 3)
    }
}
