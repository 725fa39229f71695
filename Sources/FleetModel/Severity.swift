/// How much it matters, least first.
package enum Severity: String, CaseIterable, Comparable, Sendable, Codable {
    case info, minor, major, critical

    private var rank: Int { Severity.allCases.firstIndex(of: self)! }
    package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}
