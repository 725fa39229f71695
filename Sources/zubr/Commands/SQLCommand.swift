import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal
import Synchronization
import TelemetryCodec

struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql", abstract: "Ask the database in SQL, also while zubrd runs; it is only read.",
        discussion: """
            The readings are the table samples(equipment, signal, observed_at, value), and fleet, boot and seq where they \
            are named; the other tables are those of the file. docs/SQL.md describes them, with examples. Name the \
            machine, the signal and the time in WHERE, and only what is needed is read.

            Example: zubr sql --database /var/lib/zubr/zubr.db "SELECT avg(value) FROM samples \\
                WHERE equipment = 'kuzbass-coal/truck-17' AND signal = 'speed' AND observed_at >= '2026-03-01'"
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json, csv }

    @Option(help: "The database file.")
    var database: String

    @Argument(help: "One statement (default: what stands on standard input).")
    var statement: String?

    @Option(help: "How the answer is printed.")
    var output: Format = .table

    @Option(help: "At most so many rows.")
    var limit = 10_000

    @Option(help: "At most so long, in seconds.")
    var timeout = 30.0

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit takes 1 and more") }
        guard timeout > 0, timeout <= 86_400 else { throw ValidationError("--timeout takes up to 86400 seconds") }
    }

    /// What sorting and grouping may take; beyond it SQLite uses files for the former and gives up the latter.
    private static let memory: Int64 = 512 << 20

    func run() async throws {
        let text: String
        if let statement, statement != "-" {
            text = statement
        } else {
            text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("there is no statement; give one, such as \"SELECT count(*) FROM samples\"")
        }
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: true)
        endInTime()
        FleetDatabase.limitMemory(bytes: Self.memory)
        let store: FleetDatabase
        do {
            store = try await FleetDatabase.open(path: database, access: .lookingOn)
        } catch {
            throw CommandFailure(error.message)
        }
        if let complaint = store.unreadComplaint("the answer") { printError(complaint) }
        var question = SQLQuestion(text)
        question.rowLimit = limit
        question.timeLimit = .seconds(timeout)
        let printer = AnswerPrinter(output)
        let begin = ContinuousClock.now
        do {
            let end = try await store.sql(question, isStopped: { Interruption.isAsked }) {
                printer.begin($0)
            } row: {
                try printer.add($0)
            }
            await store.close()
            try printer.finish(end, seconds: (.now - begin).inSeconds)
            if end.isCut { printError("cut after \(end.rows) rows; --limit gives more, LIMIT and OFFSET other ones") }
        } catch let failure as SQLFailure {
            await store.close()
            throw CommandFailure(failure.message)
        }
    }

    /// SQLite looks at the clock between its steps, and one call of one function may take minutes. Nothing is lost with a
    /// program that only reads, so it is ended then.
    private func endInTime() {
        let end = ContinuousClock.now + .seconds(timeout) + .seconds(1)
        let watch = Thread {
            var asked: ContinuousClock.Instant?
            while true {
                Thread.sleep(forTimeInterval: 0.1)
                if asked == nil, Interruption.isAsked { asked = .now }
                let isOver = ContinuousClock.now >= end
                guard isOver || asked.map({ .now - $0 > .seconds(1) }) ?? false else { continue }
                Output.fail(
                    CommandFailure(
                        isOver
                            ? "stopped after \(timeout) s, in the middle of one function of the statement; have it make less at once"
                            : "stopped before the answer was complete"))
                _exit(CommandFailure.failed)
            }
        }
        watch.start()
    }
}

/// Prints rows as they come, so that many of them need no memory; only a table must know all of them first.
private final class AnswerPrinter: Sendable {
    private struct State {
        var columns: [String] = []
        var buffer = ""
        var count = 0
        /// Of a table.
        var rows: [[SQLValue]] = []
        var bytes = 0
    }

    /// What the rows of a table may take, as it must be whole before it can be shown.
    private static let tableBytesMax = 64 << 20

    private let format: SQLCommand.Format
    private let state = Mutex(State())

    init(_ format: SQLCommand.Format) { self.format = format }

    func begin(_ columns: [String]) {
        state.withLock { state in
            state.columns = columns
            switch format {
            case .table: break
            case .csv: state.buffer = csv(columns)
            case .json: state.buffer = "{\"columns\":[\(columns.map(json).joined(separator: ","))],\"rows\":["
            }
        }
    }

    func add(_ row: [SQLValue]) throws {
        try state.withLock { state in
            switch format {
            case .table:
                state.rows.append(row)
                state.bytes += row.reduce(0) { $0 + size($1) }
                guard state.bytes <= Self.tableBytesMax else {
                    throw CommandFailure(
                        "a table of more than \(Self.tableBytesMax >> 20) MB is not shown; ask for less, or for --output csv or json, which are written as they come"
                    )
                }
            case .csv:
                state.buffer += csv(row.map(text))
            case .json:
                state.buffer += "\(state.count == 0 ? "\n" : ",\n")[\(row.map(json).joined(separator: ","))]"
            }
            state.count += 1
            if state.buffer.utf8.count > 1 << 16 { try flush(&state) }
        }
    }

    func finish(_ end: SQLEnd, seconds: Double) throws {
        try state.withLock { state in
            switch format {
            case .table: show(state.columns, state.rows)
            case .csv: break
            case .json:
                state.buffer +=
                    "\n],\"row_count\":\(end.rows),\"is_cut\":\(end.isCut),\"seconds\":\(seconds)}\n"
            }
            try flush(&state)
        }
    }

    private func flush(_ state: inout State) throws {
        try Output.write(Array(state.buffer.utf8))
        state.buffer = ""
    }

    private func size(_ value: SQLValue) -> Int {
        switch value {
        case .null, .integer, .real: 32
        case .text(let text): 32 + text.utf8.count
        case .blob(let bytes): 32 + 2 * bytes.count
        }
    }

    private func show(_ columns: [String], _ rows: [[SQLValue]]) {
        let isNumber = columns.indices.map { column in
            rows.allSatisfy { row in
                switch row[column] {
                case .integer, .real, .null: true
                case .text, .blob: false
                }
            }
        }
        var page = Terminal.output.page
        page.add(
            TextTable(
                zip(columns, isNumber).map { TextTable.Column($0, number: $1, flexible: !$1) },
                rows: rows.map { $0.map { $0 == .null ? Cell("–", .faint) : Cell(text($0)) } }))
        page.add(quantity(rows.count, "row"), .faint)
        for line in page.lines { print(line) }
    }

    private func text(_ value: SQLValue) -> String {
        switch value {
        case .null: ""
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): text
        case .blob(let bytes): "x'\(hexadecimal(bytes))'"
        }
    }

    private func json(_ value: SQLValue) -> String {
        switch value {
        case .null: "null"
        case .integer(let number): "\(number)"
        // JSON has no word for what is not finite.
        case .real(let number): number.isFinite ? "\(number)" : json(number > 0 ? "Infinity" : "-Infinity")
        case .text(let text): json(text)
        case .blob(let bytes): json(hexadecimal(bytes))
        }
    }

    private func json(_ text: String) -> String {
        (try? DocumentCoding.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// A line as RFC 4180 has it.
    private func csv(_ cells: [String]) -> String {
        var line: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            TableRow.append(cell, to: &line)
        }
        return String(decoding: line, as: UTF8.self) + "\r\n"
    }
}
