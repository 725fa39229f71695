import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore
import Foundation

/// For commands that can ask a file instead of the daemon.
enum StoreDoor {
    /// Opens a database to read only, asks it and closes it.
    static func ask<Answer>(
        _ path: String, _ body: (FleetDatabase) async throws(StoreFailure) -> Answer
    ) async throws -> Answer {
        do throws(StoreFailure) {
            let store = try await FleetDatabase.open(path: path, access: .readOnly)
            if let complaint = store.unreadComplaint("the answer") { printError(complaint) }
            let answer: Result<Answer, StoreFailure>
            do throws(StoreFailure) {
                answer = .success(try await body(store))
            } catch {
                answer = .failure(error)
            }
            await store.close()
            return try answer.get()
        } catch {
            throw CommandFailure(error.message)
        }
    }

    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }

    /// Prints an answer as it is, or a CSV one as a table.
    static func show(_ bytes: [UInt8], asTable: Bool) throws {
        if asTable {
            var page = Terminal.output.page
            page.show(csv: bytes)
            for line in page.lines { print(line) }
        } else {
            try Output.write(bytes.last == UInt8(ascii: "\n") ? bytes : bytes + [UInt8(ascii: "\n")])
        }
    }
}
