import FleetModel

/// A message somebody outside has published, with what it holds as the sender knows it.
struct SentMessage: Sendable {
    var id: Int
    var topic: String
    var body: [UInt8]
    var isRetained = false
    var content: Content

    enum Content: Sendable {
        case frames(MachineKey, [Frame])
        case status(MachineKey, isConnected: Bool)
        case reply(String)
        /// Must end in quarantine.
        case garbage
    }

    /// No two messages of different content share both.
    var fingerprint: String { SentMessage.fingerprint(topic, body) }

    static func fingerprint(_ topic: String, _ body: [UInt8]) -> String {
        "\(topic) \(String(decoding: body, as: UTF8.self))"
    }
}

/// What makes a frame the same frame.
struct FrameID: Hashable, Comparable, Sendable, CustomStringConvertible {
    var machine: MachineKey
    var boot: UInt32
    var seq: UInt64

    var description: String { "\(machine) boot \(boot) seq \(seq)" }

    static func < (a: Self, b: Self) -> Bool { (a.machine, a.boot, a.seq) < (b.machine, b.boot, b.seq) }
}
