import FleetModel
import FleetRuntime
import Testing

@testable import FleetAPI

@Suite("Each address answers with its document")
struct RouteTests {
    @Test(
        "GET answers 200 with JSON that names its keys in snake_case",
        arguments: [
            ("/", #""path":"/v1/work-orders""#),
            ("/v1/status", #""alerts_firing":0"#),
            ("/v1/status", #""orders":{"in-progress":1}"#),
            ("/v1/machines", #""equipment":"kuzbass-coal/truck-17""#),
            ("/v1/machines/kuzbass-coal/truck-17", #""model":"BELAZ-75131""#),
            ("/v1/work-orders", #""id":"WO-000001""#),
            ("/v1/work-orders", #""refused":[{"center":"ru-near","reason":"not certified for BELAZ""#),
            ("/v1/work-orders?all=true", #""due":"2026-03-03T08:00:00Z""#),
            ("/v1/alerts", #""rule":"coolant-hot""#),
            ("/v1/quarantine", #""by_reason":{"not-json":2}"#),
            ("/v1/gaps", #""first_seq":5"#),
            ("/v1/query?equipment=kuzbass-coal%2Ftruck-17", #""times":["2026-02-28T08:00:00Z"],"value":[4210.5]"#),
        ]
    )
    func documents(path: String, part: String) async throws {
        try await withServer { client in
            let answer = try await client.ask("GET", path)
            #expect(answer.status == 200)
            #expect(answer.contentType == "application/json")
            #expect(answer.text.contains(part), "\(answer.text)")
        }
    }

    @Test("an order without a center says so with null, not with a missing key")
    func uncoveredOrder() async throws {
        try await withServer { client in
            let text = try await client.ask("GET", "/v1/work-orders").text
            #expect(text.contains(#""center":null"#) && text.contains(#""mode":null"#) && text.contains(#""due":null"#))
            let orders: WorkOrdersDocument = try DocumentCoding.decode(from: Array(text.utf8))
            #expect(orders.workOrders.map(\.center?.text) == ["ru-kuz", nil])
            #expect(orders.now == CannedFleet.now)
        }
    }

    @Test("a machine's detail comes back as the document it was")
    func detail() async throws {
        try await withServer { client in
            let detail: MachineDetailDocument = try await client.ask("GET", "/v1/machines/kuzbass-coal/truck-17")
                .document()
            #expect(detail.registration?.meters == [.engineHours: 4_210.5, .fuelUsed: 12])
        }
    }

    @Test("parameters reach the store as they were asked, and their defaults otherwise")
    func parameters() async throws {
        let fleet = CannedFleet()
        try await withServer(fleet) { client in
            _ = try await client.ask("GET", "/v1/alerts?all=true")
            _ = try await client.ask("GET", "/v1/work-orders")
            _ = try await client.ask("GET", "/v1/quarantine?limit=7")
            _ = try await client.ask("GET", "/v1/quarantine")
            _ = try await client.ask(
                "GET",
                "/v1/query?equipment=kuzbass-coal/truck-17&signal=engine_hours&signal=speed&from=2026-02-01T00:00:00%2B07:00"
                    + "&to=2026-02-02T00:00:00Z&step=10m&aggregate=mean&aggregate=p99.9&limit=5")
            _ = try await client.ask("GET", "/v1/tsbs/low-fuel?at=2016-01-02T00:00:00Z&fleet=South")
        }
        fleet.told.withLock { told in
            #expect(told.asked == [true, false])
            #expect(told.quarantineLimits == [7, 100])
            #expect(told.questions.map(\.machines.keys) == [[CannedFleet.truck]])
            #expect(told.questions.map(\.signals) == [["engine_hours", "speed"]])
            #expect(told.questions.map(\.from) == [Timestamp(iso8601: "2026-01-31T17:00:00Z")!])
            #expect(told.questions.map(\.form) == [.steps(.minutes(10), [.mean, .percentile(99.9)])])
            #expect(told.questions.map(\.limit) == [5])
            #expect(
                told.fleetQuestions == [
                    FleetQuestion(.lowFuel, at: Timestamp(iso8601: "2016-01-02T00:00:00Z")!, fleet: "South")
                ])
        }
    }

    @Test("machines are registered and counted as new or updated")
    func registration() async throws {
        let fleet = CannedFleet()
        let machines = ["kuzbass-coal/truck-17", "kuzbass-coal/truck-18"].map {
            Machine(
                key: MachineKey($0)!, model: ModelID("BELAZ-75131")!, meters: [.odometer: 3],
                lastServices: ["TO-1": ServiceRecord(performedAt: CannedFleet.now, meters: [.engineHours: 250])])
        }
        let body = try DocumentCoding.encode(machines)
        try await withServer(fleet) { client in
            let answer = try await client.ask("POST", "/v1/machines", bytes: body, contentType: "application/json")
            #expect(try answer.document() == RegistrationDocument(new: 1, updated: 1))
        }
        fleet.told.withLock { #expect($0.registered == machines) }
    }

    @Test("an acknowledgement is noted with its time")
    func acknowledgement() async throws {
        let fleet = CannedFleet()
        try await withServer(fleet) { client in
            let answer = try await client.ask(
                "POST", "/v1/alerts/acknowledge",
                body: #"{"equipment":"kuzbass-coal/truck-17","rule":"coolant-hot","episode":1,"by":"Ihar"}"#)
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""at":"2026-03-01T08:00:00Z""#))
        }
        fleet.told.withLock {
            #expect(
                $0.acknowledged == [
                    AlertAcknowledgement(
                        machine: CannedFleet.truck, episode: EpisodeKey(rule: RuleID("coolant-hot")!, number: 1),
                        by: "Ihar", at: CannedFleet.now)
                ])
        }
    }

    @Test(
        "a machine is given to another fleet, under a name that is free and with an owner on one line",
        arguments: [
            (#"{"from":"kuzbass-coal/truck-17","to":"altai-ore/t-4","owner":"Altai Ore"}"#, 200),
            (#"{"from":"kuzbass-coal/truck-9","to":"altai-ore/t-4"}"#, 404),
            (#"{"from":"kuzbass-coal/truck-17","to":"kuzbass-coal/truck-17"}"#, 409),
            (#"{"from":"kuzbass-coal/truck-17","to":"altai-ore/+"}"#, 400),
            (#"{"from":"kuzbass-coal/truck-17","to":"altai-ore/t-4","owner":"a\nb"}"#, 400),
        ])
    func transfer(body: String, status: Int) async throws {
        let fleet = CannedFleet()
        try await withServer(fleet) { client in
            let answer = try await client.ask("POST", "/v1/machines/transfer", body: body)
            #expect(answer.status == status)
            #expect(answer.text.contains(#""at":"2026-03-01T08:00:00Z""#) == (status == 200))
            // Only asked, it is refused the same way, and nothing is done.
            let checked = try await client.ask("POST", "/v1/machines/transfer?check=true", body: body)
            #expect(checked.status == status)
            #expect(!checked.text.contains(#""at":"#))
        }
        let expected = MachineTransfer(
            from: CannedFleet.truck, to: MachineKey("altai-ore/t-4")!, at: CannedFleet.now, owner: "Altai Ore")
        fleet.told.withLock { #expect($0.transferred == (status == 200 ? [expected] : [])) }
    }

    @Test(
        "quarantined messages are tried again: those named, or all, the oldest first",
        arguments: [(#"{"ids":[3]}"#, [3]), (#"{"all":true}"#, [2, 3])] as [(String, [Int64])])
    func retry(body: String, tried: [Int64]) async throws {
        let fleet = CannedFleet()
        try await withServer(fleet) { client in
            let answer = try await client.ask("POST", "/v1/quarantine/retry", body: body)
            #expect(try answer.document() == RetryDocument(accepted: tried))
        }
        fleet.told.withLock { #expect($0.retried == [tried]) }
    }
}
