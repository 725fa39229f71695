import FleetModel
import TelemetryCodec

@testable import FleetStore

/// A line of an export, which may come from anywhere.
final class FrameLineFuzzer: Fuzzer {
    static let name = "frame-line"
    private var reader = FrameLineReader(signal: ImportSignals().named)
    private var second = FrameLineReader(signal: ImportSignals().named)

    func run(_ bytes: [UInt8]) {
        do throws(Rejection) {
            let line = try reader.read(bytes)
            require(line.frame.readings.allSatisfy { isSignalName($0.signal.name) }, "every signal has a name")
            var text: [UInt8] = []
            FrameLineWriter.append(
                line.frame, of: line.machine, tags: line.tags.flatMap { try? JSON.text($0) }, to: &text)
            let again = try second.read(Array(text.dropLast()))
            require(again.machine == line.machine && again.tags == line.tags, "whose it is reads as it was written")
            require(
                again.frame.observedAt == line.frame.observedAt && again.frame.boot == line.frame.boot
                    && again.frame.seq == line.frame.seq && again.frame.faults == line.frame.faults,
                "the frame reads as it was written")
            require(
                again.frame.readings.map(\.signal) == line.frame.readings.map(\.signal)
                    && again.frame.readings.map(\.value.bitPattern) == line.frame.readings.map(\.value.bitPattern),
                "every bit")
        } catch { check(error) }
    }
}

/// Numbers as text, and the same bytes as the bits of numbers.
final class NumberTextFuzzer: Fuzzer {
    static let name = "number-text"

    func run(_ bytes: [UInt8]) {
        if let value = NumberText.value(bytes[...]) { writeAndRead(value) }
        for start in stride(from: 0, to: bytes.count - 7, by: 8) {
            writeAndRead(
                Double(bitPattern: bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }))
        }
    }

    private func writeAndRead(_ value: Double) {
        var text: [UInt8] = []
        NumberText.append(value, isJSON: false, to: &text)
        require(NumberText.value(text[...])?.bitPattern == value.bitPattern, "a number reads as it was written")
        var quoted: [UInt8] = []
        NumberText.append(value, isJSON: true, to: &quoted)
        require(value.isFinite ? quoted == text : quoted == [0x22] + text + [0x22], "JSON has the same words")
    }
}

/// A file that is imported: the first byte says of which format, the second how long the parts are that it comes in.
final class ImportLinesFuzzer: Fuzzer {
    static let name = "import-lines"

    func run(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return }
        let format = ImportPlan.Format.allCases[Int(bytes[0]) % ImportPlan.Format.allCases.count]
        let text = Array(bytes[2...])
        guard let whole = Outcome(text, format, partBytes: text.count) else { return }
        let parts = Outcome(text, format, partBytes: Int(bytes[1]) + 1)
        require(parts?.report == whole.report, "it does not matter in which parts a file comes")
        require(parts?.values == whole.values, "the values are the same, too")
        require(whole.rejected == whole.report.kept, "every line that is kept is read again")
        guard format == .lineProtocol, whole.report.rejectedByReason.isEmpty else { return }
        // Line by line no line begins as one before: all are read by the grammar.
        var alone: [Value: Int] = [:]
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            alone.merge(Outcome(Array(line), format, partBytes: 1 << 20)?.values ?? [:]) { $0 + $1 }
        }
        require(alone == whole.values, "the shortcut reads what the grammar reads")
    }

    struct Value: Hashable {
        var equipment: EquipmentID
        var signal: Signal
        var time: Int64
        var bits: UInt64
    }

    /// What an import gathers of a text.
    private struct Outcome {
        var report: ImportReport
        /// How often there is each.
        var values: [Value: Int] = [:]
        var rejected: Int64 = 0

        /// `nil` when the file is refused.
        init?(_ text: [UInt8], _ format: ImportPlan.Format, partBytes: Int) {
            var plan = ImportPlan(format: format, file: "fuzz", fileBytes: Int64(text.count), digest: "")
            plan.fleet = FleetID("fleet")!
            let names = ImportNames()
            let reader: any LineReader =
                switch format {
                case .lineProtocol: LineProtocolReader(plan, names: names)
                case .csv: TableReader(plan, names: names)
                case .jsonLines: FrameLinesReader(names: names)
                }
            let gathering = Gathering(bound: 1 << 40)
            var lines = ImportLines(Parts(text, partBytes), skipping: 0)
            defer { lines.deallocate() }
            report = ImportReport()
            do {
                reading: while true {
                    switch try lines.next() {
                    case .lines: lines.take(try reader.take(lines.rest, gathering, &report))
                    case .tooLong(let line, _):
                        report.lines += 1
                        report.reject(line, number: report.lines, .tooLong, gathering)
                    case .end: break reading
                    }
                }
            } catch { return nil }
            reader.finish(gathering, &report)
            for rows in gathering.rows {
                for row in rows.sorted() {
                    for (column, signal) in rows.layout.signals.enumerated()
                    where row.has(column) && signal != .tags {
                        values[
                            Value(
                                equipment: rows.machine.equipment, signal: signal, time: row.time,
                                bits: row.value(column).bitPattern), default: 0] += 1
                    }
                }
            }
            rejected = gathering.rejected.blob.withUnsafeBytes {
                Int64((try? RejectedLines.lines(of: $0))?.count ?? -1)
            }
        }
    }

    /// A text in parts, with as much room around each as a source gives.
    private final class Parts: ImportSource, @unchecked Sendable {
        // Used by the one that made it.
        private var rest: ArraySlice<UInt8>
        private let bytes: Int
        private let memory: UnsafeMutableRawBufferPointer

        init(_ text: [UInt8], _ bytes: Int) {
            rest = text[...]
            self.bytes = bytes
            memory = .allocate(
                byteCount: ImportLines.lineMax + max(1, min(bytes, text.count)) + PaddedBytes.padding, alignment: 8)
            memory.initializeMemory(as: UInt8.self, repeating: 0xFF)
        }

        deinit { memory.deallocate() }

        func next() -> UnsafeMutableRawBufferPointer? {
            let part = rest.prefix(bytes)
            guard !part.isEmpty else { return nil }
            rest = rest.dropFirst(part.count)
            let place = UnsafeMutableRawBufferPointer(
                rebasing: memory[ImportLines.lineMax..<ImportLines.lineMax + part.count])
            place.copyBytes(from: part)
            return place
        }
    }
}
