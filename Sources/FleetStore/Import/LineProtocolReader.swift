import FleetModel
import Glibc
import TelemetryCodec

/// Reads line protocol into what is gathered.
///
/// A line is read by the grammar, `LineProtocolPoint`, and its head remembered. A line that begins with a known head, has its
/// fields in the usual order and plain numbers in them is read by a shortcut, straight from the bytes into the row; the
/// shortcut takes what the grammar would take, as it would, or nothing.
final class LineProtocolReader: LineReader {
    var names: ImportNames
    private let plan: ImportPlan
    private let heads = KnownHeads()
    private let signals = ImportSignals()
    private var point = LineProtocolPoint()
    private let memory = ShortcutMemory()
    /// Lines that the shortcut did not take.
    private(set) var slowLines: Int64 = 0

    init(_ plan: ImportPlan, names: ImportNames) {
        self.plan = plan
        self.names = names
    }

    var isBetweenRows: Bool { true }

    func reset() { heads.clear() }

    func take(_ lines: UnsafeRawBufferPointer, _ gathering: Gathering, _ report: inout ImportReport) -> Int {
        guard let base = lines.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        let end = base + lines.count
        var next = base
        var quick: Int64 = 0
        var samples: Int64 = 0
        while next < end {
            if let head = heads.head(at: next, end: end),
                let after = Shortcut.take(next + head.pointee.text.count, end, head, memory, plan.precision, &samples)
            {
                quick += 1
                next = after
                continue
            }
            report.lines += quick
            report.rows += quick
            quick = 0
            let lineEnd = lineEnd(next, end)
            report.lines += 1
            slowLines += 1
            let line = UnsafeBufferPointer(start: next, count: lineEnd - next)
            take(line, number: report.lines, isLastChance: false, gathering, &report)
            next = min(lineEnd + 1, end)
            if gathering.isFull { break }
        }
        report.lines += quick
        report.rows += quick
        report.samples += samples
        return next - base
    }

    func finish(_ gathering: Gathering, _ report: inout ImportReport) {
        for (number, line) in gathering.takeDeferred() {
            line.withUnsafeBufferPointer { take($0, number: number, isLastChance: true, gathering, &report) }
        }
    }

    /// Reads a line by the grammar.
    ///
    /// - Parameter isLastChance: Whether it cannot be put off.
    private func take(
        _ line: UnsafeBufferPointer<UInt8>, number: Int64, isLastChance: Bool, _ gathering: Gathering,
        _ report: inout ImportReport
    ) {
        do throws(LineProblem) {
            guard line.count <= ImportLines.lineMax else { throw .rejected(.tooLong) }
            let bytes = Array(line)[...]
            guard !LineProtocolPoint.isSkipped(bytes) else { return }
            do { try point.read(bytes) } catch { throw LineProblem.rejected(.syntax) }
            let (name, fleet, tags) = try self.tags()
            let machine = try machine(name, fleet, isLastChance: isLastChance)
            guard let nanoseconds = point.nanoseconds else { throw .rejected(.missingTime) }
            guard let time = plan.precision.microseconds(nanoseconds) else { throw .rejected(.outOfRange) }
            let (fields, textCount) = try fields()
            let measurement = point.text(point.measurement)
            guard isSignalName(measurement) else { throw .rejected(.badName) }
            guard let boot = names.boot(of: measurement) else { throw .rejected(.tooManyMeasurements) }
            let layout = gathering.layout(of: boot)
            let new = fields.count { layout.place(of: $0.signal) == nil }
            guard layout.signals.count + new <= RowLayout.columnsMax else { throw .rejected(.tooManySignals) }
            guard let tagRow = names.row(ofTags: tags) else { throw .rejected(.tooManyTags) }
            // From here on nothing can go wrong.
            if names.note(machine) { heads.clear() }
            let rows = gathering.rows(of: machine, layout)
            var values: [(column: Int, value: Double)] = [(0, Double(tagRow))]
            var before: Int?
            for field in fields {
                let column =
                    layout.place(of: field.signal) ?? layout.add(field.signal, field: field.spelling, behind: before)
                values.append((column, field.value))
                before = column
            }
            gathering.makeRoom(in: rows)
            rows.add(at: time, values)
            heads.add(line, rows: rows, tags: Double(tagRow))
            report.rows += 1
            report.samples += Int64(fields.count)
            report.textFields += textCount
        } catch {
            switch error {
            case .rejected(let reason): report.reject(line, number: number, reason, gathering)
            case .deferred: gathering.defer(Array(line), number: number)
            }
        }
    }

    /// The machine's name, its fleet when the line says it, and what else the line says, as a tag set has it.
    private func tags() throws(LineProblem) -> (name: String, fleet: String?, tags: [String: String]) {
        var tags: [String: String] = [:]
        var name: String?
        var fleet: String?
        for (key, value) in point.tags {
            let (key, value) = (point.text(key), point.text(value))
            switch key {
            case plan.machineTag where name == nil: name = value
            case plan.fleetTag where fleet == nil:
                fleet = value
                tags["fleet"] = value
            case plan.machineTag, plan.fleetTag: throw .rejected(.duplicateField)
            default:
                guard tags.updateValue(value, forKey: key) == nil else { throw .rejected(.duplicateField) }
            }
        }
        guard let name else { throw .rejected(.missingMachine) }
        return (name, fleet, tags)
    }

    private func machine(_ name: String, _ fleet: String?, isLastChance: Bool) throws(LineProblem) -> MachineKey {
        guard let equipment = EquipmentID(name) else { throw .rejected(.badName) }
        let owner: FleetID
        if let fleet {
            guard let named = FleetID(fleet), named != .centers else { throw .rejected(.badName) }
            owner = named
        } else {
            switch names.fleets[equipment] {
            case .one(let known): owner = known
            case .several: throw .rejected(.missingFleet)
            case nil where !isLastChance: throw .deferred
            case nil:
                guard let fleet = plan.fleet else { throw .rejected(.missingFleet) }
                owner = fleet
            }
        }
        let machine = MachineKey(fleet: owner, equipment: equipment)
        guard !names.isRetired(machine) else { throw .rejected(.retired) }
        return machine
    }

    /// The fields that are numbers, each with the bytes that spell it, and how many are text.
    private func fields() throws(LineProblem) -> (
        numbers: [(signal: Signal, spelling: [UInt8], value: Double)], textCount: Int64
    ) {
        var fields: [(signal: Signal, spelling: [UInt8], value: Double)] = []
        var textCount: Int64 = 0
        var seen: Set<String> = []
        for (key, value) in point.fields {
            let name = point.text(key)
            guard seen.insert(name).inserted else { throw .rejected(.duplicateField) }
            guard let number = value.number else {
                textCount += 1
                continue
            }
            guard isSignalName(name) else { throw .rejected(.badName) }
            // A name with a backslash in it is left to the grammar.
            let spelling: [UInt8] = point.bytes(key).map { Array($0) + [UInt8(ascii: "=")] } ?? [0x0A]
            guard let signal = signals.signal(name) else { throw .rejected(.tooManySignals) }
            fields.append((signal, spelling, number))
        }
        guard !fields.isEmpty else { throw .rejected(.noNumber) }
        return (fields, textCount)
    }
}

private enum LineProblem: Error {
    case rejected(ImportRejection)
    /// Its machine's fleet is not known yet.
    case deferred
}

/// What the shortcut has at hand.
private final class ShortcutMemory {
    /// A time as it was spelled last, with the end of the line.
    let timeText = UnsafeMutablePointer<UInt8>.allocate(capacity: ShortcutMemory.room)
    var timeCount = 0
    var microseconds: Int64 = 0
    /// The powers of ten that a double holds exactly, as far as 15 digits need them.
    let powersOfTen = UnsafeMutablePointer<Double>.allocate(capacity: 16)
    private static let room = 24 + PaddedBytes.padding

    init() {
        timeText.initialize(repeating: 0, count: ShortcutMemory.room)
        var power = 1.0
        for place in 0..<16 {
            (powersOfTen + place).initialize(to: power)
            power *= 10
        }
    }

    deinit {
        timeText.deallocate()
        powersOfTen.deallocate()
    }
}

private enum Shortcut {
    /// Reads fields and time of a line whose head is known, up to its end; `nil` when the grammar must read the line.
    ///
    /// Every line ends within `end`, and so does what is read here: nothing of it goes past a line's end.
    @inline(__always) static func take(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ head: UnsafeMutablePointer<KnownHeads.Head>,
        _ memory: ShortcutMemory, _ precision: ImportPlan.Precision, _ samples: inout Int64
    ) -> UnsafePointer<UInt8>? {
        let block = head.pointee.open
        guard let row = block.pointee.next, row != block.pointee.end else { return nil }
        let columns = block.pointee.columns
        let values = row + block.pointee.values
        let presence = row + block.pointee.presence
        for word in 0..<(block.pointee.values &- block.pointee.presence) { presence[word] = 0 }
        var field = head.pointee.fields
        var next = start
        // The first column is that of the tags.
        values[0] = head.pointee.tags
        presence[0] = 1
        var count: Int64 = 0
        while true {
            while !field.pointee.spelling.begins(next) { field += 1 }
            let column = field.pointee.column
            // It is of no line before this block of rows was begun, or the end of all fields.
            guard column < columns else { return nil }
            next += field.pointee.spelling.count
            field += 1
            guard let value = number(&next, memory.powersOfTen) else { return nil }
            values[column] = value.bitPattern
            presence[column >> 6] |= 1 &<< UInt64(truncatingIfNeeded: column & 63)
            count &+= 1
            let byte = next.pointee
            next += 1
            if byte == UInt8(ascii: ",") { continue }
            guard byte == UInt8(ascii: " ") else { return nil }
            break
        }
        guard let microseconds = microseconds(&next, memory, precision) else { return nil }
        row[0] = UInt64(bitPattern: microseconds)
        block.pointee.next = row + block.pointee.stride
        samples &+= count
        return next
    }

    /// A number without an exponent and of at most 15 digits: both parts of the division are exact, so it rounds once.
    @inline(__always) private static func number(
        _ next: inout UnsafePointer<UInt8>, _ powersOfTen: UnsafeMutablePointer<Double>
    ) -> Double? {
        let isNegative = next.pointee == UInt8(ascii: "-")
        if isNegative { next += 1 }
        var mantissa: UInt64 = 0
        let first = next
        while true {
            let digit = next.pointee &- 0x30
            guard digit < 10 else { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            next += 1
        }
        var digits = next - first
        var value: Double
        if next.pointee == UInt8(ascii: ".") {
            next += 1
            let point = next
            while true {
                let digit = next.pointee &- 0x30
                guard digit < 10 else { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                next += 1
            }
            digits &+= next - point
            guard digits > 0, digits <= 15 else { return nil }
            value = Double(mantissa) / powersOfTen[next - point]
        } else {
            guard digits > 0, digits <= 15 else { return nil }
            value = Double(mantissa)
            if next.pointee == UInt8(ascii: "i") {
                // A whole number has no −0.
                if isNegative, mantissa == 0 { return nil }
                next += 1
            }
        }
        if isNegative { value = -value }
        return value
    }

    @inline(__always) private static func microseconds(
        _ next: inout UnsafePointer<UInt8>, _ memory: ShortcutMemory, _ precision: ImportPlan.Precision
    ) -> Int64? {
        let start = next
        if memory.timeCount > 0, PaddedBytes(memory.timeText, count: memory.timeCount).begins(start) {
            next = start + memory.timeCount
            return memory.microseconds
        }
        var time: Int64 = 0
        while true {
            let digit = next.pointee &- 0x30
            guard digit < 10 else { break }
            time = time &* 10 &+ Int64(digit)
            next += 1
        }
        // Of 19 digits some are too large; those that are too large here come out below zero, or are left out.
        let digits = next - start
        if next.pointee == 0x0D { next += 1 }
        guard digits > 0, digits <= 19, time >= 0, next.pointee == 0x0A else { return nil }
        next += 1
        guard let microseconds = precision.microseconds(time) else { return nil }
        memory.timeCount = next - start
        memory.timeText.update(from: start, count: memory.timeCount)
        memory.microseconds = microseconds
        return microseconds
    }
}
