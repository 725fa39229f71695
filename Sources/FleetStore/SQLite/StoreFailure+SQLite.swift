import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite
import Glibc
import SeriesCodec

extension StoreFailure {
    /// What an error of the database means to those who use the store.
    ///
    /// `doing` says what was attempted, as in "cannot store what came in"; `systemError` is the connection's last
    /// errno, because SQLite reports a full disk as an I/O error in some of its calls; `next` is what follows when
    /// there is space again.
    init(
        _ error: any Error, doing: String, path: String, systemError: Int32 = 0,
        next: String = "the daemon goes on by itself"
    ) {
        if let failure = error as? StoreFailure {
            self = failure
            return
        }
        guard let error = error as? DatabaseError else {
            self = .damaged("\(doing) in \(path): \(error)")
            return
        }
        let cause = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        let isOutOfSpace =
            error.resultCode == .SQLITE_FULL
            || (error.resultCode == .SQLITE_IOERR && [ENOSPC, EDQUOT].contains(systemError))
        if isOutOfSpace {
            self = .diskFull(
                "\(doing) in \(path): no space is left (\(cause)); free space on its disk, \(next)"
            )
            return
        }
        switch error.resultCode {
        case .SQLITE_INTERRUPT:
            self = .busy("\(doing) in \(path): it took too long and was stopped; ask for less at once")
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_NOMEM, .SQLITE_IOERR, .SQLITE_PROTOCOL:
            self = .busy("\(doing) in \(path): \(cause); it is tried again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .damaged("\(doing) in \(path): the file is damaged (\(cause)); stop the daemon and restore a backup")
        case .SQLITE_CONSTRAINT:
            self = .damaged("\(doing) in \(path): it contradicts what is stored (\(cause)); nothing was changed")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self = .damaged("\(doing) in \(path): \(cause); check that the file and its folder may be written")
        default:
            self = .damaged("\(doing) in \(path): \(cause)")
        }
    }
}

extension StoreFailure {
    /// - Parameter owner: `fleet/name`, or more exactly what of it.
    static func damagedSegment(
        _ id: Int64, of owner: String, from first: Timestamp, to last: Timestamp, _ damage: Damage
    ) -> StoreFailure {
        .damaged(
            "the segment \(id) of \(owner) from \(first.iso8601) to \(last.iso8601) is damaged: \(damage.description); restore a backup, the rest stays readable"
        )
    }
}

extension DatabaseError {
    /// The error that a raw call on `connection` has just returned.
    init(code: Int32, of connection: OpaquePointer?) {
        self.init(
            resultCode: ResultCode(rawValue: code), message: connection.map { String(cString: sqlite3_errmsg($0)) })
    }
}
