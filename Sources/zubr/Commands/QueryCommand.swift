import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore
import Foundation

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Series of machines: readings, the last ones, aggregates of steps, spans.",
        discussion: """
            Asks the running zubrd, or with --database a file that no zubrd uses. docs/QUERIES.md says exactly what each
            aggregate means.

            Examples:
              zubr query --equipment kuzbass-coal/truck-17 --signal coolant_temp \\
                  --from 2026-03-01 --to 2026-03-02
              zubr query --fleet kuzbass-coal --signal speed --step 10m --aggregate mean,p95 --group-by model
              zubr query --equipment kuzbass-coal/truck-17 --last
              zubr query --fleet kuzbass-coal --where "mean speed < 1 for 10m"
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json, csv }

    @Option(help: "Machines, as fleet/equipment; several with commas, or repeated.")
    var equipment: [String] = []

    @Option(help: "All machines of a fleet; several with commas, or repeated.")
    var fleet: [String] = []

    @Option(help: "Machines of a model; several with commas, or repeated.")
    var model: [String] = []

    @Option(help: "Machines of a site; may be repeated.")
    var site: [String] = []

    @Option(help: "Signals; several with commas, or repeated (default: all).")
    var signal: [String] = []

    @Option(help: "From this RFC 3339 time or date (default: a day before --to).")
    var from: Timestamp?

    @Option(help: "Up to but without this RFC 3339 time or date (default: now).")
    var to: Timestamp?

    @Option(help: "Aggregate steps of this length, counted from 1970: 10s, 1m, 1h, 7d.")
    var step: String?

    @Option(help: "\(Aggregate.words); several with commas, or repeated.")
    var aggregate: [String] = []

    @Option(help: "For rate and time_weighted_mean: how long a reading holds when no other follows (default: 10m).")
    var hold: String?

    @Flag(help: "Only the newest reading of each signal.")
    var last = false

    @Option(
        name: .customLong("where"),
        help:
            "The spans in which an aggregate fulfils a condition: \"mean speed < 1 for 10m\". Steps of 1m, unless --step says."
    )
    var condition: String?

    @Option(help: "Aggregate all machines of a fleet or model together: machine, fleet or model (default: machine).")
    var groupBy: String?

    @Option(help: "At most so many points, 1 to \(SeriesQuestion.limitMax) (default: \(SeriesQuestion.usualLimit)).")
    var limit: Int?

    @Option(help: "A database file that no zubrd uses, instead of asking the daemon.")
    var database: String?

    @Option(help: "zubrd's Unix socket (default: ZUBR_SOCKET, else /run/zubr/zubrd.sock).")
    var socket: String?

    @Option(help: "How the answer is printed.")
    var output = Format.table

    private var parameters: [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        func add(_ name: String, _ values: [String]) { parameters += values.map { (name, $0) } }
        add("equipment", equipment)
        add("fleet", fleet)
        add("model", model)
        add("site", site)
        add("signal", signal)
        add("from", [from].compactMap { $0?.iso8601 })
        add("to", [to].compactMap { $0?.iso8601 })
        add("step", [step].compactMap { $0 })
        add("aggregate", aggregate)
        add("hold", [hold].compactMap { $0 })
        add("last", last ? ["true"] : [])
        add("where", [condition].compactMap { $0 })
        add("group_by", [groupBy].compactMap { $0 })
        add("limit", [limit].compactMap { $0.map(String.init) })
        return parameters
    }

    func run() async throws {
        let question: SeriesQuestion
        do {
            let values = Dictionary(grouping: parameters, by: \.name).mapValues { $0.map(\.value) }
            question = try SeriesQuestion(values, now: StoreDoor.now)
        } catch {
            throw ValidationError("\(error)")
        }
        let bytes: [UInt8]
        if let database {
            let answer = try await StoreDoor.ask(database) { store throws(StoreFailure) in
                try await store.answer(question)
            }
            bytes = (output == .json ? answer.json(now: StoreDoor.now) : answer.csv()).bytes
        } else {
            let format = (name: "format", value: output == .json ? "json" : "csv")
            bytes = try DaemonOptions.client(socket).bytes("/v1/query", parameters + [format])
        }
        try StoreDoor.show(bytes, asTable: output == .table)
    }
}
