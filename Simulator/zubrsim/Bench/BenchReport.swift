import FleetModel
import Foundation

/// What a comparison came to.
struct BenchReport: Report, Sendable {
    var body: String
    var bodySignals: Int
    var bodyFrames: Int
    var packetBytes: Int
    var machines: Int
    var seconds: Double
    var repeats: Int
    var nullSubscriberMessagesPerSecond: Double
    var zubrdMessagesPerSecond: Double
    var ratio: Double
    var readingsPerSecond: Double
    /// Turn by turn, in their order.
    var nullSubscriberRounds: [Double]
    var zubrdRounds: [Double]
    var publishToDurableMessagesPerSecond: Double
    var publishToDurableP50Ms: Double
    var publishToDurableP99Ms: Double
    var publishToDurableMaxMs: Double
    /// The largest of the saturated turns.
    var zubrdRssMb: Double
    /// Microseconds of CPU a message, in all threads together.
    var zubrdCpuUsPerMessage: Double
    var nullSubscriberCpuUsPerMessage: Double
    var brokerCpuUsPerMessage: Double
    var publisherCpuUsPerMessage: Double
    /// Cores the broker kept busy while the daemon had its turn: near 1, the broker's one thread is the limit.
    var brokerCoresBusy: Double
    var evaluatorCatchUpSeconds: Double
    var fdatasyncMedianUs: Double
    var fileSystem: String
    var cores: Int
    var mosquittoVersion: String

    init(
        run: BenchRun, null: [BenchRound], zubrd: [BenchRound], paced: BenchRound, disk: DiskSpeed, mosquitto: String
    ) {
        func cpu(_ rounds: [BenchRound], _ seconds: (BenchRound) -> Double) -> Double {
            rounded(median(rounds.map { seconds($0) / max(1, $0.messagesPerSecond * $0.seconds) * 1e6 }))
        }
        let load = run.load
        body = load.body.rawValue
        bodySignals = load.body.signals
        bodyFrames = load.body.frames
        packetBytes = load.meanPacketBytes
        machines = load.machines.count
        seconds = run.seconds
        repeats = run.repeats
        nullSubscriberRounds = null.map { $0.messagesPerSecond.rounded() }
        zubrdRounds = zubrd.map { $0.messagesPerSecond.rounded() }
        nullSubscriberMessagesPerSecond = median(null.map(\.messagesPerSecond)).rounded()
        zubrdMessagesPerSecond = median(zubrd.map(\.messagesPerSecond)).rounded()
        ratio =
            (median(zubrd.map(\.messagesPerSecond)) / max(1, median(null.map(\.messagesPerSecond))) * 1_000).rounded()
            / 1_000
        readingsPerSecond = (median(zubrd.map(\.messagesPerSecond)) * Double(load.body.readings)).rounded()
        publishToDurableMessagesPerSecond = paced.messagesPerSecond.rounded()
        publishToDurableP50Ms = rounded(median(paced.latencies))
        publishToDurableP99Ms = rounded(quantile(0.99, of: paced.latencies))
        publishToDurableMaxMs = rounded(paced.latencies.max() ?? 0)
        zubrdRssMb = rounded(zubrd.map(\.residentMegabytes).max() ?? 0)
        zubrdCpuUsPerMessage = cpu(zubrd, \.subjectCPUSeconds)
        nullSubscriberCpuUsPerMessage = cpu(null, \.subjectCPUSeconds)
        brokerCpuUsPerMessage = cpu(zubrd, \.brokerCPUSeconds)
        publisherCpuUsPerMessage = cpu(zubrd, \.publisherCPUSeconds)
        brokerCoresBusy = rounded(median(zubrd.map { $0.brokerCPUSeconds / $0.seconds }))
        evaluatorCatchUpSeconds = rounded(median(zubrd.compactMap(\.catchUpSeconds)))
        fdatasyncMedianUs = disk.medianMicroseconds.rounded()
        fileSystem = disk.fileSystem
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        mosquittoVersion = mosquitto
    }

    var table: [(name: String, value: String)] {
        func figure(_ value: Double) -> String { decimal(value, places: 0) }
        return [
            ("body", "\(body): \(bodySignals) signals, \(bodyFrames) frames, \(packetBytes) bytes"),
            ("null subscriber", "\(figure(nullSubscriberMessagesPerSecond)) messages/s"),
            ("zubrd", "\(figure(zubrdMessagesPerSecond)) messages/s, \(figure(readingsPerSecond)) readings/s"),
            ("ratio", decimal(ratio, places: 3)),
            (
                "publish to durable",
                "median \(decimal(publishToDurableP50Ms, places: 1)) ms, 99 % \(decimal(publishToDurableP99Ms, places: 1)) ms at \(figure(publishToDurableMessagesPerSecond)) messages/s"
            ),
            ("memory", "\(decimal(zubrdRssMb, places: 0)) MB"),
            (
                "CPU a message",
                "zubrd \(decimal(zubrdCpuUsPerMessage, places: 1)) µs, null subscriber \(decimal(nullSubscriberCpuUsPerMessage, places: 1)) µs, broker \(decimal(brokerCpuUsPerMessage, places: 1)) µs"
            ),
            ("evaluator", "had judged everything after \(decimal(evaluatorCatchUpSeconds, places: 1)) s"),
            ("disk", "\(fileSystem), fdatasync \(figure(fdatasyncMedianUs)) µs"),
            ("machine", "\(cores) cores, mosquitto \(mosquittoVersion)"),
        ]
    }
}

/// What a long run came to.
struct EnduranceReport: Report, Sendable {
    var body: String
    var bodySignals: Int
    var machines: Int
    var minutes: Double
    var messages: Int
    var zubrdMessagesPerSecond: Double
    var readingsPerSecond: Double
    /// The largest that was seen, once a second, and the largest the kernel knows of.
    var zubrdRssMb: Double
    var zubrdRssPeakMb: Double
    var zubrdCpuUsPerMessage: Double
    var evaluatorLagRows: Int64
    var evaluatorCatchUpSeconds: Double
    var fdatasyncMedianUs: Double
    var fileSystem: String
    var cores: Int

    init(run: BenchRun, round: BenchRound, disk: DiskSpeed) {
        body = run.load.body.rawValue
        bodySignals = run.load.body.signals
        machines = run.load.machines.count
        minutes = rounded(round.seconds / 60)
        messages = round.messages
        zubrdMessagesPerSecond = round.messagesPerSecond.rounded()
        readingsPerSecond = (round.messagesPerSecond * Double(run.load.body.readings)).rounded()
        zubrdRssMb = rounded(round.residentMegabytes)
        zubrdRssPeakMb = rounded(round.residentMegabytesMax)
        zubrdCpuUsPerMessage = rounded(
            round.subjectCPUSeconds / max(1, round.messagesPerSecond * round.seconds) * 1e6)
        evaluatorLagRows = round.evaluatorLag ?? 0
        evaluatorCatchUpSeconds = rounded(round.catchUpSeconds ?? 0)
        fdatasyncMedianUs = disk.medianMicroseconds.rounded()
        fileSystem = disk.fileSystem
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    }

    var table: [(name: String, value: String)] {
        [
            ("body", "\(body): \(bodySignals) signals"), ("machines", "\(machines)"),
            ("minutes", decimal(minutes, places: 1)), ("messages", "\(messages)"),
            ("messages/s", decimal(zubrdMessagesPerSecond, places: 0)),
            ("readings/s", decimal(readingsPerSecond, places: 0)),
            ("memory", "\(decimal(zubrdRssMb, places: 0)) MB, at most \(decimal(zubrdRssPeakMb, places: 0)) MB"),
            ("CPU a message", "\(decimal(zubrdCpuUsPerMessage, places: 1)) µs"),
            (
                "evaluator",
                "\(evaluatorLagRows) rows behind at the end, which took \(decimal(evaluatorCatchUpSeconds, places: 1)) s"
            ),
            ("disk", "\(fileSystem), fdatasync \(decimal(fdatasyncMedianUs, places: 0)) µs"),
        ]
    }
}

/// To two decimals: what is beyond them is chance.
private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
