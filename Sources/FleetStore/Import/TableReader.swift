import FleetModel
import FleetRuntime
import TelemetryCodec

/// Reads a table with commas into what is gathered.
///
/// Its first line names the columns: `observed_at`; `equipment`, which is FLEET/NAME, or NAME beside a column `fleet`; `boot`
/// and `seq`, both or neither; and either `signal` and `value`, a line a value, or a column for each signal. The lines of a row
/// that has several stand together.
final class TableReader: LineReader {
    var names: ImportNames
    private let plan: ImportPlan
    private var columns: Columns?
    private var cells = TableRow()
    private let signals: ImportSignals
    private var codes: FrameLineReader
    /// A row of which more may come.
    private var pending: Pending?
    /// The signals in the order of the row before.
    private var known: [(name: [UInt8], signal: Signal)] = []
    private var lastMachine: (text: [UInt8], fleet: [UInt8], machine: MachineKey)?

    private struct Pending {
        /// The cells that say whose row it is, one behind the other.
        var key: [UInt8]
        var row: FrameLine
        var lines: [(number: Int64, text: [UInt8])]
    }

    fileprivate struct Columns {
        var observedAt: Int
        var equipment: Int
        var fleet: Int?
        var boot: Int?
        var seq: Int?
        var signal: Int?
        var value: Int?
        /// Of a table that has a column a signal.
        var readings: [(cell: Int, signal: Signal)] = []
        var count: Int

        /// Those that say whose row it is.
        var key: [Int] { [observedAt, equipment, fleet, boot, seq].compactMap { $0 } }
    }

    init(_ plan: ImportPlan, names: ImportNames) {
        self.plan = plan
        self.names = names
        let signals = ImportSignals()
        self.signals = signals
        codes = FrameLineReader(signal: signals.named)
    }

    var isBetweenRows: Bool { pending == nil }

    func take(_ lines: UnsafeRawBufferPointer, _ gathering: Gathering, _ report: inout ImportReport) throws -> Int {
        guard let base = lines.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        if columns == nil, let header = report.header { columns = try Columns(header, plan) }
        let end = base + lines.count
        var next = base
        while next < end {
            let lineEnd = lineEnd(next, end)
            let line = UnsafeBufferPointer(start: next, count: lineEnd - next)
            if let columns {
                if pending == nil, gathering.isFull { break }
                if let reason = take(line, columns, gathering, &report) {
                    guard reason != .isFull else { break }
                    report.lines += 1
                    if let rejection = reason.rejection {
                        report.reject(line, number: report.lines, rejection, gathering)
                    }
                } else {
                    report.lines += 1
                }
            } else if !line.allSatisfy({ $0 == 0x0D || $0 == 0x20 }) {
                report.lines += 1
                report.header = String(decoding: line, as: UTF8.self)
                columns = try Columns(report.header!, plan)
            } else {
                report.lines += 1
            }
            next = min(lineEnd + 1, end)
        }
        return next - base
    }

    func finish(_ gathering: Gathering, _ report: inout ImportReport) { closeRow(gathering, &report) }

    func reset() {}

    /// Why a line was not taken.
    private enum Refusal: Equatable {
        case rejected(ImportRejection)
        /// It begins a row, and it is time to write.
        case isFull

        var rejection: ImportRejection? {
            if case .rejected(let reason) = self { reason } else { nil }
        }
    }

    private struct Problem: Error { var reason: ImportRejection }

    private func take(
        _ line: UnsafeBufferPointer<UInt8>, _ columns: Columns, _ gathering: Gathering, _ report: inout ImportReport
    ) -> Refusal? {
        if line.allSatisfy({ $0 == 0x0D || $0 == 0x20 }) { return nil }
        guard line.count <= ImportLines.lineMax else { return .rejected(.tooLong) }
        guard cells.read(line), cells.count == columns.count else { return .rejected(.syntax) }
        do throws(Problem) {
            guard let signal = columns.signal, let value = columns.value else {
                var row = try row(columns)
                for (cell, signal) in columns.readings where !cells[cell].isEmpty {
                    row.frame.readings.append(Reading(signal, try number(cell)))
                }
                return gathering.add(row, &names, &report).map { .rejected($0) }
            }
            if pending.map({ isSameRow($0.key, columns) }) != true {
                closeRow(gathering, &report)
                if gathering.isFull { return .isFull }
                let row = try row(columns)
                pending = Pending(key: columns.key.flatMap { cells[$0] + [0] }, row: row, lines: [])
            }
            try addReading(signal, value)
            pending?.lines.append((report.lines + 1, Array(line)))
            return nil
        } catch {
            // Of a row that has no good line nothing is stored, not even that there was one.
            if pending?.lines.isEmpty == true { pending = nil }
            return .rejected(error.reason)
        }
    }

    private func isSameRow(_ key: [UInt8], _ columns: Columns) -> Bool {
        var rest = key[...]
        for cell in columns.key {
            let bytes = cells[cell]
            guard rest.count > bytes.count, rest.prefix(bytes.count).elementsEqual(bytes),
                rest[rest.startIndex + bytes.count] == 0
            else { return false }
            rest = rest.dropFirst(bytes.count + 1)
        }
        return rest.isEmpty
    }

    /// Adds what a line of a table with a line a value says to the row it belongs to.
    private func addReading(_ signalCell: Int, _ valueCell: Int) throws(Problem) {
        let name = cells[signalCell]
        // What is kept of a row before it ends is bounded, also when its lines say nothing.
        guard (pending?.lines.count ?? 0) < RowLayout.columnsMax + 8 else { throw Problem(reason: .tooManySignals) }
        switch String(decoding: name.prefix(8), as: UTF8.self) {
        case "" where cells[valueCell].isEmpty: return
        case "@tags":
            guard let tags = try? codes.tags(Array(cells[valueCell])) else { throw Problem(reason: .badValue) }
            guard pending?.row.tags == nil else { throw Problem(reason: .duplicateField) }
            pending?.row.tags = tags
        case "@faults":
            guard let faults = try? codes.faults(Array(cells[valueCell])) else { throw Problem(reason: .badValue) }
            guard pending?.row.frame.faults == nil else { throw Problem(reason: .duplicateField) }
            pending?.row.frame.faults = faults
        default:
            let place = pending?.row.frame.readings.count ?? 0
            guard place < RowLayout.columnsMax - 1 else { throw Problem(reason: .tooManySignals) }
            let signal = try signal(name, place)
            guard !(pending?.row.frame.readings.contains { $0.signal == signal } ?? false) else {
                throw Problem(reason: .duplicateField)
            }
            pending?.row.frame.readings.append(Reading(signal, try number(valueCell)))
        }
    }

    private func signal(_ name: ArraySlice<UInt8>, _ place: Int) throws(Problem) -> Signal {
        if place < known.count, known[place].name.elementsEqual(name) { return known[place].signal }
        let text = String(decoding: name, as: UTF8.self)
        guard isSignalName(text) else { throw Problem(reason: .badName) }
        guard let signal = signals.signal(text) else { throw Problem(reason: .tooManySignals) }
        let entry = (name: Array(name), signal: signal)
        if place < known.count { known[place] = entry } else if place == known.count { known.append(entry) }
        return entry.signal
    }

    private func number(_ cell: Int) throws(Problem) -> Double {
        let text = cells[cell]
        if let value = NumberText.value(text) { return value }
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "true": return 1
        case "false": return 0
        default: throw Problem(reason: .badValue)
        }
    }

    /// Whose row a line is of, without what it says.
    private func row(_ columns: Columns) throws(Problem) -> FrameLine {
        guard !cells[columns.observedAt].isEmpty else { throw Problem(reason: .missingTime) }
        guard let time = TableTime.time(cells[columns.observedAt]) else { throw Problem(reason: .outOfRange) }
        var frame = Frame(boot: 0, seq: 0, observedAt: time)
        var hasNumber = false
        if let boot = columns.boot, let seq = columns.seq, !(cells[boot].isEmpty && cells[seq].isEmpty) {
            guard let bootNumber = UInt32(cells.string(boot)), let seqNumber = UInt64(cells.string(seq)) else {
                throw Problem(reason: .badValue)
            }
            (frame.boot, frame.seq, hasNumber) = (bootNumber, seqNumber, true)
        }
        return FrameLine(machine: try machine(columns), frame: frame, hasNumber: hasNumber)
    }

    private func machine(_ columns: Columns) throws(Problem) -> MachineKey {
        let text = cells[columns.equipment]
        let fleet = columns.fleet.map { cells[$0] } ?? []
        if let last = lastMachine, last.text.elementsEqual(text), last.fleet.elementsEqual(fleet) {
            return last.machine
        }
        guard !text.isEmpty else { throw Problem(reason: .missingMachine) }
        let name = String(decoding: text, as: UTF8.self)
        let machine: MachineKey
        if fleet.isEmpty, name.contains("/") {
            guard let key = MachineKey(name) else { throw Problem(reason: .badName) }
            machine = key
        } else {
            guard let equipment = EquipmentID(name) else { throw Problem(reason: .badName) }
            guard let owner = fleet.isEmpty ? plan.fleet : FleetID(String(decoding: fleet, as: UTF8.self)) else {
                throw Problem(reason: fleet.isEmpty ? .missingFleet : .badName)
            }
            machine = MachineKey(fleet: owner, equipment: equipment)
        }
        guard machine.fleet != .centers else { throw Problem(reason: .badName) }
        lastMachine = (Array(text), Array(fleet), machine)
        return machine
    }

    /// No more of the row will come.
    private func closeRow(_ gathering: Gathering, _ report: inout ImportReport) {
        guard let pending else { return }
        self.pending = nil
        guard let reason = gathering.add(pending.row, &names, &report) else { return }
        for line in pending.lines { report.reject(line.text, number: line.number, reason, gathering) }
    }
}

extension TableReader.Columns {
    fileprivate init(_ header: String, _ plan: ImportPlan) throws {
        let text = Array(header.utf8)
        func fault(_ what: String) -> StoreFailure {
            .conflict("the first line of \(plan.file) \(what); it must name the columns, see docs/IMPORT-EXPORT.md")
        }
        guard let names = tableRow(text[...]) else { throw fault("leaves a quotation mark open") }
        var places: [String: Int] = [:]
        for (place, name) in names.enumerated() {
            guard places.updateValue(place, forKey: name) == nil else { throw fault("names \(name) twice") }
        }
        func take(_ name: String) -> Int? { places.removeValue(forKey: name) }
        guard let observedAt = take("observed_at") else { throw fault("has no column observed_at") }
        guard let equipment = take("equipment") else { throw fault("has no column equipment") }
        let (fleet, boot, seq) = (take("fleet"), take("boot"), take("seq"))
        guard (boot == nil) == (seq == nil) else { throw fault("has one of boot and seq without the other") }
        self.init(
            observedAt: observedAt, equipment: equipment, fleet: fleet, boot: boot, seq: seq, signal: nil, value: nil,
            count: names.count)
        if let signal = places["signal"], let value = places["value"] {
            guard places.count == 2 else { throw fault("has signal and value and other columns besides") }
            (self.signal, self.value) = (signal, value)
            return
        }
        guard places.count <= RowLayout.columnsMax - 1 else {
            throw fault("has more than \(RowLayout.columnsMax - 1) signals")
        }
        for (name, place) in places.sorted(by: { $0.value < $1.value }) {
            guard isSignalName(name) else {
                throw fault("names a column \(name.debugDescription), which no signal can be")
            }
            readings.append((place, Signal(name)))
        }
        guard !readings.isEmpty else { throw fault("has no column with values") }
    }
}

/// Times of a table: RFC 3339, or a number since 1970, whose digits say what it counts.
enum TableTime {
    /// Up to 11 digits before the point are seconds, up to 14 milliseconds, up to 17 microseconds, more nanoseconds.
    static func time(_ text: ArraySlice<UInt8>) -> Timestamp? {
        if let time = Timestamp(iso8601: text) { return time }
        var digits = text
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard (1...19).contains(parts[0].count), parts.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } }),
            let whole = Int64(String(decoding: parts[0], as: UTF8.self))
        else { return nil }
        let value: Int64
        switch parts[0].count {
        case ...11:
            var fraction: Int64 = 0
            if parts.count == 2 {
                guard !parts[1].isEmpty else { return nil }
                for place in 0..<6 {
                    let digit = place < parts[1].count ? parts[1][parts[1].startIndex + place] - 0x30 : 0
                    fraction = fraction * 10 + Int64(digit)
                }
            }
            value = whole * 1_000_000 + fraction
        case 12...14 where parts.count == 1: value = whole * 1_000
        case 15...17 where parts.count == 1: value = whole
        default:
            guard parts.count == 1 else { return nil }
            value = whole / 1_000
        }
        let time = isNegative ? -value : value
        return ImportPlan.times.contains(time) ? Timestamp(microseconds: time) : nil
    }
}
