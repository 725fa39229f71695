import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore

/// The database: by its daemon's word, or by a look into the file.
struct DatabaseLook {
    let path: String

    /// The check, and whether some process has the database open.
    func look(_ daemon: StatusDocument?) async -> (check: Check, isHeld: Bool) {
        if let daemon {
            let check = Check.ok(
                "database",
                "\(path), \(quantity(daemon.store.frames, "frame")) in \(bytes(daemon.store.databaseBytes)); zubrd has it open and checked it when it started"
            )
            return (check, true)
        }
        do throws(StoreFailure) {
            return (judged(try await DatabaseExamination.examine(path: path)), false)
        } catch {
            if case .busy = error { return (judged(error), true) }
            return (judged(error), false)
        }
    }

    private func judged(_ found: DatabaseExamination) -> Check {
        switch found.wholeness {
        case .whole: .ok("database", "\(path), \(quantity(found.frames, "frame")), found whole")
        case .unfinished:
            .ok("database", "\(path): nothing wrong found in ten seconds; it is too large to be looked through at once")
        case .damaged(let what): damaged(what)
        }
    }

    private func damaged(_ what: String) -> Check {
        .failed(
            "database", "\(path) is damaged: \(what)",
            next: "do not delete it; docs/OPERATING.md, Restore, says step by step how to put a backup in its place")
    }

    private func judged(_ failure: StoreFailure) -> Check {
        switch failure {
        case .notFound:
            if let aside = FleetDatabase.damagedFile(beside: path) {
                .failed(
                    "database", "there is no \(path); \(aside) beside it was found damaged",
                    next: "docs/OPERATING.md, Restore, says step by step how to put a backup in its place")
            } else {
                .warning(
                    "database", "there is no \(path) yet",
                    next: "right before the first start; else correct `database` in zubrd.yaml")
            }
        case .busy(let text), .conflict(let text), .tooMuch(let text):
            .failed(
                "database", text,
                next:
                    "that process has the file and does not answer on the socket: is it zubrd on another --socket, or does it hang?"
            )
        case .foreign(let text):
            .failed("database", text, next: "correct `database` in zubrd.yaml, or start the right version of zubrd")
        case .damaged(let text): damaged(text)
        case .diskFull(let text):
            .failed("database", text, next: "free space on its disk")
        }
    }
}
