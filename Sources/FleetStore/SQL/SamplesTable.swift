import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

/// What the table of samples answers from: one transaction, and the head as it was before it began.
final class SamplesTable {
    static let name = "samples"

    /// Of what is not among the columns of `SELECT *`, `fleet` chooses machines, `boot` and `seq` tell frames apart.
    ///
    /// The key is what SQLite tells samples apart by, when it finds them by several conditions at once.
    static let declaration = """
        CREATE TABLE x(
            equipment TEXT NOT NULL, signal TEXT NOT NULL, observed_at TEXT NOT NULL COLLATE \(SampleTime.collation),
            value REAL, fleet TEXT HIDDEN NOT NULL, boot INTEGER HIDDEN NOT NULL, seq INTEGER HIDDEN NOT NULL,
            PRIMARY KEY (equipment, signal, observed_at, boot, seq)
        ) WITHOUT ROWID
        """

    struct Machine {
        var row: Int64
        var fleet: String
        /// `fleet/name`.
        var equipment: String
    }

    let source: SegmentSource
    /// In order of `fleet/name`.
    let machines: [Machine]
    /// The names of signals by their rows; `nil` for those that are not shown.
    let signalNames: [String?]
    private let signalRows: [Signal: Int64]
    private let head: [Int64: Head.Run]
    private let mark: SealMark
    /// Throws when the time is up or nobody wants the answer any more.
    let check: () throws -> Void
    private(set) lazy var size = SamplesSize(source.db, machines: machines, headBytes: headBytes)

    private var headBytes: Int { head.values.reduce(0) { $0 + $1.byteCount } }

    init(
        _ db: Database, names: StoredNames, head: [Int64: Head.Run], check: @escaping () throws -> Void
    ) throws {
        source = SegmentSource(db, names: names)
        machines = try Row.fetchAll(db, sql: "SELECT fleet, equipment, id FROM machine").map { row in
            let key = try MachineKey(row)
            return Machine(row: try row.decode(atIndex: 2), fleet: key.fleet.text, equipment: key.description)
        }.sorted { $0.equipment.utf8.lexicographicallyPrecedes($1.equipment.utf8) }
        signalNames = names.signals.map { $0.name.hasPrefix("@") ? nil : $0.name }
        signalRows = names.rows
        self.head = head
        self.check = check
        mark = try SealMark(db)
    }

    func signalName(_ row: Int64) -> String? {
        row > 0 && row <= Int64(signalNames.count) ? signalNames[Int(row) - 1] : nil
    }

    /// The frames of a machine that are not in segments, from `start` up to but without `end`, in order.
    func headFrames(of machine: Machine, from start: Int64, to end: Int64) throws -> [Frame] {
        guard let run = head[machine.row] else { return [] }
        do {
            return try run.frames(after: mark.position(of: machine.row), names: source.names).map(\.frame)
                .filter { $0.observedAt.microseconds >= start && $0.observedAt.microseconds < end }
                .sorted { $0.isBefore($1) }
        } catch {
            throw StoreFailure.damaged(
                "what came last of \(machine.equipment) cannot be read: \(error.description)")
        }
    }

    func block(of frames: [Frame], wanted: (Int64) -> Bool) -> SampleBlock {
        SampleBlock(frames) { signal in
            guard let row = signalRows[signal], signalName(row) != nil, wanted(row) else { return nil }
            return row
        }
    }

    /// Runs `body`; damage of a segment is said to be that of this machine and time.
    func reading<Result>(_ segment: ListedSegment, of machine: Machine, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let damage as Damage {
            throw StoreFailure.damagedSegment(
                segment.id, of: machine.equipment, from: Timestamp(microseconds: segment.first),
                to: Timestamp(microseconds: segment.last), damage)
        }
    }
}

/// About how much there is, for SQLite to choose among plans by.
struct SamplesSize {
    var machines = 1.0
    var fleets = 1.0
    var samples = 1_000.0
    var segments = 1.0
    var signalsOfMachine = 1.0
    /// Microseconds.
    var first = 0.0
    var last = 0.0

    init(_ db: Database, machines: [SamplesTable.Machine], headBytes: Int) {
        self.machines = max(1, Double(machines.count))
        fleets = max(1, Double(Set(machines.map(\.fleet)).count))
        // A wrong guess makes a slow plan, and a damaged row is told by whoever reads it.
        samples += Double(headBytes) / 3
        guard let counts = try? Row.fetchOne(db, sql: "SELECT COUNT(*), MIN(first), MAX(last) FROM segment"),
            let count = try? counts.decode(Int64.self, atIndex: 0), count > 0
        else { return }
        segments = Double(count)
        first = (try? counts.decode(Double.self, atIndex: 1)) ?? 0
        last = (try? counts.decode(Double.self, atIndex: 2)) ?? 0
        var (rows, columns, seen) = (0.0, 0.0, 0.0)
        let some = (try? Row.fetchAll(db, sql: "SELECT rows, directory FROM segment ORDER BY id DESC LIMIT 50")) ?? []
        for row in some {
            guard let count = try? row.decode(Double.self, atIndex: 0),
                let directory = try? row.withUnsafeBlob(1, { try SegmentDirectory($0) })
            else { continue }
            rows += max(0, count)
            columns += Double(directory.columns.count)
            seen += 1
        }
        guard seen > 0 else { return }
        signalsOfMachine = max(1, columns / seen)
        samples += segments * rows / seen * signalsOfMachine
    }

    /// What part of the time lies after `start` and before `end`.
    func part(from start: Double?, to end: Double?) -> Double {
        guard last > first else { return 1 }
        let (from, to) = (max(first, start ?? first), min(last, end ?? last))
        return min(1, max(0.000_1, (to - from) / (last - first)))
    }
}
