/// What else goes wrong while the daemon is killed again and again.
enum ChaosFault: String, CaseIterable, Sendable, Hashable {
    /// The broker is ended in order and started again on its port.
    case brokerRestart = "broker-restart"
    /// Connections to the broker are broken by a TCP reset.
    case reset
    /// Machines send messages that nobody can take.
    case poison
    /// The disk under the database runs full, and later has room again.
    case diskFull = "disk-full"
    /// Instead of being killed the daemon loses its power: what it wrote and did not flush is gone.
    case powerCut = "power-cut"

    /// How often it is done in one run; poison goes by messages, power cuts by kills.
    var times: Int {
        switch self {
        case .brokerRestart: 5
        case .reset: 20
        case .diskFull: 3
        case .poison, .powerCut: 0
        }
    }

    static func list(_ text: String) -> Set<ChaosFault>? {
        let found = text.split(separator: ",").map { ChaosFault(rawValue: String($0)) }
        return found.contains(nil) ? nil : Set(found.compactMap(\.self))
    }
}
