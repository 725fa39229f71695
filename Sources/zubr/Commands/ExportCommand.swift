import ArgumentParser
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Every reading of one machine, from a database file that no zubrd uses.",
        discussion: """
            Prints observed_at, boot, seq, signal and value, in this order of time, boot, seq and signal.

            Example: zubr export --database /var/lib/zubr/zubr.db --equipment kuzbass-coal/truck-17 --output csv
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case csv, json }

    @Option(help: "The database file.")
    var database: String

    @Option(help: "The machine, as fleet/equipment.")
    var equipment: MachineKey

    @Option(help: "From this RFC 3339 time (default: the first).")
    var from: Timestamp?

    @Option(help: "Up to but without this RFC 3339 time (default: the last).")
    var to: Timestamp?

    @Option(help: "How the readings are printed: csv or json.")
    var output: Format = .csv

    func run() async throws {
        let store: FleetDatabase
        do {
            store = try await FleetDatabase.open(path: database, access: .readOnly)
        } catch {
            throw CommandFailure(error.message)
        }
        var sink = ReadingSink(format: output, equipment: equipment)
        do {
            try await store.export(machine: equipment, from: from ?? .distantPast, to: to ?? .distantFuture) {
                sink.add($0)
            }
        } catch let failure as StoreFailure {
            sink.stop()
            await store.close()
            throw CommandFailure(failure.message)
        }
        await store.close()
        sink.finish()
    }
}

/// Writes readings as they come, so that a year of them needs no memory.
private struct ReadingSink {
    private let format: ExportCommand.Format
    private var buffer = ""
    private var count = 0
    private var progress = ProgressLine(besideOutput: true)

    init(format: ExportCommand.Format, equipment: MachineKey) {
        self.format = format
        switch format {
        case .csv: buffer = "observed_at,boot,seq,signal,value\n"
        case .json: buffer = "{\"equipment\":\"\(equipment)\",\"readings\":["
        }
    }

    mutating func add(_ point: SeriesPoint) {
        // Asking the clock at every reading would cost more than printing it.
        if count % 4_096 == 0 { progress.show("\(count) readings, up to \(point.observedAt.iso8601)") }
        let name = point.signal.name
        switch format {
        case .csv:
            buffer += "\(point.observedAt.iso8601),\(point.boot),\(point.seq),\(quoted(name)),\(point.value)\n"
        case .json:
            buffer += """
                \(count == 0 ? "\n" : ",\n"){"observed_at":"\(point.observedAt.iso8601)","boot":\(point.boot),\
                "seq":\(point.seq),"signal":\(escaped(name)),"value":\(point.value)}
                """
        }
        count += 1
        if buffer.utf8.count > 1 << 16 { flush() }
    }

    mutating func finish() {
        if format == .json { buffer += "\n]}\n" }
        flush()
        stop()
    }

    /// Takes the progress away, so that what is written next begins on a clean line.
    func stop() { progress.finish() }

    private mutating func flush() {
        FileHandle.standardOutput.write(Data(buffer.utf8))
        buffer = ""
    }

    /// RFC 4180: only a field with a comma, a quote or a line break is quoted.
    private func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private func escaped(_ text: String) -> String {
        (try? DocumentCoding.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
