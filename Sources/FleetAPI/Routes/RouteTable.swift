import FleetModel
import FleetRuntime

/// Everything the API can be asked, in one place.
enum RouteTable {
    static let routes: [Route] = [
        Route(.get, "/", "This list") { _, _ in
            RoutesDocument(
                routes: routes.map { .init(method: $0.method.rawValue, path: $0.path, summary: $0.summary) })
        },
        Route(.get, "/v1/status", "How the daemon, its broker, its database and its fleet are") { _, desk in
            await desk.status()
        },
        Route(.get, "/metrics", "Figures in the Prometheus text format") { _, desk in
            TextPage.metrics(await desk.metrics())
        },
        Route(.get, "/v1/machines", "Every machine: health, last report, next service") { _, desk in
            MachinesDocument(now: desk.now(), machines: try await desk.reader.machines())
        },
        Route(
            .post, "/v1/machines", "Register machines or change what is known of them", bodyLimit: Route.importBodyLimit
        ) { call, desk in
            try await desk.register(call.document())
        },
        Route(
            .post, "/v1/machines/transfer",
            "Give a machine to another fleet: its history goes on under a new name; with check=true only say whether it can",
            parameters: ["check"]
        ) { call, desk in
            try await desk.transfer(call.document(), isCheck: call.query.flag("check"))
        },
        Route(.get, "/v1/machines/{fleet}/{equipment}", "One machine: services, signals, faults, orders") {
            call, desk in
            try await desk.reader.machine(call.machine())
        },
        Route(.get, "/v1/work-orders", "Work orders; with all=true the finished ones too", parameters: ["all"]) {
            call, desk in
            WorkOrdersDocument(
                now: desk.now(), workOrders: try await desk.reader.workOrders(includingFinal: call.query.flag("all")))
        },
        Route(.get, "/v1/alerts", "Alerts; with all=true the resolved ones too", parameters: ["all"]) { call, desk in
            AlertsDocument(
                now: desk.now(), alerts: try await desk.reader.alerts(includingResolved: call.query.flag("all")))
        },
        Route(.post, "/v1/alerts/acknowledge", "Say that somebody has seen an alert") { call, desk in
            try await desk.acknowledge(call.document())
        },
        Route(.get, "/v1/quarantine", "Rejected messages, the newest first", parameters: ["limit"]) { call, desk in
            try await desk.reader.quarantine(limit: call.query.integer("limit", within: 1...1_000, else: 100))
        },
        Route(.post, "/v1/quarantine/retry", "Try rejected messages again: by their ids, or all") { call, desk in
            try await desk.retryQuarantined(call.document())
        },
        Route(.get, "/v1/gaps", "Frames that a machine counted and that never came") { _, desk in
            GapsDocument(now: desk.now(), gaps: try await desk.reader.gaps())
        },
        Route(
            .get, "/v1/query",
            "Series of machines: readings, the last ones, steps with aggregates, or spans in which a condition held",
            parameters: SeriesQuestion.parameters.union(["format"]), repeatable: SeriesQuestion.repeatable
        ) { call, desk in
            try await desk.series(call.query)
        },
        Route(
            .get, "/v1/tsbs/{kind}", "One of the questions of the Time Series Benchmark Suite about a fleet of trucks",
            parameters: ["at", "fleet", "equipment"]
        ) { call, desk in
            try await desk.fleetKind(call.segments["kind"] ?? "", call.query)
        },
    ]

    enum Lookup: Sendable {
        case found(Route, segments: [String: String])
        case wrongMethod(allowed: [String])
        case unknown
    }

    static func lookup(method: String, path: String) -> Lookup {
        let segments = path.split(separator: "/")
        let matches = routes.compactMap { route in route.match(segments).map { (route, $0) } }
        if let (route, values) = matches.first(where: { $0.0.method.rawValue == method }) {
            return .found(route, segments: values)
        }
        return matches.isEmpty ? .unknown : .wrongMethod(allowed: matches.map { $0.0.method.rawValue })
    }
}
