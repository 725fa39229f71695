import FleetModel

// Signatures that the ingestor is written against.

/// Reads the bodies of messages. Keeps a parser and its buffers between messages, so each loop has one of its own.
package struct TelemetryDecoder: ~Copyable {
    package init(limits: IngestLimits) {}

    /// The frames of a telemetry or faults message, in the order they stand in it.
    package mutating func frames(
        in body: [UInt8], of machine: MachineKey, receivedAt: Timestamp
    ) throws(Rejection) -> [Frame] { [] }

    /// A status message: whether the machine says it is connected.
    package mutating func status(in body: [UInt8], of machine: MachineKey) throws(Rejection) -> Bool { false }

    /// A center's answer to a work order.
    package mutating func reply(in body: [UInt8], from center: ServiceCenterID) throws(Rejection) -> CenterReply {
        throw Rejection(.notJSON, "")
    }
}

/// Writes the same bodies: for the simulator, for replay and for tests.
package enum TelemetryEncoder {
    /// One frame.
    package static func body(of frame: Frame) -> [UInt8] { [] }
    /// A batch of frames, as after a dead zone.
    package static func body(of frames: [Frame]) -> [UInt8] { [] }
    /// The columnar form; `nil` when the frames do not have the same signals and consecutive numbers.
    package static func columnarBody(of frames: [Frame]) -> [UInt8]? { nil }
    package static func statusBody(isConnected: Bool) -> [UInt8] { [] }
    package static func body(of reply: CenterReply) -> [UInt8] { [] }
}
