import FleetModel

/// A fault code that the machine reports now, and since when.
package struct ActiveFault: Sendable, Hashable, Codable {
    package var code: DiagnosticTroubleCode
    package var since: Timestamp

    package init(code: DiagnosticTroubleCode, since: Timestamp) {
        self.code = code
        self.since = since
    }
}
