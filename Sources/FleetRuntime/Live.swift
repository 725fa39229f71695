import Synchronization

/// A value that may be replaced while the daemon runs. A loop reads it once at the start of a round, so that a round
/// never sees half of a change.
package final class Live<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var version = 0
    }

    private let state: Mutex<State>

    package init(_ value: Value) { state = Mutex(State(value: value)) }

    package var value: Value { state.withLock { $0.value } }

    /// The value with a number that grows whenever it is replaced.
    package var current: (value: Value, version: Int) { state.withLock { ($0.value, $0.version) } }

    package func replace(by value: Value) {
        state.withLock {
            $0.value = value
            $0.version += 1
        }
    }
}
