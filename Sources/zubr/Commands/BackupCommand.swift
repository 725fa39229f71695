import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database into one file, also while zubrd runs.",
        discussion: """
            Everything committed before the start is in the copy. It gets its name when it was opened and every check sum \
            in it is right; what is damaged in the database is so in the copy, and said. For copies by the clock see \
            `backup` in zubrd.yaml.

            Example: zubr backup --database /var/lib/zubr/zubr.db --to /mnt/usb/zubr.db
            """)

    @Option(help: "The database file.")
    var database: String

    @Option(help: "The new file.")
    var to: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: false)
        let line = SharedProgressLine()
        let receipt: DatabaseCopy.Receipt
        do {
            receipt = try await DatabaseCopy.backUp(database, to: to, isStopped: { Interruption.isAsked }) {
                line.show($0, $1, $2)
            }
        } catch {
            line.finish()
            throw CommandFailure(error.message)
        }
        line.finish()
        try output.show(receipt) { page in
            let made = "\(receipt.file): \(bytes(receipt.bytes))"
            if let damage = receipt.damage {
                page.add("\(made), as damaged as the database: \(damage). Run zubr check; keep older backups.", .alarm)
            } else {
                page.add("\(made), found whole.", .good)
            }
        }
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the database; zubrd must be stopped.",
        discussion: """
            The backup is copied, every value in it is decoded, and only then it gets the database's name. What stood there \
            is put aside as PATH.replaced-<time>, never deleted.

            Example: zubr restore /var/backups/zubr/zubr-2026-11-21T03-00-00Z.db --database /var/lib/zubr/zubr.db --force
            """)

    @Argument(help: "The backup.")
    var file: String

    @Option(help: "The database file.")
    var database: String

    @Flag(help: "Also when there is a database: it is put aside.")
    var force = false

    @Flag(help: "Also when the backup is damaged, for want of a better one; zubr check says what it lacks.")
    var damaged = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: false)
        let line = SharedProgressLine()
        let receipt: DatabaseCopy.Receipt
        do {
            receipt = try await DatabaseCopy.restore(
                file, to: database, isReplacing: force, acceptsDamage: damaged, isStopped: { Interruption.isAsked }
            ) { line.show($0, $1, $2) }
        } catch {
            line.finish()
            throw CommandFailure(error.message)
        }
        line.finish()
        try output.show(receipt) { page in
            for name in receipt.putAside { page.add("put aside: \(name)") }
            let done = "\(receipt.database) is \(receipt.file) now, \(bytes(receipt.bytes))"
            if let damage = receipt.damage {
                page.add("\(done), as damaged as the backup: \(damage). zubr check says all that it lacks.", .alarm)
            } else {
                page.add("\(done), found whole.", .good)
            }
        }
    }
}
