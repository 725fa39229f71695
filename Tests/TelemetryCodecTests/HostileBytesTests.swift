import FleetModel
import TelemetryCodec
import Support
import Testing

@Suite("Bytes that somebody broke")
struct HostileBytesTests {
    static let bodies: [[UInt8]] = {
        var generator = SeededGenerator(seed: 11)
        let frames = (0..<5).map { RandomFrames.frame(seq: $0, using: &generator) }
        return [
            TelemetryEncoder.body(of: frames[0]), TelemetryEncoder.body(of: frames),
            TelemetryEncoder.columnarBody(of: RandomFrames.columns(using: &generator))!,
            TelemetryEncoder.statusBody(isConnected: true), TelemetryEncoder.body(of: ReplyTests.full),
        ]
    }()

    /// Everything that reads bytes from outside is given them. What comes out does not matter; that it comes does.
    private func read(_ body: [UInt8], by decoder: inout TelemetryDecoder) -> Int {
        var answers = 0
        do throws(Rejection) {
            answers += try decoder.frames(in: body, of: Samples.machine, receivedAt: RandomFrames.receivedAt).count
        } catch {
            #expect(error.detail.utf8.count <= 160)
        }
        answers += (try? decoder.status(in: body, of: Samples.machine)) == nil ? 0 : 1
        answers += (try? decoder.reply(in: body, from: Samples.center)) == nil ? 0 : 1
        return answers
    }

    @Test("a body cut off anywhere is rejected", arguments: bodies)
    func truncated(body: [UInt8]) {
        var decoder = TelemetryDecoder(limits: RandomFrames.limits)
        #expect(read(body, by: &decoder) > 0)
        for count in 0..<body.count {
            #expect(read(Array(body.prefix(count)), by: &decoder) == 0, "\(count) bytes")
        }
    }

    @Test("a body with flipped bits, with bytes lost, doubled or swapped never stops the program", arguments: bodies)
    func mutated(body: [UInt8]) {
        var generator = SeededGenerator(seed: UInt64(body.count))
        var decoder = TelemetryDecoder(limits: RandomFrames.limits)
        for _ in 0..<1_500 {
            var mutant = body
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !mutant.isEmpty {
                let place = Int.random(in: mutant.indices, using: &generator)
                switch Int.random(in: 0...4, using: &generator) {
                case 0: mutant[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                case 1: mutant.remove(at: place)
                case 2: mutant.insert(mutant[place], at: place)
                case 3: mutant.swapAt(place, Int.random(in: mutant.indices, using: &generator))
                default: mutant[place] = Array("{}[]:,\"0-9eE.tfn\\".utf8).randomElement(using: &generator)!
                }
            }
            _ = read(mutant, by: &decoder)
        }
        // And it still works.
        #expect(read(body, by: &decoder) > 0)
    }

    @Test("lines of bytes without sense are no recording and no point, and stop nothing", arguments: 0..<500)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"readings,name=t\ 1 a=1i,b="x" 17{}[]:"topicbodyat"#.utf8)
        let line = (0..<Int.random(in: 0...80, using: &generator)).map { _ in alphabet.randomElement(using: &generator)!
        }
        var point = LineProtocolPoint()
        do throws(LineProtocolError) {
            try point.read(line[...])
            #expect(!point.fields.isEmpty)
        } catch {
            #expect((1...line.count + 1).contains(error.column), "seed \(seed)")
        }
        var reader = RecordingReader()
        _ = try? reader.message(in: line)
    }
}
