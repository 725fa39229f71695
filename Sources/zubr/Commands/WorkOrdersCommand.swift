import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime

struct WorkOrdersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work-orders",
        abstract: "Who does what on which machine, why that center, and why no nearer one.",
        discussion: """
            Examples:
              zubr work-orders
              zubr work-orders WO-000012-7KQ2
              zubr work-orders --all --output json
            """)

    @Argument(help: "Only this order, with all its reasons.")
    var order: String?

    @Flag(help: "The finished ones too.")
    var all = false

    @Flag(name: .shortAndLong, help: "Under each order: the reason, the offers and every refusal.")
    var verbose = false

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let client = daemon.client
        // One that is asked for by name is shown whether or not it is finished.
        var orders: WorkOrdersDocument = try client.get(
            "/v1/work-orders", all || order != nil ? [("all", "true")] : [])
        if let order {
            orders.workOrders.removeAll { $0.id.text != order }
            guard !orders.workOrders.isEmpty else {
                throw CommandFailure("there is no work order \(order); `zubr work-orders --all` lists them")
            }
        }
        try daemon.output.show(orders) { $0.show(orders, isVerbose: verbose || order != nil) }
    }
}
