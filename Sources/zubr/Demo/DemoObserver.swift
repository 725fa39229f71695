import FleetConsole
import FleetModel
import FleetRuntime

/// Looks at the daemon again and again; knows how fast it takes messages and what has been shown.
struct DemoObserver {
    let client: FleetClient
    let families: [ModelID: String]
    private(set) var witness = DemoWitness()
    /// The last seconds' message counts, for a rate that does not jump.
    private var counts: [(at: ContinuousClock.Instant, messages: Int64)] = []

    init(client: FleetClient, families: [ModelID: String]) {
        self.client = client
        self.families = families
    }

    mutating func look() throws(ClientFailure) -> DemoSnapshot {
        let status: StatusDocument = try client.get("/v1/status")
        let machines: MachinesDocument = try client.get("/v1/machines")
        let orders: WorkOrdersDocument = try client.get("/v1/work-orders", [("all", "true")])
        let snapshot = DemoSnapshot(
            status: status, machines: machines.machines, orders: orders.workOrders,
            messagesPerSecond: rate(status.ingest.messages), families: families)
        witness.observe(snapshot)
        return snapshot
    }

    private mutating func rate(_ messages: Int64) -> Double {
        let now = ContinuousClock.now
        counts.append((now, messages))
        counts.removeAll { now - $0.at > .seconds(3) }
        guard let first = counts.first, now > first.at else { return 0 }
        return Double(messages - first.messages) / (now - first.at).inSeconds
    }
}
