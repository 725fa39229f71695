import FleetModel

/// The signals that a file names. A name is in memory for as long as the program runs, so a file may bring only so
/// many new ones.
final class ImportSignals {
    private let newMax: Int
    private var newCount = 0

    init(newMax: Int = 100_000) { self.newMax = newMax }

    /// The signal of a name that a signal may have; `nil` when there were too many new ones.
    func signal(_ name: String) -> Signal? {
        if let known = Signal(known: name) { return known }
        guard newCount < newMax else { return nil }
        newCount += 1
        return Signal(name)
    }

    /// The signal that a line of a frame names.
    func named(_ name: String) throws(Rejection) -> Signal {
        guard isSignalName(name) else {
            throw Rejection(.badTopic, "\(name.prefix(64).debugDescription) cannot be the name of a signal")
        }
        guard let signal = signal(name) else {
            throw Rejection(.tooManySignals, "\(name) is one more than the \(newMax) new signals of a file")
        }
        return signal
    }
}
