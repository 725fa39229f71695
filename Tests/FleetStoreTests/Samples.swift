import Support
import FleetModel
import FleetRuntime

@testable import FleetStore

let start = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
let truck = MachineKey("kuzbass-coal/truck-17")!
let tractor = MachineKey("agro/mtz-3")!
let belovo = ServiceCenterID("ru-kuz-belovo")!
let coolant = Signal("coolant_temp")

func frame(_ seq: UInt64, boot: UInt32 = 1, after seconds: Double? = nil, _ readings: [Reading]? = nil) -> Frame {
    Frame(
        boot: boot, seq: seq, observedAt: start + .seconds(seconds ?? Double(seq)),
        readings: readings ?? [Reading(coolant, 80 + Double(seq % 10) / 10), Reading(.speed, 31.5)])
}

func batch(_ frames: [Frame], at time: Timestamp = start) -> IngestBatch { batch(truck, frames, at: time) }

func batch(_ machine: MachineKey, _ frames: [Frame], at time: Timestamp = start) -> IngestBatch {
    var batch = IngestBatch()
    batch.frames = [ReceivedFrames(machine: machine, receivedAt: time, frames: frames)]
    return batch
}

func open(
    _ folder: TemporaryFolder, access: Access = .daemon, catalog: Catalog = Catalog(),
    limits: IngestLimits = IngestLimits(), keepsBallast: Bool = false, bounds: QuarantineBounds = QuarantineBounds(),
    schema: Schema = .current, freeBytes: @escaping @Sendable (String) -> Int64 = { FileSize.free(beside: $0) }
) async throws -> FleetDatabase {
    try await FleetDatabase.open(
        path: folder.file("zubr.db"), access: access, catalog: catalog, limits: limits, keepsBallast: keepsBallast,
        quarantineBounds: bounds, schema: schema, freeBytes: freeBytes)
}

/// One reading with where it came from.
struct SeriesPoint: Hashable {
    var observedAt: Timestamp
    var boot: UInt32
    var seq: UInt64
    var signal: Signal
    var value: Double
}

extension FleetDatabase {
    func everything(of machine: MachineKey = truck) async throws -> [SeriesPoint] {
        var points: [SeriesPoint] = []
        try await exportFrames(of: machine, tags: [:]) { exported in
            let frame = exported.frame
            points += frame.readings.map {
                SeriesPoint(
                    observedAt: frame.observedAt, boot: frame.boot, seq: frame.seq, signal: $0.signal, value: $0.value)
            }
        }
        return points
    }
}

/// The failure that `body` throws; `nil` when it does not.
func failure(_ body: () async throws -> Void) async -> StoreFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreFailure
    }
}

extension StoreFailure {
    /// The case without its text.
    var kind: String { String("\(self)".prefix { $0 != "(" }) }
}
