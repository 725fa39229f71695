/// One thing the API can be asked: its method, its path and what answers it.
///
/// Everything that decides who may ask, and how much may be sent, hangs on this value, so that no route can be
/// reached past it.
struct Route: Sendable {
    let method: Method
    /// `/v1/machines/{fleet}/{equipment}`; a segment in braces takes any one segment.
    let path: String
    private let template: [String]
    var summary: String
    /// Query parameters it knows. Any other is refused, because a misspelt one would be an unfiltered answer.
    var parameters: Set<String>
    /// Those of them that may be given more than once.
    var repeatable: Set<String>
    var bodyLimit: Int
    var answer: @Sendable (Call, FleetDesk) async throws -> any Encodable & Sendable

    enum Method: String, Sendable, CaseIterable { case get = "GET", post = "POST" }

    init(
        _ method: Method, _ path: String, _ summary: String, parameters: Set<String> = [],
        repeatable: Set<String> = [], bodyLimit: Int = Route.ordinaryBodyLimit,
        answer: @escaping @Sendable (Call, FleetDesk) async throws -> any Encodable & Sendable
    ) {
        self.method = method
        self.path = path
        template = path.split(separator: "/").map(String.init)
        self.summary = summary
        self.parameters = parameters
        self.repeatable = repeatable
        self.bodyLimit = bodyLimit
        self.answer = answer
    }

    static let ordinaryBodyLimit = 1 << 20
    /// 20,000 machines of a fleet in one import.
    static let importBodyLimit = 4 << 20

    /// The values of the segments in braces, when `segments` is this route's path.
    func match(_ segments: [Substring]) -> [String: String]? {
        guard template.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (expected, given) in zip(template, segments) {
            if expected.hasPrefix("{") {
                values[String(expected.dropFirst().dropLast())] = String(given)
            } else if given != expected {
                return nil
            }
        }
        return values
    }
}
