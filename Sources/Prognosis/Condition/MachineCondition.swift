import FleetModel

/// Everything the program remembers of a machine between two frames: the fold of all frames so far.
///
/// It is stored with the evaluator's cursor, so that a restart goes on where the last commit left.
package struct MachineCondition: Sendable, Hashable, Codable {
    /// The newest value of each signal. Late data never changes it.
    package var latest: [Signal: LatestValue] = [:]
    /// The earliest time a frame has spoken of: what lies before it nobody told us.
    package var firstObservedAt: Timestamp?
    package var lastObservedAt: Timestamp?
    package var lastReceivedAt: Timestamp?
    package var meters: [Meter: MeterHistory] = [:]
    /// Active codes, by what makes them the same code.
    package var faults: [DiagnosticTroubleCode.Key: ActiveFault] = [:]
    /// The newest frame that spoke of codes; an older one changes nothing.
    package var faultsObservedAt: Timestamp?
    /// Where each rule stands, by its id and subject.
    package var episodes: [String: EpisodeState] = [:]
    /// How often each service was done, and when last, by its code.
    package var services: [String: ServiceHistory] = [:]

    package init() {}

    package var position: Coordinate? {
        guard let latitude = latest[.latitude]?.value, let longitude = latest[.longitude]?.value else { return nil }
        return Coordinate(latitude: latitude, longitude: longitude)
    }

    package var mode: OperatingMode? { latest[.operatingMode].flatMap { OperatingMode(code: $0.value) } }
}
