import ArgumentParser
import FleetConsole
import Foundation

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
    Output.fail(failure)
    exit(failure.exitCode)
} catch let failure as ClientFailure {
    let failure = CommandFailure(failure)
    Output.fail(failure)
    exit(failure.exitCode)
} catch {
    // One without a message has printed what it had to say.
    let (code, message) = (Zubr.exitCode(for: error).rawValue, Zubr.message(for: error))
    guard code != 0, !message.isEmpty else { Zubr.exit(withError: error) }
    FileHandle.standardError.write(Data("\(Zubr.fullMessage(for: error))\n".utf8))
    Output.close(CommandFailure(message, exitCode: code))
    exit(code)
}
