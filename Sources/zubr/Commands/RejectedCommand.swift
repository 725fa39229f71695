import ArgumentParser
import FleetRuntime
import FleetStore

struct RejectedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejected", abstract: "Lines of imported files that were not taken, and why.",
        discussion: """
            From a database file that no zubrd uses. As lines they can be mended and imported again.

            Examples:
              zubr rejected --database zubr.db
              zubr rejected --database zubr.db --output lines > mend.lp
            """)

    enum Output: String, CaseIterable, ExpressibleByArgument { case table, json, lines }

    @Option(help: "The database file.")
    var database: String

    @Option(help: "At most so many.")
    var limit = 1_000_000

    @Option(help: "table: file, line and reason before each; json: one JSON document; lines: the lines alone.")
    var output: Output = .table

    func run() async throws {
        let lines: [RejectedLineDocument]
        do {
            let store = try await FleetDatabase.open(path: database, access: .readOnly)
            do {
                lines = try await store.rejectedLines(limit: limit)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        } catch let failure as StoreFailure {
            throw CommandFailure(failure.message)
        }
        switch output {
        case .table: for line in lines { print("\(line.file):\(line.line) \(line.reason): \(line.text)") }
        case .lines: for line in lines { print(line.text) }
        case .json:
            print(String(decoding: try DocumentCoding.encode(Lines(rejected: lines)), as: UTF8.self))
        }
    }

    private struct Lines: Encodable { var rejected: [RejectedLineDocument] }
}
