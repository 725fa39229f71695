import FleetModel
import GRDB
import SeriesCodec

/// One file on its way into the database: reads until enough is gathered, writes that, and goes on.
final class Importer: @unchecked Sendable {
    // Whoever imports alternates between reading and writing and awaits each, so nothing of it is used twice at a time.
    let plan: ImportPlan
    private(set) var report: ImportReport
    private var lines: ImportLines
    let reader: any LineReader
    private(set) var gathering: Gathering
    private(set) var isOver = false
    private var damagedSegments: Set<Int64> = []

    init(_ plan: ImportPlan, from source: any ImportSource, after done: ImportReport, names: ImportNames) {
        self.plan = plan
        report = done
        lines = ImportLines(source, skipping: done.bytes)
        reader =
            switch plan.format {
            case .lineProtocol: LineProtocolReader(plan, names: names)
            case .csv: TableReader(plan, names: names)
            case .jsonLines: FrameLinesReader(names: names)
            }
        gathering = Gathering(bound: plan.memoryBytes)
    }

    deinit { lines.deallocate() }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Reads until there is enough to be written, or the file is over; tells of its progress after each part.
    func gather(_ progress: (ImportReport) -> Void) throws {
        defer { reader.finish(gathering, &report) }
        while !(gathering.isFull && reader.isBetweenRows) {
            switch try lines.next() {
            case .lines:
                // Some programs begin a file with it, and it belongs to no line.
                if report.bytes == 0, lines.rest.starts(with: Importer.byteOrderMark) {
                    lines.take(Importer.byteOrderMark.count)
                    report.bytes += Int64(Importer.byteOrderMark.count)
                }
                let count = try reader.take(lines.rest, gathering, &report)
                lines.take(count)
                report.bytes += Int64(count)
                progress(report)
            case .tooLong(let line, let bytes):
                report.lines += 1
                report.reject(line, number: report.lines, .tooLong, gathering)
                report.bytes += Int64(bytes)
            case .end:
                isOver = true
                return
            }
        }
    }

    /// Writes what is gathered and begins anew.
    func write(_ db: Database, _ ledger: inout Ledger) throws {
        var writer = ImportWriter()
        try reader.names.write(db)
        try writer.write(gathering, &ledger, db)
        report.rows -= writer.lostRows
        report.samples -= writer.duplicateSamples
        report.duplicateSamples += writer.duplicateSamples
        report.damagedSegments += Int64(writer.damagedSegments.subtracting(damagedSegments).count)
        damagedSegments.formUnion(writer.damagedSegments)
    }

    /// What was written is committed.
    func settle() {
        reader.names.settle()
        forget()
    }

    /// Gathers anew without writing.
    func forget() {
        reader.reset()
        gathering = Gathering(bound: plan.memoryBytes)
    }
}
