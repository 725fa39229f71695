import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore

struct TsbsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tsbs",
        abstract: "One of the questions of the Time Series Benchmark Suite about a fleet of trucks.",
        discussion: """
            Kinds: \(FleetQuestion.Kind.words).
            Benchmarks/compare/KINDS.md says exactly what each asks.

            Example: zubr tsbs low-fuel --database trucks.db --fleet South --at 2016-01-02T00:00:00Z --output json
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case json }

    @Argument(help: "Which question.")
    var kind: String

    @Option(help: "The fleet that is asked about, as the rows' own tags say it.")
    var fleet: String?

    @Option(help: "The machine that is asked about, as fleet/equipment (last-loc only).")
    var equipment: String?

    @Option(help: "The instant that is asked about (default: now).")
    var at: Timestamp?

    @Option(help: "A database file that no zubrd uses, instead of asking the daemon.")
    var database: String?

    @Option(help: "zubrd's Unix socket (default: ZUBR_SOCKET, else /run/zubr/zubrd.sock).")
    var socket: String?

    @Option(help: "How the answer is printed.")
    var output = Format.json

    func run() async throws {
        let question: FleetQuestion
        do {
            question = try FleetQuestion(kind, at: at ?? StoreDoor.now, fleet: fleet, equipment: equipment)
        } catch {
            throw ValidationError("\(error)")
        }
        let bytes: [UInt8]
        if let database {
            bytes = try await StoreDoor.ask(database) { store throws(StoreFailure) in try await store.answer(question) }
                .json().bytes
        } else {
            let parameters = [("at", question.at.iso8601), ("fleet", fleet), ("equipment", equipment)]
                .compactMap { name, value in value.map { (name: name, value: $0) } }
            bytes = try DaemonOptions.client(socket).bytes("/v1/tsbs/\(kind)", parameters)
        }
        try StoreDoor.show(bytes, asTable: false)
    }
}
