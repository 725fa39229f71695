import ArgumentParser
import FleetModel
import FleetRuntime
import FleetStore
import PackedFiles
import Rehearsal
import TelemetryCodec

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Every reading of machines, from a database file that no zubrd uses.",
        discussion: """
            Machine by machine, in order of time, boot, seq and signal. csv has a line a reading: observed_at, boot, seq, \
            signal, value and equipment; fault codes and tags are the signals @faults and @tags. json-lines has a line a \
            frame. `zubr import` reads both again, to the bit. json is one document of one machine's readings. What is \
            damaged is left out and listed, all else is written, and the status is 1.

            Examples:
              zubr export --database /var/lib/zubr/zubr.db --equipment kuzbass-coal/truck-17 --output csv
              zubr export --database zubr.db --fleet kuzbass-coal --output json-lines --file kuzbass.jsonl.zst
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case csv, json
        case jsonLines = "json-lines"
    }

    @Option(help: "The database file.")
    var database: String

    @Option(help: "A machine, as fleet/equipment; may be given several times (default: all).")
    var equipment: [MachineKey] = []

    @Option(help: "All machines of a fleet; may be given several times.")
    var fleet: [FleetID] = []

    @Option(help: "Only this signal; may be given several times. Fault codes and tags are then left out.")
    var signal: [String] = []

    @Option(help: "From this RFC 3339 time or date (default: the first).")
    var from: Timestamp?

    @Option(help: "Up to but without this RFC 3339 time or date (default: the last).")
    var to: Timestamp?

    @Option(help: "How the readings are written: csv, json-lines or json.")
    var output: Format = .csv

    @Option(
        help: "Write into this file, packed when it ends in .gz, .xz or .zst; it gets its name when it is complete.")
    var file: String?

    func validate() throws {
        guard output != .json || (equipment.count == 1 && fleet.isEmpty) else {
            throw ValidationError("--output json is for one --equipment; take json-lines for several.")
        }
    }

    func run() async throws {
        do {
            let store = try await FleetDatabase.open(path: database, access: .readOnly)
            do {
                try await export(from: store)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        } catch let failure as StoreFailure {
            throw CommandFailure(failure.message)
        } catch let failure as PackedFileFailure {
            throw CommandFailure(failure.description)
        }
    }

    private func export(from store: FleetDatabase) async throws {
        let writer = try file.map { try PackedWriter(path: $0) } ?? PackedWriter()
        let tags = try await store.tagSets()
        // A name that nobody has ever sent adds nothing.
        let signals = signal.isEmpty ? nil : Set(signal.map { Signal($0) })
        var missing: [DatabaseReport.Finding] = []
        var sink = FrameSink(format: output, writer: writer, progress: ProgressLine(besideOutput: file == nil))
        do {
            for machine in try await machines(of: store) {
                try sink.begin(machine)
                missing += try await store.exportFrames(
                    of: machine, from: from ?? .distantPast, to: to ?? .distantFuture, only: signals, tags: tags,
                    skipsDamage: true
                ) { try sink.add($0) }
            }
            try sink.finish(unreadJournalRows: store.unreadJournalRows.count, missing: missing)
        } catch {
            sink.stop()
            throw error
        }
        let complaint = store.unreadComplaint("what is written")
        if let complaint { printError(complaint) }
        for finding in missing.prefix(Self.listedMax) { printError("missing: \(finding.sentence)") }
        if missing.count > Self.listedMax { printError("missing: \(missing.count - Self.listedMax) more") }
        if !missing.isEmpty { printError("restore a backup if what is missing matters; zubr check says more") }
        // No error after the document, which has what is missing.
        if complaint != nil || !missing.isEmpty { throw ExitCode(CommandFailure.failed) }
    }

    /// What a person may read.
    private static let listedMax = 100

    private func machines(of store: FleetDatabase) async throws -> [MachineKey] {
        guard equipment.isEmpty || !fleet.isEmpty else { return equipment }
        let all = try await store.machineKeys()
        guard !(equipment.isEmpty && fleet.isEmpty) else { return all }
        let missing = fleet.filter { fleet in !all.contains { $0.fleet == fleet } }
        guard missing.isEmpty else {
            let known = Set(all.map(\.fleet.text)).sorted().prefix(20).joined(separator: ", ")
            throw CommandFailure(
                "\(database) has no machine of the fleet \(missing[0]); the fleets it has: \(known.isEmpty ? "none" : known)"
            )
        }
        return equipment + all.filter { fleet.contains($0.fleet) && !equipment.contains($0) }
    }
}

/// Writes frames as they come, so that a year of them needs no memory.
private struct FrameSink {
    private let format: ExportCommand.Format
    private let writer: PackedWriter
    private var progress: ProgressLine
    private var buffer: [UInt8] = []
    private var machine: MachineKey?
    private var count = 0
    private var points = 0
    private static let bytesAtOnce = 1 << 16

    init(format: ExportCommand.Format, writer: PackedWriter, progress: ProgressLine) {
        self.format = format
        self.writer = writer
        self.progress = progress
        if format == .csv { buffer += "observed_at,boot,seq,signal,value,equipment\n".utf8 }
    }

    mutating func begin(_ machine: MachineKey) throws {
        self.machine = machine
        if format == .json { buffer += "{\"equipment\":\"\(machine)\",\"readings\":[".utf8 }
    }

    mutating func add(_ exported: ExportedFrame) throws {
        guard let machine else { return }
        let frame = exported.frame
        // Asking the clock at every frame would cost more than writing it.
        if count % 4_096 == 0 { progress.show("\(machine), \(count) frames, up to \(frame.observedAt.iso8601)") }
        count += 1
        switch format {
        case .jsonLines: FrameLineWriter.append(frame, of: machine, tags: exported.tags, to: &buffer)
        case .csv: addRows(exported, of: machine)
        case .json: addObjects(frame)
        }
        if buffer.count > FrameSink.bytesAtOnce { try flush() }
    }

    private mutating func addRows(_ exported: ExportedFrame, of machine: MachineKey) {
        let frame = exported.frame
        let start = Array("\(frame.observedAt.iso8601),\(frame.boot),\(frame.seq),".utf8)
        let end = Array(",\(machine)\n".utf8)
        func add(_ signal: String, _ value: (inout [UInt8]) -> Void) {
            buffer += start
            TableRow.append(signal, to: &buffer)
            buffer.append(UInt8(ascii: ","))
            value(&buffer)
            buffer += end
        }
        if let faults = frame.faults {
            add("@faults") { TableRow.append(FrameLineWriter.text(of: faults), to: &$0) }
        }
        if let tags = exported.tags { add("@tags") { TableRow.append(tags, to: &$0) } }
        for reading in frame.readings {
            add(reading.signal.name) { NumberText.append(reading.value, isJSON: false, to: &$0) }
        }
        // That the machine has sent it counts, though it says nothing.
        if frame.readings.isEmpty, frame.faults == nil, exported.tags == nil { add("") { _ in } }
    }

    private mutating func addObjects(_ frame: Frame) {
        for reading in frame.readings {
            buffer += (points == 0 ? "\n" : ",\n").utf8
            points += 1
            buffer +=
                "{\"observed_at\":\"\(frame.observedAt.iso8601)\",\"boot\":\(frame.boot),\"seq\":\(frame.seq),".utf8
            buffer += "\"signal\":\(quoted(reading.signal.name)),\"value\":".utf8
            NumberText.append(reading.value, isJSON: true, to: &buffer)
            buffer.append(UInt8(ascii: "}"))
        }
    }

    private func quoted(_ text: String) -> String {
        (try? DocumentCoding.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    mutating func finish(unreadJournalRows: Int, missing: [DatabaseReport.Finding]) throws {
        if format == .json {
            buffer += "\n],\"missing\":".utf8
            buffer += try DocumentCoding.encode(missing)
            buffer += ",\"unread_journal_rows\":\(unreadJournalRows)}\n".utf8
        }
        try flush()
        try writer.finish()
        stop()
    }

    /// Takes the progress away, so that what is written next begins on a clean line.
    func stop() { progress.finish() }

    private mutating func flush() throws {
        try buffer.withUnsafeBytes { try writer.write($0) }
        buffer.removeAll(keepingCapacity: true)
    }
}
