import ArgumentParser
import FleetConsole
import FleetEnrolment
import FleetModel
import FleetRuntime

/// Where the broker's files are, and how it is told that they changed.
struct BrokerFileOptions: ParsableArguments {
    @Option(help: "The broker's password file.")
    var passwordFile = "/etc/mosquitto/zubr.passwords"

    @Option(help: "The broker's access list.")
    var accessList = "/etc/mosquitto/zubr.acl"

    @Option(help: "The folder of the fleet's own certificate authority; made when it is first needed.")
    var authority = "/etc/mosquitto/zubr-authority"

    @Option(help: "Where the broker keeps its process id.")
    var pidFile = "/run/mosquitto/mosquitto.pid"

    @Option(help: "Run this to make the broker read its files again, instead of sending it SIGHUP.")
    var reloadCommand: String?

    var enrolment: Enrolment {
        Enrolment(
            passwordFile: passwordFile, accessList: accessList, authority: Authority(folder: authority))
    }

    /// Makes the broker read its files; `nil` when it has, else what is left to do by hand.
    ///
    /// That is no failure: the files are written by now, and passwords that were made are to be shown whatever comes.
    func reload() -> String? {
        let why: String
        do throws(EnrolmentFailure) {
            switch try BrokerReload(pidFile: pidFile, command: reloadCommand).tell() {
            case .told: return nil
            case .notTold(let reason): why = reason
            }
        } catch {
            why = "\(error)"
        }
        return "\(why); until the broker reads its files nothing has changed. Type: \(BrokerReload.byHand)"
    }

    /// Runs `body`; what fails is told as every command does.
    func doing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let failure as EnrolmentFailure { throw CommandFailure(failure.description) }
    }
}

/// How somebody is let in: the same for machines and service centers.
struct EnrolOptions: ParsableArguments {
    @Flag(help: "A client certificate signed by the fleet's own authority, instead of a password.")
    var certificate = false

    @Option(help: "How long a certificate is good, in days.")
    var days = 1_095

    @Option(help: "Write the passwords into this new file (mode 0600) instead of showing them.")
    var credentials: String?

    @Flag(help: "Give those who are enrolled already something new; what they have is then no longer good.")
    var renew = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var files: BrokerFileOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...7_300).contains(days) else { throw ValidationError("--days takes 1 to 7300") }
        guard !(certificate && credentials != nil) else {
            throw ValidationError("--credentials is for passwords; certificates are in the authority's folder")
        }
    }

    func enrol(_ users: [BrokerUser]) throws {
        let report = try files.doing {
            try files.enrolment.enrol(
                users, by: certificate ? .certificate(days: days) : .password, isRenewal: renew,
                credentials: credentials, isDryRun: dryRun)
        }
        let isChanged = !dryRun && !(report.enrolled.isEmpty && report.addedPatterns.isEmpty)
        let byHand = isChanged ? files.reload() : nil
        try output.show(EnrolmentAnswer(report: report, byHand: byHand)) {
            $0.show(report, credentials: credentials, authority: report.madeAuthority ? files.enrolment.authority : nil)
            $0.showByHand(byHand)
        }
    }
}

/// How somebody is shut out.
struct WithdrawOptions: ParsableArguments {
    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var files: BrokerFileOptions
    @OptionGroup var output: OutputOptions

    func withdraw(_ users: [BrokerUser]) throws {
        let report = try files.doing { try files.enrolment.withdraw(users, isDryRun: dryRun) }
        let byHand = dryRun ? nil : files.reload()
        try output.show(WithdrawalAnswer(report: report, byHand: byHand)) {
            $0.show(report)
            $0.showByHand(byHand)
        }
    }
}

/// What was done, and what is left to a person.
struct EnrolmentAnswer: Encodable {
    var report: EnrolmentReport
    var byHand: String?
}

struct WithdrawalAnswer: Encodable {
    var report: WithdrawalReport
    var byHand: String?
}

extension Page {
    mutating func show(_ report: EnrolmentReport, credentials: String?, authority: Authority?) {
        if let authority {
            add(
                "A new authority signs for this fleet. For the broker: cafile \(authority.certificateFile), crlfile \(authority.revocationFile)",
                .warning)
        }
        for line in report.addedPatterns { add("The access list lacked: \(line)", .warning) }
        for name in report.known { add("\(name) is enrolled already; --renew gives it something new", .faint) }
        if report.isDryRun {
            for new in report.enrolled { add("\(new.user) would be enrolled") }
            return
        }
        for new in report.enrolled {
            if let password = new.password {
                add("\(new.user)  password \(password)")
            } else if let certificate = new.certificate, let key = new.key {
                add("\(new.user)  certificate \(certificate)  key \(key)")
            }
        }
        if report.enrolled.contains(where: { $0.password != nil }) {
            add("Passwords are shown this once; nobody can read them from the broker's file.", .faint)
        }
        let file = credentials.map { "; their passwords are in \($0)" } ?? ""
        add("\(report.enrolled.count) enrolled\(report.enrolled.isEmpty ? "" : file).", .good)
    }

    mutating func show(_ report: WithdrawalReport) {
        for name in report.withdrawn {
            let had = [
                report.passwords.contains(name) ? "password" : nil,
                report.certificates.contains(name) ? "certificate" : nil,
            ].compactMap { $0 }.joined(separator: " and ")
            add("\(name): \(had.isEmpty ? "had nothing any more" : had)\(report.isDryRun ? " would be" : "") withdrawn")
        }
    }

    mutating func showByHand(_ text: String?) {
        if let text { add(text, .warning) }
    }
}
