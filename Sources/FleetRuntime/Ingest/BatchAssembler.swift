import FleetModel
import TelemetryCodec

/// Turns messages into what is committed: frames, connections, replies, and what must go to quarantine and why.
///
/// Pure but for its decoder's buffers: the same messages give the same batch.
package struct BatchAssembler: ~Copyable {
    private var decoder: TelemetryDecoder
    private let limits: IngestLimits
    /// Topics repeat for as long as a machine lives; reading one anew costs more than finding it here.
    private var topics: [String: Topic] = [:]
    private static let topicsMax = 65_536

    package init(limits: IngestLimits) {
        self.limits = limits
        decoder = TelemetryDecoder(limits: limits)
    }

    package mutating func assemble(_ messages: [InboundMessage]) -> IngestBatch {
        var batch = IngestBatch()
        batch.frames.reserveCapacity(messages.count)
        for message in messages {
            if message.isRedelivered { batch.redeliveredMessages += 1 }
            do throws(Rejection) {
                try take(message, into: &batch)
            } catch {
                batch.rejected.append(
                    RejectedMessage(
                        topic: message.topic, body: message.body, rejection: error, receivedAt: message.receivedAt))
            }
        }
        return batch
    }

    private mutating func take(_ message: InboundMessage, into batch: inout IngestBatch) throws(Rejection) {
        let topic = try topic(message.topic)
        guard message.body.count <= limits.bodyBytes else {
            throw Rejection(.oversize, "\(message.body.count) bytes, at most \(limits.bodyBytes) are taken")
        }
        switch topic {
        case .machine(let machine, .status):
            // A retained status is still the machine's state; a retained reading would be passed off as fresh.
            let isConnected = try decoder.status(in: message.body, of: machine)
            batch.connections.append(
                ConnectionReport(machine: machine, isConnected: isConnected, receivedAt: message.receivedAt))
        case .machine(let machine, let kind):
            guard !message.isRetained else {
                throw Rejection(.retained, "the broker kept this message from earlier; publish without the retain flag")
            }
            let frames = try decoder.frames(
                in: message.body, of: machine, on: kind, receivedAt: message.receivedAt)
            batch.frames.append(
                ReceivedFrames(
                    machine: machine, receivedAt: message.receivedAt, frames: frames, topic: message.topic,
                    body: message.body))
        case .replies(let center):
            guard !message.isRetained else {
                throw Rejection(.retained, "the broker kept this reply from earlier; publish without the retain flag")
            }
            let reply = try decoder.reply(in: message.body, from: center)
            batch.replies.append(ReceivedReply(center: center, reply: reply, receivedAt: message.receivedAt))
        case .workOrders:
            throw Rejection(.reservedFleet, "only the daemon writes work orders")
        }
    }

    private mutating func topic(_ text: String) throws(Rejection) -> Topic {
        if let known = topics[text] { return known }
        let topic = try Topic(text)
        if topics.count >= Self.topicsMax { topics.removeAll(keepingCapacity: true) }
        topics[text] = topic
        return topic
    }
}
