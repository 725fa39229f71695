import Synchronization

/// Said once, from any thread: we are closing.
final class Closing: Sendable {
    private let state = Atomic(0)

    var isSet: Bool { state.load(ordering: .acquiring) != 0 }
    /// Without a goodbye to the broker.
    var isSilent: Bool { state.load(ordering: .acquiring) == 2 }

    func set(silently: Bool = false) {
        _ = state.compareExchange(expected: 0, desired: silently ? 2 : 1, ordering: .acquiringAndReleasing)
    }
}
