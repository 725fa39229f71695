import ArgumentParser
import FleetModel
import FleetRuntime

struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Readings of one machine over a span.",
        discussion: """
            Example: zubr query --equipment kuzbass-coal/truck-17 --signal coolant_temp \\
                --from 2026-03-01T00:00:00Z --to 2026-03-02T00:00:00Z
            """)

    @Option(help: "The machine, as fleet/equipment.")
    var equipment: MachineKey

    @Option(help: "One signal (default: all).")
    var signal: String?

    @Option(help: "From this RFC 3339 time (default: a day before --to).")
    var from: Timestamp?

    @Option(help: "Up to but without this RFC 3339 time (default: now).")
    var to: Timestamp?

    @Option(help: "At most so many readings, 1 to 100000.")
    var limit = 10_000

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        var query = [("equipment", equipment.description), ("limit", "\(limit)")]
        if let signal { query.append(("signal", signal)) }
        if let from { query.append(("from", from.iso8601)) }
        if let to { query.append(("to", to.iso8601)) }
        let series: SeriesDocument = try daemon.client.get("/v1/query", query.map { (name: $0, value: $1) })
        try daemon.output.show(series) { $0.show(series) }
    }
}
