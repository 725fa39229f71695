import Dispatch
import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB

extension FleetDatabase {
    /// Stores the rows of a file: past the journal, as segments, each writing with how far it has come, in one transaction.
    ///
    /// Called again for the same file it goes on where it was interrupted. When the source fails, what was read until then is
    /// stored before its error is thrown.
    package func importFile(
        _ plan: ImportPlan, from source: any ImportSource, progress: @escaping @Sendable (ImportReport) -> Void
    ) async throws -> (total: ImportReport, before: ImportReport, isKnown: Bool) {
        try await importFile(plan, from: source, storesPart: true, progress: progress)
    }

    /// - Parameter storesPart: Whether what was read before the source failed is stored; a program that is killed stores none.
    func importFile(
        _ plan: ImportPlan, from source: any ImportSource, storesPart: Bool,
        progress: @escaping @Sendable (ImportReport) -> Void
    ) async throws -> (total: ImportReport, before: ImportReport, isKnown: Bool) {
        // Whether a row is stored already is asked of segments.
        try await sealAll()
        let doing = "cannot import \(plan.file)"
        let record = try await write(doing) { db, _ in try ImportRecord.begin(plan, db) }
        if record.isFinished {
            // It may have been killed while it merged.
            try await compact()
            return (record.report, record.report, true)
        }
        let names = try await read(doing) { db, _ in try ImportNames(db) }
        let importer = Importer(plan, from: source, after: record.report, names: names)
        while !importer.isOver {
            let gathered = await inBackground { Result { try importer.gather(progress) } }
            if !storesPart { try gathered.get() }
            let isOver = importer.isOver
            let row = record.row
            try await write(doing) { db, ledger in
                try importer.write(db, &ledger)
                try ImportRecord.write(importer, row, isFinished: isOver, db)
            }
            importer.settle()
            try gathered.get()
        }
        // A file that is longer than what is gathered at once has left pieces of a machine's rows, one each time.
        try await compact()
        return (importer.report, record.report, false)
    }

    /// Reads a file as `importFile` does, and stores nothing.
    package static func countImport(
        _ plan: ImportPlan, from source: any ImportSource, progress: @escaping @Sendable (ImportReport) -> Void
    ) async throws -> ImportReport {
        let importer = Importer(plan, from: source, after: ImportReport(), names: ImportNames())
        let result: Result<ImportReport, any Error> = await withCheckedContinuation { continuation in
            background.async {
                continuation.resume(
                    returning: Result {
                        while !importer.isOver {
                            try importer.gather(progress)
                            importer.forget()
                        }
                        return importer.report
                    })
            }
        }
        return try result.get()
    }

    /// Bytes of a database that is closed, with all files that belong to it.
    package static func bytesOnDisk(_ path: String) -> Int64 {
        ["", "-wal", "-shm", ".lock"].reduce(0) { $0 + (FileSize.of(path + $1) ?? 0) }
    }
}

/// What the database remembers of a file that is imported.
private struct ImportRecord: Sendable {
    var row: Int64
    var report: ImportReport
    var isFinished: Bool

    /// Finds the file, or begins with it.
    static func begin(_ plan: ImportPlan, _ db: Database) throws -> ImportRecord {
        let reading = try JSON.text(Reading(plan))
        let found = try Row.fetchOne(
            db, sql: "SELECT id, plan, report, is_finished FROM import WHERE digest = ? AND bytes = ?",
            arguments: [plan.digest, plan.fileBytes])
        if let found {
            let record = ImportRecord(
                row: try found.decode(atIndex: 0),
                report: try JSON.value(ImportReport.self, from: try found.decode(atIndex: 2)),
                isFinished: try found.decode(atIndex: 3))
            guard record.report.isPossible else {
                throw StoreFailure.damaged(
                    "what the database knows of the import of \(plan.file) is damaged; restore a backup")
            }
            let before: String = try found.decode(atIndex: 1)
            guard record.isFinished || before == reading else {
                throw StoreFailure.conflict(
                    "\(plan.file) was begun to be imported with other options (\(before)); go on with the same"
                )
            }
            return record
        }
        try db.execute(
            sql: "INSERT INTO import (file, bytes, digest, plan, report) VALUES (?, ?, ?, ?, ?)",
            arguments: [plan.file, plan.fileBytes, plan.digest, reading, try JSON.text(ImportReport())])
        return ImportRecord(row: db.lastInsertedRowID, report: ImportReport(), isFinished: false)
    }

    /// Notes how far it has come, and keeps what was not taken.
    static func write(_ importer: Importer, _ row: Int64, isFinished: Bool, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE import SET report = ?, is_finished = ? WHERE id = ?",
            arguments: [try JSON.text(importer.report), isFinished, row])
        let rejected = importer.gathering.rejected
        guard !rejected.isEmpty else { return }
        try db.execute(
            sql: "INSERT INTO import_reject (file, first_line, lines) VALUES (?, ?, ?)",
            arguments: [row, rejected.first, Data(rejected.blob)])
    }

    /// What of a plan makes a difference to what is stored.
    private struct Reading: Encodable {
        var format: ImportPlan.Format
        var machineTag: String
        var fleetTag: String
        var fleet: FleetID?
        var precision: ImportPlan.Precision

        init(_ plan: ImportPlan) {
            format = plan.format
            machineTag = plan.machineTag
            fleetTag = plan.fleetTag
            fleet = plan.fleet
            precision = plan.precision
        }
    }
}
