import FleetModel
import TelemetryCodec

/// Turns messages into what is committed: frames, connections, replies, and what must go to quarantine and why.
///
/// Pure but for its decoder's buffers: the same messages give the same batch.
package struct BatchAssembler: ~Copyable {
    private var decoder: TelemetryDecoder
    private var limits: IngestLimits
    private var takesAnyTime = false
    /// The newest frame of some machines of the last batch, those turned away for their time among them: what the
    /// fleet's clocks say.
    package private(set) var heard: [MachineKey: Timestamp] = [:]
    /// Enough of a batch to hear the fleet, and few enough not to be felt.
    private static let heardMax = 64
    /// Topics repeat for as long as a machine lives; reading one anew costs more than finding it here.
    private var topics: [String: Topic] = [:]
    private static let topicsMax = 65_536

    package init(limits: IngestLimits) {
        self.limits = limits
        decoder = TelemetryDecoder(limits: limits)
    }

    /// Goes by other limits from the next batch on.
    ///
    /// - Parameter takingAnyTime: whatever time a frame says, it is taken.
    package mutating func go(by limits: IngestLimits, takingAnyTime: Bool = false) {
        guard limits != self.limits || takingAnyTime != takesAnyTime else { return }
        self.limits = limits
        takesAnyTime = takingAnyTime
        // The same decoder: with a new one every machine could bring new names anew.
        decoder.limits = takingAnyTime ? limits.takingAnyTime : limits
    }

    package mutating func assemble(_ messages: [InboundMessage]) -> IngestBatch {
        var batch = IngestBatch()
        batch.frames.reserveCapacity(messages.count)
        heard.removeAll(keepingCapacity: true)
        for message in messages {
            if message.isRedelivered { batch.redeliveredMessages += 1 }
            do throws(Rejection) {
                try take(message, into: &batch)
            } catch {
                if [.futureTime, .tooOld].contains(error.reason) { hear(turnedAway: message) }
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
            hear(machine, frames)
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

    private mutating func hear(_ machine: MachineKey, _ frames: [Frame]) {
        guard heard.count < Self.heardMax, let newest = frames.last?.observedAt else { return }
        heard[machine] = max(heard[machine] ?? newest, newest)
    }

    /// A message we turned away for its time tells most of all whose clock is wrong.
    private mutating func hear(turnedAway message: InboundMessage) {
        guard heard.count < Self.heardMax, !message.isRetained,
            case .machine(let machine, let kind) = try? topic(message.topic),
            let time = decoder.lastTime(in: message.body, of: machine, on: kind)
        else { return }
        heard[machine] = max(heard[machine] ?? time, time)
    }

    private mutating func topic(_ text: String) throws(Rejection) -> Topic {
        if let known = topics[text] { return known }
        let topic = try Topic(text)
        if topics.count >= Self.topicsMax { topics.removeAll(keepingCapacity: true) }
        topics[text] = topic
        return topic
    }
}

extension IngestLimits {
    /// The same, but for the time of a frame.
    fileprivate var takingAnyTime: IngestLimits {
        var limits = self
        // Longer than any time that can be written is away from any other.
        limits.futureTolerance = .days(3_660_000)
        limits.ageMax = .days(3_660_000)
        return limits
    }
}
