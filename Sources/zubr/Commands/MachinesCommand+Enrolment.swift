import ArgumentParser
import FleetConfiguration
import FleetConsole
import FleetEnrolment
import FleetModel
import FleetRuntime

extension MachinesCommand {
    struct Enrol: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let machines speak to the broker: each under its own name, with a password or a certificate.",
            discussion: """
                Writes the broker's files and tells it to read them. Run it where the broker runs, as root. A machine's \
                user name is fleet/equipment, and it may write its own topics only.

                Examples:
                  sudo zubr machines enrol kuzbass-coal/truck-17
                  sudo zubr machines enrol --file fleet.csv --credentials passwords.csv
                  sudo zubr machines enrol kuzbass-coal/truck-17 --certificate --days 365
                """)

        @Argument(help: "The machines, as fleet/equipment.")
        var machines: [MachineKey] = []

        @Option(help: "Machines from a CSV file with the columns fleet and equipment; others are passed over.")
        var file: String?

        @OptionGroup var options: EnrolOptions

        func validate() throws {
            guard !machines.isEmpty || file != nil else { throw ValidationError("name machines, or a --file of them") }
        }

        func run() throws {
            var all = machines
            if let file {
                do {
                    all += try FleetConfiguration.loadMachineNames(csv: file)
                } catch { throw CommandFailure("nobody was enrolled:\n\(error)") }
            }
            try options.enrol(options.files.doing { try all.map { try BrokerUser($0) } })
        }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shut machines out of the broker, also those that are connected.",
            discussion: "Example: sudo zubr machines withdraw kuzbass-coal/truck-17")

        @Argument(help: "The machines, as fleet/equipment.")
        var machines: [MachineKey]

        @OptionGroup var options: WithdrawOptions

        func run() throws {
            try options.withdraw(options.files.doing { try machines.map { try BrokerUser($0) } })
        }
    }

    struct Credentials: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who may speak to the broker, and whether the daemon knows it.",
            discussion: "Example: sudo zubr machines credentials --output json")

        @OptionGroup var files: BrokerFileOptions
        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let credentials = try files.doing { try files.enrolment.credentials() }
            // The files are here even when no daemon is.
            let machines: MachinesDocument? = try? daemon.client.get("/v1/machines")
            let document = CredentialsDocument(credentials, machines)
            try daemon.output.show(document) { $0.show(document) }
        }
    }

    struct Transfer: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Give a machine to another fleet: its history goes on under a new name, the old one loses access.",
            discussion: """
                Where the broker's files are at hand, the old credential is withdrawn first and a new one made after; \
                what the machine measures between the two it sends under its new name. With --daemon-only the files are \
                left alone. When it was interrupted, type it again.

                Example: sudo zubr machines transfer kuzbass-coal/truck-17 altai-ore/t-4 --owner "Altai Ore"
                """)

        @Argument(help: "The machine, as fleet/equipment.")
        var old: MachineKey

        @Argument(help: "Its new name, as fleet/equipment.")
        var new: MachineKey

        @Option(help: "The new owner (default: the new fleet's id).")
        var owner: String?

        @Option(help: "Whom a center calls from now on (default: nobody; the old owner's man is not called).")
        var contact: String?

        @Option(help: "Where it works from now on (default: where it did).")
        var site: String?

        @Flag(help: "Leave the broker's files alone.")
        var daemonOnly = false

        @Option(help: "Write the new password into this new file (mode 0600) instead of showing it.")
        var credentials: String?

        @OptionGroup var files: BrokerFileOptions
        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let client = daemon.client
            let request = TransferDocument(from: old, to: new, owner: owner, contact: contact, site: site)
            // Asked before anybody is shut out: what the daemon refuses must not cost a machine its access.
            let there: MachineDetailDocument? = try? client.get("/v1/machines/\(new)")
            let isDone = there?.formerNames.contains { $0.equipment == old } ?? false
            if !isDone { let _: TransferDocument = try client.post("/v1/machines/transfer?check=true", request) }
            let users = try files.doing { (try BrokerUser(old), try BrokerUser(new)) }
            let enrolment = files.enrolment
            var answer = TransferAnswer(transfer: request)
            var before: Credential?
            if !daemonOnly {
                before = try files.doing { try enrolment.credentials() }.first { $0.user == old.description }
            }
            if before != nil {
                _ = try files.doing { try enrolment.withdraw([users.0]) }
                answer.isOldNameWithdrawn = true
                answer.byHand = files.reload()
            }
            if !isDone {
                do throws(ClientFailure) {
                    answer.transfer = try client.post("/v1/machines/transfer", request)
                } catch {
                    guard answer.isOldNameWithdrawn else { throw error }
                    throw afterWithdrawal(error)
                }
            }
            if let before {
                // Asked of what the authority has ever given out: typed again after an interruption, nothing is good any more.
                let hadCertificate = try files.doing { try enrolment.authority.issued() }
                    .contains { $0.user == old.description }
                let proof: Enrolment.Proof =
                    hadCertificate && !before.hasPassword ? .certificate(days: 1_095) : .password
                answer.enrolment = try files.doing {
                    try enrolment.enrol([users.1], by: proof, credentials: credentials)
                }
                answer.byHand = files.reload()
            }
            try daemon.output.show(answer) { $0.show(answer, credentials: credentials) }
        }

        /// What the machine is left with when the daemon fails after its old name was shut out.
        private func afterWithdrawal(_ failure: ClientFailure) -> CommandFailure {
            var told = CommandFailure(
                """
                \(failure)
                The machine is shut out: the credential of \(old) is withdrawn already. When the cause is gone, type the same again; \
                or leave it where it was with a new credential: sudo zubr machines enrol \(old)
                """)
            if failure.isUnreachable { told.exitCode = CommandFailure.unreachable }
            return told
        }
    }
}

/// What a transfer came to.
struct TransferAnswer: Encodable {
    var transfer: TransferDocument
    var isOldNameWithdrawn = false
    /// `nil`: the old name had no credential here.
    var enrolment: EnrolmentReport?
    var byHand: String?
}

/// The credentials with what the daemon knows of the machines.
struct CredentialsDocument: Encodable {
    var now: Timestamp?
    var credentials: [Row]

    struct Row: Encodable {
        var user: String
        var hasPassword: Bool
        var certificateExpiresAt: Timestamp?
        var isShutOut: Bool
        /// `nil`: no daemon has answered, or it is a service center.
        var isRegistered: Bool?
        var lastReceivedAt: Timestamp?
    }

    init(_ credentials: [Credential], _ document: MachinesDocument?) {
        now = document?.now
        let machines = Dictionary(
            uniqueKeysWithValues: (document?.machines ?? []).map { ($0.equipment.description, $0) })
        self.credentials = credentials.map { credential in
            let machine = machines[credential.user]
            let isMachine = BrokerUser(credential.user)?.machine != nil
            return Row(
                user: credential.user, hasPassword: credential.hasPassword,
                certificateExpiresAt: credential.certificateExpiresAt, isShutOut: credential.isShutOut,
                isRegistered: document != nil && isMachine ? machine?.isRegistered ?? false : nil,
                lastReceivedAt: machine?.lastReceivedAt)
        }
    }
}

extension Page {
    fileprivate mutating func show(_ document: CredentialsDocument) {
        guard !document.credentials.isEmpty else {
            add("Nobody is enrolled here. `zubr machines enrol FLEET/EQUIPMENT` enrols a machine.")
            return
        }
        add(
            TextTable(
                [.init("NAME"), .init("PROOF"), .init("REGISTERED"), .init("REPORTED")],
                rows: document.credentials.map { row in
                    let proofs = [
                        row.hasPassword ? "password" : nil,
                        row.certificateExpiresAt.map { "certificate until \($0.iso8601.prefix(10))" },
                    ].compactMap { $0 }.joined(separator: ", ")
                    let reported = document.now.flatMap { now in
                        row.isRegistered == nil ? "-" : row.lastReceivedAt.map { relative($0, to: now) } ?? "never"
                    }
                    return [
                        Cell(row.user), row.isShutOut ? Cell("withdrawn", .faint) : Cell(proofs),
                        Cell(row.isRegistered.map { $0 ? "yes" : "no" } ?? "-"), Cell(reported ?? "-"),
                    ]
                }))
    }

    fileprivate mutating func show(_ answer: TransferAnswer, credentials: String?) {
        let transfer = answer.transfer
        add("\(transfer.from) is now \(transfer.to); the old name is retired, its history goes on.", .good)
        if answer.isOldNameWithdrawn { add("The credential of \(transfer.from) is withdrawn.") }
        if let report = answer.enrolment {
            show(report, credentials: credentials, authority: nil)
        } else {
            add(
                "\(transfer.from) has no credential here. Where the broker is: sudo zubr machines withdraw \(transfer.from); sudo zubr machines enrol \(transfer.to)",
                .warning)
        }
        showByHand(answer.byHand)
    }
}
