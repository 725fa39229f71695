import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import SeriesCodec

extension Schema {
    /// The journal becomes what has not been moved into segments yet, one row a commit; what was in it and is evaluated goes
    /// into segments.
    @Sendable static func version2(_ db: Database) throws {
        try execute(
            """
                -- The number of the version says it alone.
                DROP TABLE IF EXISTS grdb_migrations;

                DROP INDEX journal_machine_hour;
                ALTER TABLE journal RENAME TO journal_1;
                CREATE INDEX journal_1_machine ON journal_1 (machine, hour, id);

                -- Which signals a machine has ever sent, as a JSON array of their rows: what bounds them.
                ALTER TABLE machine_signal RENAME TO machine_signal_1;
                CREATE TABLE machine_signal (
                    machine INTEGER PRIMARY KEY REFERENCES machine (id),
                    signals TEXT NOT NULL
                );
                INSERT INTO machine_signal
                    SELECT machine, json_group_array(signal) FROM machine_signal_1 GROUP BY machine;
                DROP TABLE machine_signal_1;

                -- Lists of signals that frames refer to.
                CREATE TABLE shape (id INTEGER PRIMARY KEY, signals BLOB NOT NULL UNIQUE);

                -- What came in and is not in segments yet, in order of arrival.
                CREATE TABLE journal (id INTEGER PRIMARY KEY, frames BLOB NOT NULL);

                -- Times are microseconds of the machine's clock.
                CREATE TABLE segment (
                    id INTEGER PRIMARY KEY,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    -- 0: readings as they came; 1 and 2: what is kept of each minute and hour of them.
                    level INTEGER NOT NULL,
                    first INTEGER NOT NULL,
                    last INTEGER NOT NULL,
                    rows INTEGER NOT NULL,
                    directory BLOB NOT NULL
                );
                CREATE INDEX segment_machine ON segment (machine, level, last, first);
                -- Those that are to be merged.
                CREATE INDEX segment_small ON segment (machine, level) WHERE rows < 8192;
                -- The columns of segments; the row is that of the segment times 4,096, and a number.
                CREATE TABLE chunk (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
                -- What rows of an import said beside their values, each once, as a JSON object with sorted keys; the value of
                -- the signal @tags is such a row. Who imports knows them all, so there is no index.
                CREATE TABLE tag_set (id INTEGER PRIMARY KEY, tags TEXT NOT NULL);
                -- Measurements of imports; their rows have 4294901760 and the row of their measurement, less 1, as their boot.
                CREATE TABLE measurement (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
                -- Files that were imported, or begun to be. A digest of their bytes says whether a file is one of them.
                CREATE TABLE import (
                    id INTEGER PRIMARY KEY,
                    file TEXT NOT NULL,
                    bytes INTEGER NOT NULL,
                    digest TEXT NOT NULL,
                    -- How it is read, and what has become of it so far.
                    plan TEXT NOT NULL,
                    report TEXT NOT NULL,
                    is_finished INTEGER NOT NULL DEFAULT 0
                );
                -- Lines of imports that were not taken, some thousand in a row.
                CREATE TABLE import_reject (
                    id INTEGER PRIMARY KEY,
                    file INTEGER NOT NULL REFERENCES import (id),
                    first_line INTEGER NOT NULL,
                    lines BLOB NOT NULL
                );
                -- Frames that left the journal and cannot be read, as they are; machine 0 is an unknown one.
                CREATE TABLE unreadable (
                    id INTEGER PRIMARY KEY,
                    machine INTEGER NOT NULL,
                    frames BLOB NOT NULL,
                    why TEXT NOT NULL
                );
            """, db)
        try JournalOfVersion1(db).move()
        try db.execute(sql: "DROP TABLE journal_1")
    }
}

/// The journal as version 1 had it: a row a commit, machine and hour, each a frame block.
private struct JournalOfVersion1 {
    private let db: Database
    private let names: StoredNames
    private let maker: SegmentMaker
    /// The evaluator has read up to here.
    private let evaluated: Int64

    init(_ db: Database) throws {
        self.db = db
        let names = try StoredNames(db)
        self.names = names
        let rows = names.rows
        maker = SegmentMaker { rows[$0]! }
        evaluated = try Cursor.evaluation.value(db)
    }

    func move() throws {
        for machine in try Int64.fetchAll(db, sql: "SELECT id FROM machine ORDER BY id") { try seal(machine) }
        let rest = try Row.fetchCursor(
            db, sql: "SELECT id, machine, frames FROM journal_1 WHERE id > ? ORDER BY id", arguments: [evaluated])
        let rows = names.rows
        while let row = try rest.next() {
            let (position, machine): (Int64, Int64) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
            var frames = FrameWriter()
            for received in try self.frames(row, column: 2, of: machine) {
                let signals = received.frame.readings.map { rows[$0.signal]! }
                frames.append(received.frame, receivedAt: received.receivedAt, shape: .listed(signals))
            }
            var journalRow = JournalRow()
            journalRow.append(frames.bytes, of: machine)
            try db.execute(
                sql: "INSERT INTO journal (id, frames) VALUES (?, ?)",
                arguments: [position, Data(journalRow.sealed())])
        }
        try Cursor.sealed.set(evaluated, db)
    }

    private func seal(_ machine: Int64) throws {
        let stored = try Row.fetchCursor(
            db, sql: "SELECT frames FROM journal_1 WHERE machine = ? AND id <= ? ORDER BY hour, id",
            arguments: [machine, evaluated])
        var frames: [Frame] = []
        func write() throws {
            for segment in try maker.segments(of: frames, of: machine) { try SegmentTable.insert(segment, db) }
            frames.removeAll(keepingCapacity: true)
        }
        while let row = try stored.next() {
            frames += try self.frames(row, column: 0, of: machine).map(\.frame)
            if frames.count >= Segment.rowsMax { try write() }
        }
        try write()
    }

    /// What cannot be read is kept as it is.
    private func frames(_ row: Row, column: Int, of machine: Int64) throws -> [ReceivedFrame] {
        try row.withUnsafeBlob(column) { bytes in
            do {
                return try FrameBlock.frames(of: bytes, names: names)
            } catch let damage as Damage {
                try db.execute(
                    sql: "INSERT INTO unreadable (machine, frames, why) VALUES (?, ?, ?)",
                    arguments: [machine, Data(bytes), damage.description])
                return []
            }
        }
    }
}
