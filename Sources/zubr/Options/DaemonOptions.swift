import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime
import Foundation

/// Where the daemon is and how its answer is printed: the same for every command that asks it.
struct DaemonOptions: ParsableArguments {
    @Option(help: "zubrd's Unix socket (default: ZUBR_SOCKET, else /run/zubr/zubrd.sock).")
    var socket: String?

    @OptionGroup var output: OutputOptions

    var client: FleetClient { DaemonOptions.client(socket) }

    /// - Parameter socket: `nil`: where the daemon usually is.
    static func client(_ socket: String?) -> FleetClient {
        let named = ProcessInfo.processInfo.environment["ZUBR_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        return FleetClient(socket: socket ?? named ?? "/run/zubr/zubrd.sock")
    }
}

struct OutputOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json }

    @Option(name: .customLong("output"), help: "How the answer is printed.")
    var format: Format = .table

    /// Prints the document: for people as `draw` draws it, for programs as one JSON object.
    func show(_ document: some Encodable, _ draw: (inout Page) -> Void) throws {
        switch format {
        case .table:
            var page = Terminal.output.page
            draw(&page)
            for line in page.lines { print(line) }
        case .json:
            print(String(decoding: try DocumentCoding.encode(document), as: UTF8.self))
        }
    }
}

extension MachineKey: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension Timestamp: ExpressibleByArgument {
    package init?(argument: String) { self.init(moment: argument) }
}
