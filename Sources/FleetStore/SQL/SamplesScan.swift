import FleetModel

/// Goes through the samples that are asked for: machine by machine, and of each segment by segment or in order of time.
final class SamplesScan {
    private let table: SamplesTable
    private var filter = SamplesFilter()
    private var order = SamplesPlan.Order()
    private var machines: [SamplesTable.Machine] = []
    private var nextMachine = 0
    private var wantedSignals: Set<Int64>?

    // Of the machine that is being gone through.
    private var segments: [ListedSegment] = []
    private var headFrames: [Frame] = []
    /// Kept only when each signal is gone through by itself.
    private var directories: [Int64: SegmentDirectory] = [:]
    /// The signals that are gone through one after the other, by name; with `nil` all together.
    private var groups: [Int64?] = []
    private var nextGroup = 0

    // Of the signals that are being gone through together.
    private var group: Int64?
    private var nextSegment = 0
    private var isHeadPending = false
    /// In order of time only: those that have begun, besides the one where we are.
    private var waiting: [(block: SampleBlock, segment: ListedSegment?)] = []
    /// Up to which time the one where we are goes before all others.
    private var horizon = Int64.max

    /// Where we are; `nil` at the end.
    private(set) var block: SampleBlock?
    private var segment: ListedSegment?
    private var timeWriter = SampleTime.Writer()

    init(_ table: SamplesTable) { self.table = table }

    var isAtEnd: Bool { block == nil }

    /// Goes to the first sample.
    func begin(_ filter: SamplesFilter, _ order: SamplesPlan.Order) throws {
        self.filter = filter
        self.order = order
        (nextMachine, nextGroup, groups) = (0, 0, [])
        (waiting, block, segment) = ([], nil, nil)
        (segments, nextSegment, headFrames, isHeadPending) = ([], 0, [], false)
        machines = []
        guard !filter.isEmpty else { return }
        machines = table.machines.filter { machine in
            filter.equipment?.contains(machine.equipment) ?? true && filter.fleets?.contains(machine.fleet) ?? true
        }
        if order.byFleet {
            machines.sort {
                ($0.fleet, $0.equipment) < ($1.fleet, $1.equipment)
            }
        }
        wantedSignals = filter.signals.map { names in
            Set(
                table.signalNames.indices.filter { table.signalNames[$0].map(names.contains) ?? false }.map {
                    Int64($0) + 1
                })
        }
        if wantedSignals?.isEmpty ?? false { return }
        try advance()
    }

    /// Goes to the next sample.
    func advance() throws {
        switch order.time {
        case .any: try advanceAsStored()
        case .forwards: try advanceInTime(isBackwards: false)
        case .backwards: try advanceInTime(isBackwards: true)
        }
    }

    // MARK: What stands there

    var machine: SamplesTable.Machine { machines[nextMachine - 1] }
    var signalName: String { block.flatMap { table.signalName($0.signal) } ?? "" }

    func value() throws -> Double { try here { try $0.value() } }
    func sequence() throws -> (boot: UInt32, seq: UInt64) { try here { try $0.sequence() } }

    /// Calls `body` with the text of the time.
    func withTime(_ body: (UnsafeBufferPointer<UInt8>) -> Void) throws {
        timeWriter.write(try here { try $0.time() })
        timeWriter.text.withUnsafeBufferPointer(body)
    }

    private func here<Result>(_ body: (SampleBlock) throws -> Result) throws -> Result {
        let block = block!
        guard let segment else { return try body(block) }
        return try table.reading(segment, of: machine) { try body(block) }
    }

    // MARK: Segment by segment

    private func advanceAsStored() throws {
        if let block, block.nextByColumn() { return }
        while true {
            try table.check()
            if nextSegment < segments.count {
                let next = segments[nextSegment]
                nextSegment += 1
                let opened = try open(next)
                guard opened.beginByColumn() else { continue }
                (block, segment) = (opened, next)
                return
            }
            if let opened = openHead() {
                guard opened.beginByColumn() else { continue }
                (block, segment) = (opened, nil)
                return
            }
            guard try beginGroup() else {
                (block, segment) = (nil, nil)
                return
            }
        }
    }

    // MARK: In order of time

    private func advanceInTime(isBackwards: Bool) throws {
        /// Smaller is earlier in our direction.
        func key(_ time: Int64) -> Int64 { isBackwards ? ~time : time }
        func key(_ block: SampleBlock, _ segment: ListedSegment?) throws -> Int64 {
            guard let segment else { return key(try block.time()) }
            return key(try table.reading(segment, of: machine) { try block.time() })
        }
        if let block {
            if block.nextByRow(isBackwards: isBackwards) {
                if try key(block, segment) <= horizon { return }
                waiting.append((block, segment))
            }
            (self.block, segment) = (nil, nil)
        }
        while true {
            try table.check()
            if let opened = openHead(), opened.beginByRow(isBackwards: isBackwards) { waiting.append((opened, nil)) }
            var keys = try waiting.map { try key($0.block, $0.segment) }
            while nextSegment < segments.count {
                let next = segments[nextSegment]
                let begins = key(isBackwards ? next.last : next.first)
                guard keys.allSatisfy({ begins <= $0 }) else { break }
                nextSegment += 1
                let opened = try open(next)
                guard opened.beginByRow(isBackwards: isBackwards) else { continue }
                waiting.append((opened, next))
                keys.append(try key(opened, next))
            }
            guard let first = keys.indices.min(by: { keys[$0] < keys[$1] }) else {
                guard try beginGroup() else { return }
                continue
            }
            (block, segment) = waiting.remove(at: first)
            keys.remove(at: first)
            if nextSegment < segments.count {
                keys.append(key(isBackwards ? segments[nextSegment].last : segments[nextSegment].first))
            }
            horizon = keys.min() ?? .max
            return
        }
    }

    // MARK: Machines and signals

    private func isWanted(_ signal: Int64) -> Bool {
        if let group, group != signal { return false }
        return wantedSignals?.contains(signal) ?? (table.signalName(signal) != nil)
    }

    private func open(_ segment: ListedSegment) throws -> SampleBlock {
        try table.reading(segment, of: machine) {
            try SampleBlock(
                segment, directories[segment.id], of: table.source, from: filter.start, to: filter.end
            ) { isWanted($0.signal) && filter.mayHold($0.statistics) }
        }
    }

    private func openHead() -> SampleBlock? {
        guard isHeadPending else { return nil }
        isHeadPending = false
        return table.block(of: headFrames) { isWanted($0) }
    }

    /// Goes to the next signal or, after the last, to the next machine; `false` after the last of all.
    private func beginGroup() throws -> Bool {
        while nextGroup == groups.count {
            try table.check()
            guard nextMachine < machines.count else { return false }
            nextMachine += 1
            segments = try table.source.segments(of: machine.row, from: filter.start, to: filter.end)
            if order.time == .backwards { segments.sort { $0.last > $1.last } }
            headFrames = try table.headFrames(of: machine, from: filter.start, to: filter.end)
            group = nil
            groups = order.bySignal ? try signals() : [nil]
            nextGroup = 0
        }
        group = groups[nextGroup]
        nextGroup += 1
        nextSegment = 0
        isHeadPending = !headFrames.isEmpty
        return true
    }

    /// The wanted signals that the machine has, by name.
    private func signals() throws -> [Int64?] {
        directories = [:]
        var found: Set<Int64> = []
        for segment in segments {
            try table.reading(segment, of: machine) {
                let directory = try table.source.directory(of: segment.id)
                directories[segment.id] = directory
                for column in directory.columns where isWanted(column.signal) { found.insert(column.signal) }
            }
        }
        for column in table.block(of: headFrames, wanted: { isWanted($0) }).columns { found.insert(column.signal) }
        return found.map { (row: $0, name: table.signalName($0) ?? "") }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map(\.row)
    }
}
