import FleetModel

/// How often a service was done since registration, and when last.
package struct ServiceHistory: Sendable, Hashable, Codable {
    package var done: Int
    package var last: ServiceRecord

    package init(done: Int, last: ServiceRecord) {
        self.done = done
        self.last = last
    }
}
