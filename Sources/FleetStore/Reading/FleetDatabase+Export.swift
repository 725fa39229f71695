import FleetModel
import FleetRuntime
import GRDB

/// A frame as it is exported.
package struct ExportedFrame: Sendable {
    /// Its readings by the names of their signals.
    package var frame: Frame
    /// What an imported row said beside its values, as a JSON object.
    package var tags: String?
}

extension FleetDatabase {
    /// The frames of a machine in order of observed_at, boot and seq; from `from` up to but without `to`.
    ///
    /// With `signals`, only those readings, and only frames that have any. A part is read at a time, so that no read is long
    /// and memory stays small; an error of `body` ends it.
    ///
    /// - Parameter skipsDamage: goes on behind what is damaged, instead of failing.
    /// - Returns: what is missing because it is damaged.
    @discardableResult
    package func exportFrames(
        of machine: MachineKey, from: Timestamp = .distantPast, to: Timestamp = .distantFuture,
        only signals: Set<Signal>? = nil, tags: [Int64: String], skipsDamage: Bool = false,
        body: (ExportedFrame) throws -> Void
    ) async throws -> [DatabaseReport.Finding] {
        // Of one signal the other columns need not be read.
        let only = signals.flatMap { $0.count == 1 ? $0.first : nil }
        var walk = try await walk(of: machine, from: from, to: to, only: only, skipsDamage: skipsDamage)
        var order: [Signal] = []
        while let frames = try await walk.next(self) {
            for var frame in frames {
                var tagText: String?
                if let signals {
                    frame.readings.removeAll { !signals.contains($0.signal) }
                    frame.faults = nil
                    if frame.readings.isEmpty { continue }
                } else if let tagReading = frame.readings.first(where: { $0.signal == .tags }) {
                    frame.readings.removeAll { $0.signal == .tags }
                    tagText = Int64(exactly: tagReading.value).flatMap { tags[$0] }
                }
                if !frame.readings.elementsEqual(order, by: { $0.signal == $1 }) {
                    frame.readings.sort { $0.signal < $1.signal }
                    order = frame.readings.map(\.signal)
                }
                try body(ExportedFrame(frame: frame, tags: tagText))
            }
        }
        // Of several signals all columns were read.
        return walk.missing.filter { finding in
            finding.signal.map { name in signals?.contains { $0.name == name } ?? true } ?? true
        }
    }

    /// What rows of imports said beside their values, by row.
    package func tagSets() async throws(StoreFailure) -> [Int64: String] {
        try await read("cannot read the tags") { db, _ in
            var sets: [Int64: String] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, tags FROM tag_set") {
                sets[try row.decode(atIndex: 0)] = try row.decode(atIndex: 1)
            }
            return sets
        }
    }

    /// Lines of imports that were not taken, file by file in the order they were read, at most `limit` of them.
    package func rejectedLines(limit: Int) async throws(StoreFailure) -> [RejectedLineDocument] {
        try await read("cannot read the rejected lines") { db, deadline in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT import.file, lines FROM import_reject JOIN import ON import.id = import_reject.file ORDER BY import_reject.id
                    """)
            var documents: [RejectedLineDocument] = []
            while documents.count < limit, let row = try rows.next() {
                try deadline.check()
                let file: String = try row.decode(atIndex: 0)
                for line in try row.withUnsafeBlob(1, { try RejectedLines.lines(of: $0) }).prefix(
                    limit - documents.count)
                {
                    documents.append(
                        RejectedLineDocument(
                            file: file, line: line.number, reason: line.reason,
                            text: String(decoding: line.line, as: UTF8.self)))
                }
            }
            return documents
        }
    }
}

/// A line of a file that was imported and could not be taken.
package struct RejectedLineDocument: Sendable, Hashable, Codable {
    package var file: String
    /// Counted from 1.
    package var line: Int64
    package var reason: String
    package var text: String
}
