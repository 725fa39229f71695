import FleetModel
import FleetRuntime
import TelemetryCodec

/// Telemetry and faults. The first byte's lowest bit chooses the topic.
final class TelemetryFuzzer: Fuzzer {
    static let name = "telemetry"
    private var decoder = TelemetryDecoder(limits: IngestLimits())
    private var second = TelemetryDecoder(limits: IngestLimits())

    func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let kind: TopicKind = first & 1 == 0 ? .telemetry : .faults
        let frames: [Frame]
        do throws(Rejection) {
            frames = try decoder.frames(
                in: Array(bytes.dropFirst()), of: .fuzzed, on: kind, receivedAt: .fuzzed)
        } catch { return check(error) }
        require(!frames.isEmpty, "a message that was taken has a frame")
        for frame in frames {
            require(frame.readings.allSatisfy { $0.value.isFinite }, "every value is finite")
            require(
                Set(frame.readings.map(\.signal)).count == frame.readings.count, "a frame has one value a signal")
        }
        let body = frames.count == 1 ? TelemetryEncoder.body(of: frames[0]) : TelemetryEncoder.body(of: frames)
        // What was sent in few bytes (columns, integers) may be longer when written out.
        guard body.count <= IngestLimits().bodyBytes else { return }
        do throws(Rejection) {
            let again = try second.frames(in: body, of: .fuzzed, on: .telemetry, receivedAt: .fuzzed)
            require(again == frames, "what was written reads as it was")
        } catch {
            require(false, "what was written is read again: \(error)")
        }
    }
}

final class StatusFuzzer: Fuzzer {
    static let name = "status"
    private var decoder = TelemetryDecoder(limits: IngestLimits())

    func run(_ bytes: [UInt8]) {
        do throws(Rejection) { _ = try decoder.status(in: bytes, of: .fuzzed) } catch { check(error) }
    }
}

final class ReplyFuzzer: Fuzzer {
    static let name = "reply"
    private var decoder = TelemetryDecoder(limits: IngestLimits())
    private let center = ServiceCenterID("ru-kuz-belovo")!

    func run(_ bytes: [UInt8]) {
        do throws(Rejection) {
            let reply = try decoder.reply(in: bytes, from: center)
            let again = try decoder.reply(in: TelemetryEncoder.body(of: reply), from: center)
            require(again == reply, "a reply that was written reads as it was")
        } catch { check(error) }
    }
}

final class TopicFuzzer: Fuzzer {
    static let name = "topic"

    func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(Rejection) {
            let topic = try Topic(text)
            require(topic.description == text, "a topic that was read is written the same")
        } catch { check(error) }
    }
}

/// Several messages one after the other, as the ingest loop sees them: the first byte of each says which topic, the two
/// after it how long its body is.
final class BatchFuzzer: Fuzzer {
    static let name = "batch"
    private static let topics = [
        "zubr/v1/kuzbass/truck-1/telemetry", "zubr/v1/kuzbass/truck-2/telemetry", "zubr/v1/kuzbass/truck-1/faults",
        "zubr/v1/kuzbass/truck-1/status", "zubr/v1/centers/ru-kuz-belovo/replies", "zubr/v1/centers/x/work-orders",
        "zubr/v1/centers/truck-1/telemetry", "zubr/v1/ /truck-1/telemetry",
    ]
    private var assembler = BatchAssembler(limits: IngestLimits())

    func run(_ bytes: [UInt8]) {
        var messages: [InboundMessage] = []
        var rest = bytes[...]
        while rest.count >= 3 {
            let head = rest.prefix(3).map(Int.init)
            let body = rest.dropFirst(3).prefix(head[1] << 8 | head[2])
            rest = rest.dropFirst(3 + body.count)
            messages.append(
                InboundMessage(
                    topic: BatchFuzzer.topics[head[0] & 7], body: Array(body), isRetained: head[0] & 8 != 0,
                    isRedelivered: head[0] & 16 != 0, receivedAt: .fuzzed))
        }
        let batch = assembler.assemble(messages)
        let taken = batch.frames.count + batch.connections.count + batch.replies.count
        require(taken + batch.rejected.count == messages.count, "every message is taken or rejected, once")
        for rejected in batch.rejected { check(rejected.rejection) }
    }
}
