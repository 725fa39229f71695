import FleetModel

/// The work each center has in hand by the orders we gave it, in its bays and with its crews.
///
/// Counted in whole minutes: taking an order off must leave exactly what was there before it.
package struct CenterLoad: Sendable, Hashable {
    private struct Place: Hashable, Sendable {
        var center: ServiceCenterID
        var mode: ServiceMode
    }

    private struct Work: Hashable, Sendable {
        var orders = 0
        var minutes = 0
    }

    private var work: [Place: Work] = [:]

    package init() {}

    /// An order that a center holds is in hand until it is final.
    package mutating func add(_ order: WorkOrder) { change(by: 1, order) }
    package mutating func remove(_ order: WorkOrder) { change(by: -1, order) }

    /// Until a bay or a crew is probably free, hours: none while there are fewer orders than places, else the work
    /// in hand shared among the places.
    package func waitHours(at center: ServiceCenter, mode: ServiceMode) -> Double {
        let places = mode == .visit ? center.bays.value : center.crews.value
        guard places > 0, let work = work[Place(center: center.id, mode: mode)], work.orders >= places else { return 0 }
        return Double(work.minutes) / 60 / Double(places)
    }

    private mutating func change(by sign: Int, _ order: WorkOrder) {
        guard !order.state.isFinal, let center = order.center, let mode = order.mode else { return }
        let place = Place(center: center, mode: mode)
        var present = work[place] ?? Work()
        present.orders += sign
        present.minutes += sign * Int((order.need.durationHours * 60).rounded())
        work[place] = present.orders == 0 ? nil : present
    }
}
