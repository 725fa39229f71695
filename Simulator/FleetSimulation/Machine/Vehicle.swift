import FleetModel

/// What a tracker can be mounted in: the figures of a machine and the parts that can fail.
struct Vehicle: Sendable {
    let model: ModelID
    let traits: MachineTraits
    let parts: [FailurePart]
    let table: ReliabilityTable?
}
