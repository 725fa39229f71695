import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetSimulation
import Foundation
import Rehearsal
import TelemetryCodec

/// A scenario being played: the fleet, its service centers, and how far they are.
struct SimulationRun {
    private(set) var simulator: FleetSimulator
    private var centers: SimulatedCenters
    private let centerPlaces: [ServiceCenterID: Coordinate]
    private let end: Timestamp
    private(set) var counts = RunCounts()
    private var progress = ProgressLine()

    init(
        simulator: FleetSimulator, centers: SimulatedCenters, centerPlaces: [ServiceCenterID: Coordinate] = [:],
        end: Timestamp
    ) {
        self.simulator = simulator
        self.centers = centers
        self.centerPlaces = centerPlaces
        self.end = end
    }

    /// As fast as it goes.
    mutating func hurry(to sink: any MessageSink) async throws {
        while simulator.now < end, !Interruption.isAsked {
            try await publish(until: min(end, simulator.now + simulator.scenario.interval), to: sink)
            show()
        }
        progress.finish()
    }

    /// In step with a clock. What the centers do depends on when the daemon asks them, so this is not repeatable.
    mutating func play(
        to sink: any MessageSink, clock: ClockSettings, orders: OrderBox, truth: String?
    ) async throws {
        var truthWrittenAt = ContinuousClock.now
        while simulator.now < end, !Interruption.isAsked {
            let now = min(end, clock.time(at: .system))
            if now > simulator.now {
                try await answer(orders.takeAll(), now: now, to: sink)
                try await publish(until: now, to: sink)
            }
            // A run that is killed leaves a truth file that is at most this old.
            if let truth, ContinuousClock.now - truthWrittenAt > .seconds(5) {
                try writeTruth(to: truth)
                truthWrittenAt = .now
            }
            show()
            try await Task.sleep(for: .milliseconds(20))
        }
        progress.finish()
    }

    private mutating func publish(until time: Timestamp, to sink: any MessageSink) async throws {
        for message in simulator.advance(to: time) {
            let isHostile = if case .hostile = message.content { true } else { false }
            try await sink.send(
                SentMessage(
                    topic: message.topic, body: message.body, at: message.publishAt, isRetained: message.isRetained,
                    isHostile: isHostile))
            counts.messages += 1
            counts.bytes += message.body.count
            if case .frames(let frames) = message.content {
                counts.frames += frames.count
                counts.readings += frames.reduce(0) { $0 + $1.readings.count }
            }
        }
    }

    private mutating func answer(
        _ messages: [InboundMessage], now: Timestamp, to sink: any MessageSink
    ) async throws {
        var acts: [SimulatedCenters.Act] = []
        for message in messages {
            guard case .workOrders(let center)? = try? Topic(message.topic) else { continue }
            do {
                let order = try CenterOrder(json: message.body)
                counts.ordersReceived += 1
                acts += centers.receive(order, at: center, now: now)
            } catch {
                FileHandle.standardError.write(
                    Data("\(center) cannot read a work order and leaves it unanswered: \(error)\n".utf8))
            }
        }
        acts += centers.advance(to: now) { simulator.meters(of: $0) }
        for act in acts {
            if let done = act.done {
                counts.jobsDone += 1
                switch done.work(signals: simulator.telltales) {
                case .service(let code): simulator.serviced(done.equipment, code: code, at: act.at)
                case .repair(let target): simulator.repair(done.equipment, target, at: act.at)
                }
            }
            if let begun = act.begun {
                simulator.stand(
                    begun.job.equipment, from: act.at, until: begun.until,
                    at: begun.job.isVisit ? centerPlaces[act.center] : nil)
            }
            try await sink.send(
                SentMessage(
                    topic: Topic.replies(act.center).description, body: TelemetryEncoder.body(of: act.reply), at: now))
            counts.repliesSent += 1
        }
    }

    func writeTruth(to path: String) throws {
        let text = simulator.truth.map { $0.json + "\n" }.joined()
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure("cannot write the truth to \(path): \(error.localizedDescription)")
        }
    }

    private mutating func show() {
        let (now, messages) = (simulator.now, counts.messages)
        progress.show("\(now.iso8601.prefix(16))  \(messages) messages")
    }
}

struct RunCounts: Encodable, Sendable {
    var messages = 0
    var frames = 0
    var readings = 0
    var bytes = 0
    var ordersReceived = 0
    var repliesSent = 0
    var jobsDone = 0
}
