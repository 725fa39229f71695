import FleetConsole
import FleetModel
import FleetRuntime
import Testing

@testable import FleetAPI

@Suite("What cannot be answered is refused with a problem document")
struct ProblemTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path: String
        var body: String?
        var type = "application/json"
        var status: Int
        var detail: String
        var testDescription: String { "\(method) \(path) \(body ?? "") -> \(status)" }
    }

    static let query = "/v1/query?equipment=kuzbass-coal/truck-17"
    static let cases: [Case] = [
        Case(path: "/v2", status: 404, detail: "GET / lists"),
        Case(path: "/v1/machines/kuzbass-coal/none", status: 404, detail: "no machine kuzbass-coal/none"),
        Case(path: "/v1/machines/kuzbass-coal/a%20b", status: 400, detail: "parameter equipment"),
        Case(path: "/v1/machines/a%20b/truck-17", status: 400, detail: "parameter fleet"),
        Case(method: "DELETE", path: "/v1/machines", status: 405, detail: "takes GET, POST"),
        Case(method: "POST", path: "/v1/status", body: "{}", status: 405, detail: "takes GET"),
        Case(path: "/v1/alerts?all=yes", status: 400, detail: "parameter all: takes true or false"),
        Case(path: "/v1/alerts?fleet=a", status: 400, detail: "parameter fleet: is not known here"),
        Case(path: "/v1/alerts?all=true&all=true", status: 400, detail: "parameter all: is given twice"),
        Case(path: "/v1/alerts?all=%FF", status: 400, detail: "parameter all: is not UTF-8"),
        Case(path: "/v1/quarantine?limit=0", status: 400, detail: "parameter limit"),
        Case(path: "/v1/quarantine?limit=1001", status: 400, detail: "from 1 to 1000"),
        Case(path: "/v1/query", status: 400, detail: "parameter equipment: is missing"),
        Case(path: "/v1/query?equipment=truck", status: 400, detail: "takes fleet/equipment"),
        Case(
            path: query + "&from=yesterday", status: 400,
            detail: "parameter from: takes a time such as 2026-03-01T08:00:00Z"),
        Case(path: query + "&from=2026-03-01T08:00:00Z", status: 400, detail: "from: must be before to"),
        Case(path: query + "&limit=1000001", status: 400, detail: "parameter limit"),
        Case(path: query + "&limit=5&limit=6", status: 400, detail: "parameter limit: is given twice"),
        Case(path: query + "&signal=@tags", status: 400, detail: "parameter signal"),
        Case(path: query + "&step=1m", status: 400, detail: "parameter aggregate: is missing"),
        Case(path: query + "&aggregate=mean", status: 400, detail: "parameter step: is missing"),
        Case(path: query + "&step=0s&aggregate=mean", status: 400, detail: "parameter step"),
        Case(path: query + "&step=1m&aggregate=p101", status: 400, detail: "parameter aggregate: takes mean"),
        Case(path: query + "&step=1m&aggregate=mean&last=true", status: 400, detail: "parameter last"),
        Case(path: query + "&where=speed%20is%20low", status: 400, detail: "mean speed < 1 for 10m"),
        Case(
            path: query + "&where=mean%20speed%20%3C%201%20for%2010m&signal=speed", status: 400,
            detail: "parameter where"),
        Case(path: query + "&group_by=fleet", status: 400, detail: "parameter group_by"),
        Case(path: query + "&format=xml", status: 400, detail: "parameter format: takes json or csv"),
        Case(path: "/v1/tsbs/every-load?at=2016-01-01T00:00:00Z", status: 400, detail: "parameter kind"),
        Case(path: "/v1/tsbs/low-fuel?at=2016-01-01T00:00:00Z", status: 400, detail: "parameter fleet: is missing"),
        Case(path: "/v1/tsbs/last-loc?fleet=South", status: 400, detail: "expected fleet/equipment"),
        Case(path: "/v1/tsbs/last-loc?equipment=truck_1", status: 400, detail: "takes fleet/equipment"),
        Case(method: "POST", path: "/v1/machines", body: "[{}]", status: 400, detail: "key"),
        Case(method: "POST", path: "/v1/machines", body: "nonsense", status: 400, detail: "body"),
        Case(method: "POST", path: "/v1/machines", body: "[]", type: "text/plain", status: 415, detail: "text/plain"),
        Case(
            method: "POST", path: "/v1/machines",
            body:
                #"[{"key":"centers/a","model":"M","site":"","owner":"","contact":"","meters":{},"last_services":{}}]"#,
            status: 400, detail: "reserved"),
        Case(method: "POST", path: "/v1/quarantine/retry", body: "{}", status: 400, detail: "ids, or all"),
        Case(
            method: "POST", path: "/v1/quarantine/retry", body: #"{"ids":[1],"all":true}"#, status: 400,
            detail: "exclude"),
        Case(method: "POST", path: "/v1/quarantine/retry", body: #"{"ids":[]}"#, status: 400, detail: "1 to 1000"),
        Case(
            method: "POST", path: "/v1/alerts/acknowledge",
            body: #"{"equipment":"a/b","rule":"r","episode":1,"by":""}"#, status: 400, detail: "by:"),
        Case(
            method: "POST", path: "/v1/alerts/acknowledge",
            body: #"{"equipment":"a/b","rule":"r","episode":0,"by":"x"}"#, status: 400, detail: "episode:"),
    ]

    @Test("the status says what kind it is, the detail what to change", arguments: cases)
    func refused(_ given: Case) async throws {
        try await withServer { client in
            let answer = try await client.ask(given.method, given.path, body: given.body, contentType: given.type)
            #expect(answer.status == given.status)
            #expect(answer.contentType == "application/problem+json")
            let problem: ProblemDocument = try answer.document()
            #expect(problem.status == given.status)
            #expect(problem.detail.contains(given.detail), "\(problem.detail)")
        }
    }

    @Test(
        "a store that cannot is told apart: try again, or a person must look",
        arguments: [
            (StoreFailure.diskFull("/secret"), 503, true), (.busy("/secret"), 503, true),
            (.damaged("/secret"), 500, false), (.foreign("/secret"), 500, false), (.notFound("gone"), 404, false),
            (.conflict("taken"), 409, false), (.tooMuch("narrow it"), 422, false),
        ])
    func storeFailures(failure: StoreFailure, status: Int, isRetried: Bool) async throws {
        try await withServer(CannedFleet(failing: failure)) { client in
            let answer = try await client.ask("GET", "/v1/machines")
            #expect(answer.status == status)
            #expect(answer.headers.lowercased().contains("retry-after: 5") == isRetried)
            #expect(!answer.text.contains("/secret"), "the inside belongs in the log")
        }
    }

    @Test("an unexpected failure is 500 and tells nothing of the inside")
    func unexpected() async throws {
        struct Inside: Error { let password = "hunter2" }
        try await withServer(retry: { _ in throw Inside() }) { client in
            let answer = try await client.ask("POST", "/v1/quarantine/retry", body: #"{"ids":[1]}"#)
            #expect(answer.status == 500)
            #expect(!answer.text.contains("hunter2"))
        }
    }

    @Test(
        "a body may be as large as its address allows and no larger",
        arguments: [
            ("/v1/quarantine/retry", 1 << 20, 200), ("/v1/quarantine/retry", (1 << 20) + 1, 413),
            ("/v1/machines", 4 << 20, 200), ("/v1/machines", (4 << 20) + 1, 413),
        ])
    func bodyLimits(path: String, bytes: Int, status: Int) async throws {
        let document = Array((path == "/v1/machines" ? "[]" : #"{"ids":[1]}"#).utf8)
        let body = document + [UInt8](repeating: UInt8(ascii: " "), count: bytes - document.count)
        try await withServer { client in
            let answer = try await client.ask("POST", path, bytes: body, contentType: "application/json")
            #expect(answer.status == status)
        }
    }

    @Test("an answer is refused for a while when others have more still to read than there may be")
    func answersHeld() async throws {
        let fleet = CannedFleet()
        var desk = FleetDesk(
            reader: fleet, registry: fleet, status: { CannedFleet.status }, metrics: { CannedFleet.metrics },
            retry: { fleet.retry($0) }, now: { CannedFleet.now })
        let parameters = "equipment=kuzbass-coal/truck-17&signal=speed&from=2026-02-01T00:00:00Z"
        let query = try Query(parameters, allowed: SeriesQuestion.parameters)
        _ = try await desk.series(query)
        let unread = TextSink().text()
        desk.answersHeldMax = 0
        await #expect(throws: APIFailure.tooManyAnswers) { _ = try await desk.series(query) }
        let problem = Problem(APIFailure.tooManyAnswers)
        #expect(problem.document.status == 503 && problem.headers[.retryAfter] == "5")
        withExtendedLifetime(unread) {}
    }

    @Test("good and bad answers alike are not stored and not sniffed", arguments: ["/v1/status", "/v2"])
    func headers(path: String) async throws {
        try await withServer { client in
            let headers = try await client.ask("GET", path).headers.lowercased()
            #expect(headers.contains("cache-control: no-store"))
            #expect(headers.contains("x-content-type-options: nosniff"))
        }
    }

    @Test("405 says what is allowed")
    func allow() async throws {
        try await withServer { client in
            let answer = try await client.ask("PUT", "/v1/machines")
            #expect(answer.headers.lowercased().contains("allow: get, post"))
        }
    }
}
