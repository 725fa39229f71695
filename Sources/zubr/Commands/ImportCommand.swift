import ArgumentParser
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import PackedFiles

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store the rows of a file, in a database that no zubrd uses.",
        discussion: """
            Reads InfluxDB's line protocol, CSV, or the JSON lines of `zubr export`; .gz, .xz and .zst are unpacked on the \
            way. What cannot be taken is counted and kept. When it is interrupted, the same command goes on; a file that \
            was imported is not imported again.

            Example: zubr import trucks.lp.xz --format line-protocol --database /var/lib/zubr/zubr.db
            """)

    enum Output: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Argument(help: "The file.")
    var file: String

    @Option(help: "line-protocol, csv or json-lines.")
    var format: ImportPlan.Format

    @Option(help: "The database file; it is made when there is none.")
    var database: String

    @Option(help: "The tag of line protocol that names the machine.")
    var machineTag = "name"

    @Option(help: "The tag of line protocol that names its fleet.")
    var fleetTag = "fleet"

    @Option(help: "The fleet of machines whose fleet no row names (default: their rows are not taken).")
    var fleet: FleetID?

    @Option(help: "What a time of line protocol counts: ns, us, ms or s.")
    var precision = ImportPlan.Precision.nanoseconds

    @Option(help: "Gather up to so many MB of rows before writing; more makes a smaller database. 1 to 4096.")
    var memory = 160

    @Flag(help: "Read and count only.")
    var dryRun = false

    @Option(help: "How the result is printed: text or json.")
    var output: Output = .text

    func validate() throws {
        guard (1...4_096).contains(memory) else { throw ValidationError("--memory is 1 to 4096 MB.") }
    }

    func run() async throws {
        let started = ContinuousClock.now
        let outcome: Outcome
        do {
            let reader = try PackedReader(path: file)
            var plan = ImportPlan(
                format: format, file: file.split(separator: "/").last.map(String.init) ?? file, fileBytes: reader.size,
                digest: try FileDigest.of(file))
            plan.machineTag = machineTag
            plan.fleetTag = fleetTag
            plan.fleet = fleet
            plan.precision = precision
            plan.memoryBytes = memory << 20
            let bar = ImportProgress(total: reader.size)
            let position = reader.position
            let ahead = ReadAhead(reader)
            defer { ahead.stop() }
            defer { bar.finish() }
            let source = FileSource(ahead)
            outcome = try await run(plan, source) { bar.show($0, at: position.value) }
        } catch let failure as PackedFileFailure {
            throw CommandFailure(failure.description)
        } catch let failure as StoreFailure {
            throw CommandFailure(failure.message)
        }
        var document = ImportDocument(outcome, seconds: (ContinuousClock.now - started).inSeconds)
        let isNothingNew = document.alreadyImported || document.duplicateSamples > 0
        if !dryRun, !isNothingNew, document.rows == 0, document.rejected > 0 {
            document.error =
                CommandFailure(
                    "not one row of \(file) could be taken as \(format.rawValue); `zubr rejected` tells why"
                ).document
        }
        switch output {
        case .json: print(String(decoding: try DocumentCoding.encode(document), as: UTF8.self))
        case .text: document.print()
        }
        if let error = document.error {
            printError(error.message)
            throw ExitCode(error.exitCode)
        }
    }

    private func run(
        _ plan: ImportPlan, _ source: FileSource, _ progress: @escaping @Sendable (ImportReport) -> Void
    ) async throws -> Outcome {
        if dryRun {
            let total = try await FleetDatabase.countImport(plan, from: source, progress: progress)
            return Outcome(total: total, before: ImportReport(), isKnown: false, bytesOnDisk: 0)
        }
        let store = try await FleetDatabase.open(path: database, access: .filling)
        do {
            let (total, before, isKnown) = try await store.importFile(plan, from: source, progress: progress)
            await store.close()
            return Outcome(
                total: total, before: before, isKnown: isKnown, bytesOnDisk: FleetDatabase.bytesOnDisk(database))
        } catch {
            await store.close()
            throw error
        }
    }

    struct Outcome {
        var total: ImportReport
        var before: ImportReport
        var isKnown: Bool
        var bytesOnDisk: Int64
    }
}

extension ImportPlan.Format: ExpressibleByArgument {}
extension ImportPlan.Precision: ExpressibleByArgument {}
extension FleetID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// The parts of a file, read ahead.
private final class FileSource: ImportSource, @unchecked Sendable {
    // Asked by one thread at a time.
    private let ahead: ReadAhead
    private var part: ReadAhead.Part?

    init(_ ahead: ReadAhead) { self.ahead = ahead }

    func next() throws -> UnsafeMutableRawBufferPointer? {
        if let part { ahead.giveBack(part) }
        part = nil
        part = try ahead.next()
        return part?.bytes
    }
}

/// What `zubr import` prints.
struct ImportDocument: Encodable {
    var rows: Int64
    var samples: Int64
    var rejected: Int64
    var rejectedByReason: [String: Int64]
    var duplicateSamples: Int64
    var textFields: Int64
    var damagedSegments: Int64
    var alreadyImported: Bool
    var resumed: Bool
    var seconds: Double
    var cpuSeconds: Double
    var bytesOnDisk: Int64
    var bytesPerSample: Double
    var peakRssMb: Double
    /// Why it failed all the same.
    var error: CommandFailure.Document?

    enum CodingKeys: String, CodingKey {
        case rows, samples, rejected, seconds, resumed, error
        case rejectedByReason = "rejected_by_reason"
        case duplicateSamples = "duplicate_samples"
        case textFields = "text_fields"
        case damagedSegments = "damaged_segments"
        case alreadyImported = "already_imported"
        case cpuSeconds = "cpu_seconds"
        case bytesOnDisk = "bytes_on_disk"
        case bytesPerSample = "bytes_per_sample"
        case peakRssMb = "peak_rss_mb"
    }

    init(_ outcome: ImportCommand.Outcome, seconds: Double) {
        let total = outcome.total
        (rows, samples, rejected) = (total.rows, total.samples, total.rejected)
        rejectedByReason = total.rejectedByReason
        duplicateSamples = total.duplicateSamples
        textFields = total.textFields
        damagedSegments = total.damagedSegments
        alreadyImported = outcome.isKnown
        resumed = !outcome.isKnown && outcome.before.bytes > 0
        self.seconds = seconds
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func time(_ value: timeval) -> Double { Double(value.tv_sec) + Double(value.tv_usec) / 1e6 }
        cpuSeconds = time(usage.ru_utime) + time(usage.ru_stime)
        bytesOnDisk = outcome.bytesOnDisk
        bytesPerSample = samples > 0 ? Double(bytesOnDisk) / Double(samples) : 0
        peakRssMb = Double(usage.ru_maxrss) / 1_024
    }

    func print() {
        if alreadyImported { Swift.print("This file was imported already; nothing of it was stored again. It had:") }
        if resumed { Swift.print("Went on where an earlier import stopped. In all:") }
        Swift.print(
            bytesOnDisk > 0
                ? "\(rows) rows with \(samples) samples are stored, \(rejected) lines were not taken."
                : "\(rows) rows with \(samples) samples can be taken, \(rejected) lines cannot; nothing was stored.")
        for (reason, count) in rejectedByReason.sorted(by: { $0.key < $1.key }) { Swift.print("  \(count) \(reason)") }
        if duplicateSamples > 0 {
            Swift.print(
                "\(duplicateSamples) samples are of a machine, signal and time (to the microsecond) that is stored already, "
                    + "and were not stored.")
        }
        if textFields > 0 { Swift.print("\(textFields) fields of text were left out; only numbers are stored.") }
        if damagedSegments > 0 {
            Swift.print(
                "\(damagedSegments) segments of these machines and times cannot be read; what they hold of these rows "
                    + "was stored again. `zubr check` names them.")
        }
        if bytesOnDisk > 0 { Swift.print("The database has \(bytesOnDisk) bytes.") }
    }
}
