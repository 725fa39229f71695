import FleetRuntime
import GRDB
import GRDBSQLite

/// The table of samples as SQLite calls it: a virtual table that is there without being created, and only read.
///
/// What SQLite calls are C functions, which hold nothing: all they know hangs on the structures that SQLite hands them.
/// They report errors in SQLite's way, whatever happens below.
enum SamplesModule {
    /// Makes the table known to a connection, which from then on answers from `table`.
    static func register(_ table: SamplesTable, on connection: OpaquePointer?) throws {
        let code = sqlite3_create_module_v2(
            connection, SamplesTable.name, module, Unmanaged.passRetained(table).toOpaque()
        ) { table in
            if let table { Unmanaged<SamplesTable>.fromOpaque(table).release() }
        }
        guard code == SQLITE_OK else { throw DatabaseError(code: code, of: connection) }
        try registerCollation(on: connection)
    }

    private static func registerCollation(on connection: OpaquePointer?) throws {
        let code = sqlite3_create_collation_v2(
            connection, SampleTime.collation, SQLITE_UTF8, nil,
            { _, aCount, a, bCount, b in
                func text(_ bytes: UnsafeRawPointer?, _ count: Int32) -> UnsafeBufferPointer<UInt8> {
                    UnsafeBufferPointer(start: bytes?.assumingMemoryBound(to: UInt8.self), count: Int(count))
                }
                return SampleTime.compare(text(a, aCount), text(b, bCount))
            }, nil)
        guard code == SQLITE_OK else { throw DatabaseError(code: code, of: connection) }
    }

    /// SQLite refers to it for as long as the program runs; nothing changes it.
    nonisolated(unsafe) private static let module: UnsafeMutablePointer<sqlite3_module> = {
        var module = sqlite3_module()
        module.iVersion = 1
        // Without a function that creates, the table is there by its module's name and can be nowhere else.
        module.xCreate = nil
        module.xConnect = { connection, table, _, _, result, message in
            SamplesModule.connect(connection, table, result, message)
        }
        module.xBestIndex = { SamplesModule.bestIndex($0, $1) }
        module.xDisconnect = { table in
            UnsafeMutableRawPointer(table)?.assumingMemoryBound(to: ConnectedTable.self).deallocate()
            return SQLITE_OK
        }
        module.xOpen = { SamplesModule.open($0, $1) }
        module.xClose = { SamplesModule.close($0) }
        module.xFilter = { cursor, number, text, count, values in
            SamplesModule.run(cursor) { scan in
                let (filter, order) = try SamplesModule.question(number, text, count, values)
                try scan.begin(filter, order)
            }
        }
        module.xNext = { cursor in SamplesModule.run(cursor) { try $0.advance() } }
        module.xEof = { cursor in SamplesModule.scan(cursor)?.isAtEnd ?? true ? 1 : 0 }
        module.xColumn = { SamplesModule.column($0, $1, $2) }
        // It has no row numbers; SQLite does not ask.
        module.xRowid = { _, _ in SQLITE_ERROR }
        let pointer = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        pointer.initialize(to: module)
        return pointer
    }()

    /// SQLite's structure first, as it knows no more of it.
    private struct ConnectedTable {
        var base: sqlite3_vtab
        /// The module keeps it.
        var table: Unmanaged<SamplesTable>
    }

    private struct OpenCursor {
        var base: sqlite3_vtab_cursor
        var scan: Unmanaged<SamplesScan>
    }

    // MARK: Tables and cursors

    private static func connect(
        _ connection: OpaquePointer?, _ table: UnsafeMutableRawPointer?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> Int32 {
        guard let table, let result else { return SQLITE_MISUSE }
        let code = sqlite3_declare_vtab(connection, SamplesTable.declaration)
        guard code == SQLITE_OK else {
            message?.pointee = copied(connection.map { String(cString: sqlite3_errmsg($0)) } ?? "")
            return code
        }
        let connected = UnsafeMutablePointer<ConnectedTable>.allocate(capacity: 1)
        connected.initialize(
            to: ConnectedTable(base: sqlite3_vtab(), table: Unmanaged<SamplesTable>.fromOpaque(table)))
        result.pointee = UnsafeMutableRawPointer(connected).assumingMemoryBound(to: sqlite3_vtab.self)
        return SQLITE_OK
    }

    private static func table(_ pointer: UnsafeMutablePointer<sqlite3_vtab>?) -> SamplesTable? {
        UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: ConnectedTable.self).pointee.table
            .takeUnretainedValue()
    }

    private static func open(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab>?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
    ) -> Int32 {
        guard let table = table(pointer), let result else { return SQLITE_MISUSE }
        let cursor = UnsafeMutablePointer<OpenCursor>.allocate(capacity: 1)
        cursor.initialize(
            to: OpenCursor(base: sqlite3_vtab_cursor(), scan: Unmanaged.passRetained(SamplesScan(table))))
        result.pointee = UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
        return SQLITE_OK
    }

    private static func close(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
        guard let cursor = UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: OpenCursor.self) else {
            return SQLITE_OK
        }
        cursor.pointee.scan.release()
        cursor.deallocate()
        return SQLITE_OK
    }

    @inline(__always)
    private static func scan(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> SamplesScan? {
        UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: OpenCursor.self).pointee.scan.takeUnretainedValue()
    }

    /// Runs `body` with the scan of a cursor; an error is told SQLite, with its message.
    @inline(__always)
    private static func run(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ body: (SamplesScan) throws -> Void
    ) -> Int32 {
        guard let pointer, let scan = scan(pointer) else { return SQLITE_MISUSE }
        do {
            try body(scan)
            return SQLITE_OK
        } catch {
            let (code, message) = report(error)
            if let table = pointer.pointee.pVtab {
                sqlite3_free(table.pointee.zErrMsg)
                table.pointee.zErrMsg = copied(message)
            }
            return code
        }
    }

    private static func report(_ error: any Error) -> (code: Int32, message: String) {
        switch error {
        case let error as DatabaseError:
            (error.extendedResultCode.rawValue, error.message ?? "SQLite error \(error.extendedResultCode.rawValue)")
        case let failure as StoreFailure: (SQLITE_CORRUPT, failure.message)
        case let mistake as SQLMistake: (SQLITE_ERROR, mistake.description)
        default: (SQLITE_CORRUPT, "\(error)")
        }
    }

    /// A text that SQLite frees.
    private static func copied(_ text: String) -> UnsafeMutablePointer<CChar>? {
        let bytes = text.utf8CString
        guard let copy = sqlite3_malloc64(UInt64(bytes.count)) else { return nil }
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
        return copy.assumingMemoryBound(to: CChar.self)
    }

    // MARK: One sample

    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private static func column(
        _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ context: OpaquePointer?, _ number: Int32
    ) -> Int32 {
        guard let scan = scan(cursor), !scan.isAtEnd else { return SQLITE_MISUSE }
        func result(_ text: String) {
            var text = text
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_result_text(context, $0.baseAddress, Int32($0.count), transient)
                }
            }
        }
        do {
            switch SamplesPlan.Column(rawValue: number) {
            case .equipment: result(scan.machine.equipment)
            case .fleet: result(scan.machine.fleet)
            case .signal: result(scan.signalName)
            case .observedAt:
                try scan.withTime { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        sqlite3_result_text(context, $0.baseAddress, Int32($0.count), transient)
                    }
                }
            case .value: sqlite3_result_double(context, try scan.value())
            case .boot: sqlite3_result_int64(context, Int64(try scan.sequence().boot))
            // SQLite knows no numbers without a sign; a larger one is told by its bits.
            case .seq: sqlite3_result_int64(context, Int64(bitPattern: try scan.sequence().seq))
            case nil: sqlite3_result_null(context)
            }
        } catch {
            let (code, message) = report(error)
            // In this order: the message makes it an error of no kind.
            sqlite3_result_error(context, message, -1)
            sqlite3_result_error_code(context, code)
            return code
        }
        return SQLITE_OK
    }

    // MARK: Choosing a plan

    /// Says what of a question is answered here, in which order and at what cost.
    private static func bestIndex(
        _ pointer: UnsafeMutablePointer<sqlite3_vtab>?, _ info: UnsafeMutablePointer<sqlite3_index_info>?
    ) -> Int32 {
        guard let table = table(pointer), let info, let usage = info.pointee.aConstraintUsage else {
            return SQLITE_MISUSE
        }
        var arguments: [SamplesPlan.Argument] = []
        var fixed: Set<SamplesPlan.Column> = []
        var machinesPart = 1.0
        var signalsPart = 1.0
        var (start, end): (Double?, Double?) = (nil, nil)
        var timePart = 1.0
        for index in 0..<Int(info.pointee.nConstraint) {
            guard let constraint = info.pointee.aConstraint?[index], constraint.usable != 0,
                let column = SamplesPlan.Column(rawValue: constraint.iColumn),
                let argument = argument(column, Int32(constraint.op), collation(info, index))
            else { continue }
            usage[index].argvIndex = Int32(arguments.count + 1)
            let isList = argument.list != nil && sqlite3_vtab_in(info, Int32(index), -1) != 0
            if isList, let list = argument.list {
                _ = sqlite3_vtab_in(info, Int32(index), 1)
                arguments.append(list)
            } else {
                arguments.append(argument.one)
                if argument.list != nil { fixed.insert(column) }
            }
            // Values are compared by SQLite, too: only columns are left out here.
            usage[index].omit = column == .value ? 0 : 1
            // How long a list is, SQLite does not say before it runs.
            let listed = isList ? 4.0 : 1
            switch column {
            case .equipment: machinesPart = min(machinesPart, listed / table.size.machines)
            case .fleet: machinesPart = min(machinesPart, listed / table.size.fleets)
            case .signal: signalsPart = min(signalsPart, listed / table.size.signalsOfMachine)
            case .observedAt:
                guard let bound = constantTime(info, index) else {
                    timePart *= argument.one == .at ? 0.000_1 : 0.25
                    continue
                }
                switch argument.one {
                case .at: (start, end) = (bound, bound)
                case .after, .from: start = max(start ?? bound, bound)
                default: end = min(end ?? bound, bound)
                }
            case .value: timePart *= 0.9
            case .boot, .seq: break
            }
        }
        timePart *= table.size.part(from: start, to: end)
        let samples = max(1, table.size.samples * min(1, machinesPart) * min(1, signalsPart) * timePart)
        let segments = table.size.segments * min(1, machinesPart) * timePart
        info.pointee.estimatedRows = Int64(min(samples, 1e15))
        info.pointee.estimatedCost = samples + segments * 50 + table.size.machines * min(1, machinesPart) * 10
        info.pointee.idxNum = 0
        if info.pointee.nOrderBy > 0, let terms = terms(info),
            let order = SamplesPlan.order(for: terms, fixed: fixed)
        {
            info.pointee.orderByConsumed = 1
            info.pointee.idxNum = order.number
        }
        let letters = String(decoding: arguments.map(\.rawValue), as: UTF8.self)
        info.pointee.idxStr = copied(letters)
        info.pointee.needToFreeIdxStr = 1
        return info.pointee.idxStr == nil ? SQLITE_NOMEM : SQLITE_OK
    }

    /// What a condition becomes, alone and, where that can be, as a list; `nil` for one that SQLite is left to judge.
    private static func argument(
        _ column: SamplesPlan.Column, _ operation: Int32, _ collation: String
    ) -> (one: SamplesPlan.Argument, list: SamplesPlan.Argument?)? {
        switch (column, operation, collation) {
        case (.equipment, SQLITE_INDEX_CONSTRAINT_EQ, "BINARY"): (.equipment, .equipmentList)
        case (.fleet, SQLITE_INDEX_CONSTRAINT_EQ, "BINARY"): (.fleet, .fleetList)
        case (.signal, SQLITE_INDEX_CONSTRAINT_EQ, "BINARY"): (.signal, .signalList)
        case (.observedAt, SQLITE_INDEX_CONSTRAINT_EQ, SampleTime.collation): (.at, nil)
        case (.observedAt, SQLITE_INDEX_CONSTRAINT_GT, SampleTime.collation): (.after, nil)
        case (.observedAt, SQLITE_INDEX_CONSTRAINT_GE, SampleTime.collation): (.from, nil)
        case (.observedAt, SQLITE_INDEX_CONSTRAINT_LT, SampleTime.collation): (.before, nil)
        case (.observedAt, SQLITE_INDEX_CONSTRAINT_LE, SampleTime.collation): (.until, nil)
        case (.value, SQLITE_INDEX_CONSTRAINT_EQ, _): (.valueIs, nil)
        case (.value, SQLITE_INDEX_CONSTRAINT_GT, _): (.valueAbove, nil)
        case (.value, SQLITE_INDEX_CONSTRAINT_GE, _): (.valueFrom, nil)
        case (.value, SQLITE_INDEX_CONSTRAINT_LT, _): (.valueBelow, nil)
        case (.value, SQLITE_INDEX_CONSTRAINT_LE, _): (.valueUpTo, nil)
        default: nil
        }
    }

    private static func collation(_ info: UnsafeMutablePointer<sqlite3_index_info>, _ index: Int) -> String {
        sqlite3_vtab_collation(info, Int32(index)).map { String(cString: $0) } ?? ""
    }

    /// The time a condition compares with, when the question says it in so many words.
    private static func constantTime(_ info: UnsafeMutablePointer<sqlite3_index_info>, _ index: Int) -> Double? {
        var value: OpaquePointer?
        guard sqlite3_vtab_rhs_value(info, Int32(index), &value) == SQLITE_OK, let value else { return nil }
        return withText(value) { $0.flatMap { SampleTime.microseconds(of: $0) } }.map { Double($0) }
    }

    private static func terms(_ info: UnsafeMutablePointer<sqlite3_index_info>) -> [SamplesPlan.Term]? {
        var terms: [SamplesPlan.Term] = []
        for index in 0..<Int(info.pointee.nOrderBy) {
            guard let term = info.pointee.aOrderBy?[index], let column = SamplesPlan.Column(rawValue: term.iColumn)
            else { return nil }
            terms.append(SamplesPlan.Term(column: column, isDescending: term.desc != 0))
        }
        return terms
    }

    // MARK: The values of a plan

    private static func question(
        _ number: Int32, _ letters: UnsafePointer<CChar>?, _ count: Int32,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) throws -> (SamplesFilter, SamplesPlan.Order) {
        var filter = SamplesFilter()
        for index in 0..<Int(count) {
            guard let letter = letters?[index],
                let argument = SamplesPlan.Argument(rawValue: UInt8(bitPattern: letter)),
                let value = values?[index]
            else { continue }
            switch argument {
            case .equipment, .fleet, .signal: filter.allow(text(value).map { [$0] } ?? [], in: set(argument))
            case .equipmentList, .fleetList, .signalList: filter.allow(try texts(value), in: set(argument))
            case .at, .after, .from, .before, .until:
                guard sqlite3_value_type(value) != SQLITE_NULL else {
                    filter.isNothing = true
                    continue
                }
                filter.allow(time: try time(value), argument)
            case .valueIs, .valueAbove, .valueFrom, .valueBelow, .valueUpTo:
                // Of another type than a number, it has an order of its own, which SQLite knows.
                if [SQLITE_INTEGER, SQLITE_FLOAT].contains(sqlite3_value_type(value)) {
                    filter.allow(value: sqlite3_value_double(value), argument)
                }
            }
        }
        return (filter, SamplesPlan.Order(number: number))
    }

    private static func set(_ argument: SamplesPlan.Argument) -> WritableKeyPath<SamplesFilter, Set<String>?> {
        switch argument {
        case .equipment, .equipmentList: \.equipment
        case .fleet, .fleetList: \.fleets
        default: \.signals
        }
    }

    private static func texts(_ list: OpaquePointer) throws -> Set<String> {
        var texts: Set<String> = []
        var value: OpaquePointer?
        var code = sqlite3_vtab_in_first(list, &value)
        while code == SQLITE_OK, let found = value {
            if let text = text(found) { texts.insert(text) }
            code = sqlite3_vtab_in_next(list, &value)
        }
        guard code == SQLITE_OK || code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
        return texts
    }

    private static func time(_ value: OpaquePointer) throws -> Int64 {
        try withText(value) { bytes in
            guard let bytes else { throw SQLMistake("observed_at cannot be compared with bytes") }
            guard let time = SampleTime.microseconds(of: bytes) else {
                throw SQLMistake(
                    "observed_at is compared with '\(String(decoding: bytes, as: UTF8.self))', which is no time; write '2026-03-01T08:00:00Z', '2026-03-01' or datetime('now', '-1 day')"
                )
            }
            return time
        }
    }

    /// `nil` for NULL and for bytes, which equal no text.
    private static func text(_ value: OpaquePointer) -> String? {
        withText(value) { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    private static func withText<Result>(
        _ value: OpaquePointer, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
    ) rethrows -> Result {
        guard ![SQLITE_NULL, SQLITE_BLOB].contains(sqlite3_value_type(value)), let text = sqlite3_value_text(value)
        else { return try body(nil) }
        return try body(UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(value))))
    }
}

/// What is wrong with a question in SQL.
struct SQLMistake: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
