import FleetModel

/// What was read of a file and is not written yet.
final class Gathering {
    /// In order of appearance.
    private(set) var rows: [GatheredRows] = []
    var rejected = RejectedLines()
    /// Lines whose machine's fleet is not known yet: one that comes later may name it.
    private(set) var deferred: [(number: Int64, line: [UInt8])] = []
    private var bytes = 0
    private let bound: Int
    private var measured: [Measured: GatheredRows] = [:]
    private var layouts: [UInt32: RowLayout] = [:]
    private var tracks: [MachineKey: FrameTracks] = [:]

    private struct Measured: Hashable {
        var machine: MachineKey
        var boot: UInt32
    }

    init(bound: Int) { self.bound = bound }

    /// Whether it is time to write.
    var isFull: Bool { bytes + rejected.bytes >= bound }

    /// The columns of a measurement, which all machines share.
    func layout(of boot: UInt32) -> RowLayout {
        if let layout = layouts[boot] { return layout }
        let layout = RowLayout(boot: boot)
        _ = layout.add(.tags)
        layouts[boot] = layout
        return layout
    }

    /// Where a machine's rows of a measurement go.
    func rows(of machine: MachineKey, _ layout: RowLayout) -> GatheredRows {
        let key = Measured(machine: machine, boot: layout.boot!)
        if let rows = measured[key] { return rows }
        let rows = begin(machine, layout)
        measured[key] = rows
        return rows
    }

    /// Where a machine's rows that have numbers of their own and say these signals go; `nil` when there are too many signals.
    func rows(of machine: MachineKey, saying signals: [Signal]) -> GatheredRows? {
        tracks[machine, default: FrameTracks()].rows(saying: signals) { begin(machine, RowLayout(boot: nil)) }
    }

    private func begin(_ machine: MachineKey, _ layout: RowLayout) -> GatheredRows {
        let new = GatheredRows(machine: machine, layout: layout)
        rows.append(new)
        bytes += 512
        return new
    }

    /// Makes sure that a row with all columns can be added.
    func makeRoom(in rows: GatheredRows) {
        if !rows.hasRoom { bytes += rows.makeRoom() }
    }

    func `defer`(_ line: [UInt8], number: Int64) {
        deferred.append((number, line))
        bytes += line.count + 64
    }

    func takeDeferred() -> [(number: Int64, line: [UInt8])] {
        defer { deferred = [] }
        return deferred
    }
}

/// Where frames of one machine go: those that say nearly the same signals together.
private struct FrameTracks {
    private var tracks: [GatheredRows] = []
    private var places: [[Signal]: Int] = [:]

    mutating func rows(saying shape: [Signal], begin: () -> GatheredRows) -> GatheredRows? {
        if let place = places[shape] { return tracks[place] }
        let chosen = Track.choice(
            for: shape, among: tracks, count: { $0.layout.signals.count }, has: { $0.layout.place(of: $1) != nil })
        let place = chosen ?? tracks.count
        if chosen == nil { tracks.append(begin()) }
        let layout = tracks[place].layout
        let new = shape.filter { layout.place(of: $0) == nil }
        guard layout.signals.count + new.count <= RowLayout.columnsMax else { return nil }
        for signal in new { _ = layout.add(signal) }
        places[shape] = place
        return tracks[place]
    }
}
