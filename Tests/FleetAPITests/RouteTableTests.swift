import Testing

@testable import FleetAPI

@Suite("The route table")
struct RouteTableTests {
    @Test("has each method and path once, each with a sentence")
    func uniqueness() {
        let names = RouteTable.routes.map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(names).count == names.count)
        #expect(RouteTable.routes.allSatisfy { !$0.summary.isEmpty })
    }

    @Test(
        "finds a path with its segments, and none other",
        arguments: [
            ("/v1/machines/a/b", ["fleet": "a", "equipment": "b"]), ("/v1/machines/a", nil),
            ("/v1/machines/a/b/c", nil), ("/v1/machines", [:]), ("/", [:]),
        ] as [(String, [String: String]?)])
    func paths(path: String, segments: [String: String]?) {
        switch RouteTable.lookup(method: "GET", path: path) {
        case .found(_, let found): #expect(found == segments)
        case .wrongMethod, .unknown: #expect(segments == nil)
        }
    }
}
