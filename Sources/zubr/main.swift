import ArgumentParser
import FleetConsole
import Glibc

// A reader that has seen enough (`zubr machines | head`) ends us quietly.
signal(SIGPIPE, SIG_DFL)

/// Opens the existential: on `any` the compiler takes the synchronous `run`, which only prints help.
func run(_ command: some AsyncParsableCommand) async throws {
    var command = command
    try await command.run()
}

do {
    var command = try Zubr.parseAsRoot()
    if let asynchronous = command as? any AsyncParsableCommand {
        try await run(asynchronous)
    } else {
        try command.run()
    }
    try Output.finish()
} catch let failure as CommandFailure {
    printError(failure.message)
    exit(failure.exitCode)
} catch let failure as ClientFailure {
    printError(failure.description)
    exit(failure.isUnreachable ? CommandFailure.unreachable : CommandFailure.failed)
} catch {
    Zubr.exit(withError: error)
}
