import ArgumentParser
import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetSimulation
import Glibc
import Rehearsal

/// Plays a scenario.
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays a simulated fleet to a broker, or writes it to a file.",
        discussion: """
            Examples:
              zubrsim publish --scenario demo --seed 7 --speed 7200 --broker mqtt://127.0.0.1:1883 --truth truth.jsonl
              zubrsim publish --scenario small --seed 7 --speed max --hours 24 --to fleet.jsonl --truth truth.jsonl

            The same scenario and seed give the same bytes with --to. Simulated time is epoch + (real - epoch) × speed:
            give the daemon's clock the same epoch and rate.
            """)

    @Option(
        help:
            "A shipped scenario (demo, small, dead-zone, autonomous-pit, harvest-week, winter, hostile, rate) or a YAML file."
    )
    var scenario: String
    @Option(help: "Same seed, same run.")
    var seed: UInt64 = 1
    @Option(help: "How much faster than real time: 1, 7200, max.")
    var speed: Speed = .rate(1)
    @Option(help: "Address of the broker: mqtt://user:password@host:port.")
    var broker: String?
    @Option(name: .customLong("to"), help: "Write a recording to this file in place of a broker.")
    var file: String?
    @Option(help: "Write what was really wrong and when to this file, as JSON lines.")
    var truth: String?
    @Option(help: "Play so many machines: the scenario's, again and again under other names.")
    var machines: Int?
    @Option(help: "Simulated hours to run; default: the length of the scenario.")
    var hours: Double?
    @Option(help: "Simulated time to run until, RFC 3339.")
    var until: Instant?
    @Option(help: "Real instant at which simulated and real time agree, RFC 3339; default: now.")
    var epoch: Instant?
    @Flag(help: "Play the service centers too: take work orders from the broker, answer them and repair.")
    var centers = false
    @Option(help: "Configuration folder; default: the project's Config, or /etc/zubr.")
    var config: String?
    @Option(help: "How the counts are printed: table or json.")
    var output = OutputForm.json

    func validate() throws {
        if (broker == nil) == (file == nil) {
            throw ValidationError("Give either --broker URL or --to FILE.")
        }
        if hours != nil, until != nil { throw ValidationError("Give either --hours or --until.") }
        if centers, file != nil || speed == .max {
            throw ValidationError("--centers needs a broker and a --speed that is a number: people answer in time.")
        }
        if let machines, !(1...1_000_000).contains(machines) {
            throw ValidationError("--machines must be 1 to 1000000.")
        }
        if let hours, !(hours > 0) { throw ValidationError("--hours must be more than 0.") }
    }

    func run() async throws {
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: true)
        let real = Timestamp.systemNow()
        // A recording must not depend on when it is made: then the fleet's records count from the scenario's own time.
        var loaded = try LoadedScenario.load(scenario, configuration: config) { scenario in
            startTime(scenario, now: real)
        }
        if let machines { loaded.resize(to: machines) }
        let start = startTime(loaded.scenario, now: real)
        let end = until?.time ?? start + length(of: loaded.scenario)
        guard end > start else {
            throw CommandFailure("the run would end at \(end.iso8601), before it begins at \(start.iso8601)")
        }
        var run = SimulationRun(
            simulator: try FleetSimulator(
                scenario: loaded.scenario, machines: loaded.machines, catalog: loaded.catalog,
                failures: loaded.failures,
                seed: seed, start: start, operatorPatience: centers ? .days(10) : .zero),
            centers: SimulatedCenters(behaviour: loaded.scenario.centers, seed: seed),
            centerPlaces: loaded.centers, end: end)
        let orders = OrderBox()
        let sink = try makeSink(orders: orders)
        try await sink.open()
        let began = ContinuousClock.now
        do {
            if case .rate(let rate) = speed, file == nil {
                try await run.play(
                    to: sink, clock: ClockSettings(epoch: epoch?.time ?? start, rate: rate), orders: orders,
                    truth: truth)
            } else {
                try await run.hurry(to: sink)
            }
            try await sink.close()
        } catch let failure as InboxFailure {
            throw CommandFailure(publishing: failure, to: broker ?? "")
        }
        if let truth { try run.writeTruth(to: truth) }
        try PublishReport(
            scenario: loaded.scenario.name, seed: seed, machines: run.simulator.machineCount, counts: run.counts,
            from: start.iso8601, to: run.simulator.now.iso8601, truthRecords: run.simulator.truth.count,
            seconds: (ContinuousClock.now - began).inSeconds
        ).print(as: output)
    }

    private func makeSink(orders: OrderBox) throws -> any MessageSink {
        if let file { return try FileSink(path: file) }
        return try BrokerSink(
            url: broker ?? "", clientID: "zubrsim-\(seed)",
            subscriptions: centers ? ["\(Topic.prefix)centers/+/work-orders"] : [], onMessage: { orders.put($0) })
    }

    private func startTime(_ scenario: Scenario, now: Timestamp) -> Timestamp {
        if let epoch { return epoch.time }
        if file != nil { return scenario.start }
        guard speed == .max else { return now }
        // All of it in the past, so that a daemon on the real clock takes it.
        return until == nil ? now - length(of: scenario) : scenario.start
    }

    private func length(of scenario: Scenario) -> Duration { hours.map { .hours($0) } ?? scenario.length }
}

struct PublishReport: Report {
    var scenario: String
    var seed: UInt64
    var machines: Int
    var counts: RunCounts
    var from: String
    var to: String
    var truthRecords: Int
    var seconds: Double

    var table: [(name: String, value: String)] {
        [
            ("scenario", scenario), ("seed", "\(seed)"), ("machines", "\(machines)"), ("from", from), ("to", to),
            ("messages", "\(counts.messages)"), ("frames", "\(counts.frames)"), ("readings", "\(counts.readings)"),
            ("bytes", "\(counts.bytes)"), ("orders received", "\(counts.ordersReceived)"),
            ("replies sent", "\(counts.repliesSent)"), ("jobs done", "\(counts.jobsDone)"),
            ("truth records", "\(truthRecords)"), ("seconds", decimal(seconds, places: 1)),
        ]
    }
}
