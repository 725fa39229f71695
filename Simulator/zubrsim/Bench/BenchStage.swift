import FleetModel
import FleetRuntime
import Foundation
import Rehearsal

/// Makes rounds in one folder; the daemon's database goes on from one to the next.
struct BenchStage {
    let load: BenchLoad
    let folder: String
    let unconsumedMax: Int
    /// Messages published so far, over all rounds: the numbers of frames go on.
    private(set) var published = 0
    private var rounds = 0
    private static let evaluatorPatience = Duration.seconds(60)
    private var socket: String { "\(folder)/zubrd.sock" }

    init(load: BenchLoad, folder: String, unconsumedMax: Int) {
        self.load = load
        self.folder = folder
        self.unconsumedMax = unconsumedMax
    }

    /// As fast as the subject takes it.
    mutating func saturate(_ subject: BenchSubject, seconds: Double) async throws -> BenchRound {
        try await round(subject, at: .saturating(unconsumedMax: unconsumedMax), seconds: seconds) { _ in }
    }

    /// At a fixed pace, each message's way to the disk observed.
    mutating func pace(perSecond rate: Double, seconds: Double) async throws -> BenchRound {
        let database = "\(folder)/zubr.db"
        let load = load
        let first = published + Int(BenchRound.warmUp(for: seconds) * rate)
        let end = try await DurabilityWatch.end(of: database)
        var latencies: [Double] = []
        var result = try await round(.zubrd, at: .fixed(perSecond: rate), seconds: seconds) { progress in
            latencies = try await DurabilityWatch.latencies(
                of: load, in: database, after: end, progress: progress, from: first)
        }
        result.latencies = latencies
        return result
    }

    /// At a fixed pace for long, while somebody asks the daemon things.
    mutating func endure(perSecond rate: Double, seconds: Double, asking isAsked: Bool) async throws -> BenchRound {
        let (folder, socket) = (folder, socket)
        return try await round(.zubrd, at: .fixed(perSecond: rate), seconds: seconds) { progress in
            while isAsked, !progress.mustStop {
                for question in [["status"], ["machines"], ["alerts"], ["work-orders"]] {
                    let words = question + ["--socket", socket, "--output", "json"]
                    guard try await RunningSubject.ask(words, folder: folder) != nil else {
                        throw CommandFailure("zubrd does not answer zubr \(question[0]); see the logs in \(folder)")
                    }
                }
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private mutating func round(
        _ subject: BenchSubject, at pace: BenchPace, seconds: Double,
        beside: (BenchProgress) async throws -> Void
    ) async throws -> BenchRound {
        rounds += 1
        let broker = try await PrivateBroker.start(folder: "\(folder)/broker-\(rounds)")
        do {
            let running =
                switch subject {
                case .nullSubscriber: try await RunningSubject.startNull(folder: folder, port: broker.port)
                case .zubrd:
                    try await RunningSubject.startDaemon(
                        folder: folder, broker: broker.url, framesPerMessage: load.body.frames)
                }
            do {
                let result = try await measure(running, subject, on: broker, at: pace, seconds: seconds, beside)
                await running.stop()
                await broker.stop()
                return result
            } catch {
                await running.stop()
                throw error
            }
        } catch {
            await broker.stop()
            throw error
        }
    }

    private mutating func measure(
        _ running: RunningSubject, _ subject: BenchSubject, on broker: PrivateBroker, at pace: BenchPace,
        seconds: Double, _ beside: (BenchProgress) async throws -> Void
    ) async throws -> BenchRound {
        let progress = BenchProgress(first: published)
        let (load, port, first) = (load, broker.port, published)
        let brokerID = await broker.processID
        Thread { PacketPublisher.run(load, at: pace, port: port, progress: progress) }.start()

        // Ends with this function, whichever way that goes.
        async let watch: Void = follow(running, progress)
        async let measured = stretch(running, broker: brokerID, progress, seconds: seconds)
        do {
            try await beside(progress)
            var result = try await measured
            try await watch
            published = progress.sent
            result.messages = published - first
            if subject == .zubrd { try await awaitEvaluator(&result) }
            return result
        } catch {
            progress.stop()
            throw error
        }
    }

    /// Tells the publisher how far the subscriber is, until all that was published has come.
    private func follow(_ running: RunningSubject, _ progress: BenchProgress) async throws {
        var lastNews = ContinuousClock.now
        while true {
            try progress.check()
            let consumed = progress.first + (try await running.consumed())
            if consumed > progress.consumed { lastNews = .now }
            progress.consumed = consumed
            if progress.mustStop, progress.acknowledged == progress.sent, consumed >= progress.sent { return }
            guard ContinuousClock.now - lastNews < .seconds(30) else {
                throw CommandFailure(
                    "\(progress.sent - consumed) messages do not arrive, after 30 seconds without one; see the logs in \(folder)"
                )
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Warms up, measures, and ends the publishing.
    private func stretch(
        _ running: RunningSubject, broker: pid_t, _ progress: BenchProgress, seconds: Double
    ) async throws -> BenchRound {
        // However it ends, nobody publishes on.
        defer { progress.stop() }
        try await Task.sleep(for: .seconds(BenchRound.warmUp(for: seconds)))
        let before = (ProcessUse(of: broker), ProcessUse(of: running.process.id), ProcessUse(of: getpid()))
        let (start, consumed) = (ContinuousClock.now, try await running.consumed())
        var result = BenchRound()
        while ContinuousClock.now - start < .seconds(seconds) {
            try await Task.sleep(for: min(.seconds(1), .seconds(seconds) - (ContinuousClock.now - start)))
            result.residentMegabytes = max(
                result.residentMegabytes, ProcessUse(of: running.process.id).residentMegabytes)
        }
        result.seconds = (ContinuousClock.now - start).inSeconds
        result.messagesPerSecond = Double(try await running.consumed() - consumed) / result.seconds
        let after = (ProcessUse(of: broker), ProcessUse(of: running.process.id), ProcessUse(of: getpid()))
        result.brokerCPUSeconds = after.0.cpuSeconds - before.0.cpuSeconds
        result.subjectCPUSeconds = after.1.cpuSeconds - before.1.cpuSeconds
        result.publisherCPUSeconds = after.2.cpuSeconds - before.2.cpuSeconds
        result.residentMegabytesMax = after.1.residentMegabytesMax
        return result
    }

    private func awaitEvaluator(_ result: inout BenchRound) async throws {
        let start = ContinuousClock.now
        let socket = socket
        let folder = folder
        while true {
            let lag = try await RunningSubject.status(socket: socket, folder: folder)?.ingest.evaluatorLag
            result.evaluatorLag = result.evaluatorLag ?? lag
            result.catchUpSeconds = (ContinuousClock.now - start).inSeconds
            // What it has left is a figure too, not a failure.
            result.unjudgedRows = lag ?? result.unjudgedRows
            if lag == 0 || ContinuousClock.now - start > BenchStage.evaluatorPatience { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
