import FleetModel

// A list is sent as an object with one list and the daemon's time, so that it can grow a key and so that `3 d ago`
// is counted from the clock that wrote the times.

/// `GET /v1/machines`
package struct MachinesDocument: Sendable, Codable {
    package var now: Timestamp
    package var machines: [MachineDocument]

    package init(now: Timestamp, machines: [MachineDocument]) {
        self.now = now
        self.machines = machines
    }
}

/// `GET /v1/alerts`
package struct AlertsDocument: Sendable, Codable {
    package var now: Timestamp
    package var alerts: [AlertDocument]

    package init(now: Timestamp, alerts: [AlertDocument]) {
        self.now = now
        self.alerts = alerts
    }
}

/// `GET /v1/work-orders`
package struct WorkOrdersDocument: Sendable, Codable {
    package var now: Timestamp
    package var workOrders: [WorkOrderDocument]

    package init(now: Timestamp, workOrders: [WorkOrderDocument]) {
        self.now = now
        self.workOrders = workOrders
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(now, forKey: .now)
        try container.encode(workOrders.map(WithNulls.init), forKey: .workOrders)
    }

    /// That an order has no center is the news, so the keys a reader looks for are there as `null`, not missing.
    private struct WithNulls: Encodable {
        let order: WorkOrderDocument

        enum Key: CodingKey { case center, mode, due }

        func encode(to encoder: any Encoder) throws {
            try order.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            if order.center == nil { try container.encodeNil(forKey: .center) }
            if order.mode == nil { try container.encodeNil(forKey: .mode) }
            if order.due == nil { try container.encodeNil(forKey: .due) }
        }
    }
}

/// `GET /v1/gaps`
package struct GapsDocument: Sendable, Codable {
    package var now: Timestamp
    package var gaps: [GapDocument]

    package init(now: Timestamp, gaps: [GapDocument]) {
        self.now = now
        self.gaps = gaps
    }
}

/// `GET /`
package struct RoutesDocument: Sendable, Codable {
    package var routes: [Route]

    package init(routes: [Route]) { self.routes = routes }

    package struct Route: Sendable, Codable, Hashable {
        package var method: String
        package var path: String
        package var summary: String

        package init(method: String, path: String, summary: String) {
            self.method = method
            self.path = path
            self.summary = summary
        }
    }
}
