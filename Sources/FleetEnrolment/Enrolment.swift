import FleetModel
import Foundation

/// Who may speak to the broker, in the files that the broker reads.
///
/// Only files: it works where the broker is, wherever the daemon runs. Every step can be made again, so what was
/// interrupted is put right by the same command.
package struct Enrolment {
    package var passwordFile: String
    package var accessList: String
    package var authority: Authority

    package init(passwordFile: String, accessList: String, authority: Authority) {
        self.passwordFile = passwordFile
        self.accessList = accessList
        self.authority = authority
    }

    /// How somebody proves who it is.
    package enum Proof: Sendable, Hashable {
        case password
        /// Good for so many days.
        case certificate(days: Int)
    }

    private var passwords: GuardedFile { GuardedFile(path: passwordFile) }
    private var access: GuardedFile { GuardedFile(path: accessList) }

    /// Lets users in.
    ///
    /// Who is enrolled already is left alone, because a new password shuts the machine out until somebody has driven to
    /// it; `isRenewal` gives it a new one, and then the old one is no longer good.
    ///
    /// - Parameter credentials: the passwords go into this file, which only its owner can read. It is written before the
    ///   broker's, so that no password is in force that nobody knows.
    @discardableResult package func enrol(
        _ users: [BrokerUser], by proof: Proof, isRenewal: Bool = false, credentials: String? = nil,
        isDryRun: Bool = false
    ) throws -> EnrolmentReport {
        let users = Set(users).sorted()
        for user in users { try check(user, proof) }
        return try passwords.locked {
            let enrolled = try enrolledNames()
            var report = EnrolmentReport(isDryRun: isDryRun)
            report.known = isRenewal ? [] : users.map(\.description).filter(enrolled.contains)
            let new = users.filter { !report.known.contains($0.description) }
            var list = try readAccessList()
            report.addedPatterns = list.completePatterns()
            guard !isDryRun else {
                report.enrolled = new.map { .init(user: $0.description) }
                return report
            }
            list.allow(Set(new.map(\.description)))
            switch proof {
            case .password: report.enrolled = try givePasswords(to: new, credentials: credentials)
            case .certificate(let days):
                report.madeAuthority = try authority.establish()
                report.enrolled = try giveCertificates(to: new, days: days)
            }
            try replaceAccessList(with: list)
            return report
        }
    }

    /// Shuts users out: no password, no certificate, and nothing more on a connection that is still open. What they were
    /// enrolled with is gone; enrolling them again makes something new.
    package func withdraw(_ users: [BrokerUser], isDryRun: Bool = false) throws -> WithdrawalReport {
        let names = Set(users.map(\.description))
        return try passwords.locked {
            var list = try readAccessList()
            let withPassword = PasswordFile(try passwords.read() ?? "").names.intersection(names)
            let issues = try authority.issued().filter { names.contains($0.user) }
            let withCertificate = Set(issues.filter { !$0.isRevoked }.map(\.user))
            let everKnown = withPassword.union(issues.map(\.user)).union(list.denied)
            guard names.isSubset(of: everKnown) else {
                let unknown = names.subtracting(everKnown).sorted().joined(separator: ", ")
                throw EnrolmentFailure(
                    "not enrolled in \(passwordFile) or by \(authority.folder): \(unknown); nothing was withdrawn. `zubr machines credentials` lists who is"
                )
            }
            let report = WithdrawalReport(
                isDryRun: isDryRun, withdrawn: names.sorted(), passwords: withPassword.sorted(),
                certificates: withCertificate.sorted())
            guard !isDryRun else { return report }
            list.deny(names)
            try replaceAccessList(with: list)
            try changePasswords { $0.remove(names) }
            _ = try authority.revoke(names)
            return report
        }
    }

    /// Everybody who is or was enrolled, in order of name.
    package func credentials() throws -> [Credential] {
        let hashed = PasswordFile(try passwords.read() ?? "").names
        let denied = AccessList(try access.read() ?? "").denied
        var all: [String: Credential] = [:]
        for name in hashed.union(denied) where BrokerUser(name) != nil {
            all[name] = Credential(user: name, hasPassword: hashed.contains(name), isShutOut: denied.contains(name))
        }
        for issue in try authority.issued() {
            var credential =
                all[issue.user]
                ?? Credential(user: issue.user, hasPassword: false, isShutOut: denied.contains(issue.user))
            if !issue.isRevoked {
                credential.certificateExpiresAt = max(
                    credential.certificateExpiresAt ?? issue.expiresAt, issue.expiresAt)
            } else if all[issue.user] == nil, !credential.hasPassword {
                credential.isShutOut = true
            }
            all[issue.user] = credential
        }
        return all.values.map { credential in
            var credential = credential
            if credential.certificateExpiresAt != nil, !denied.contains(credential.user) {
                credential.isShutOut = false
            }
            return credential
        }.sorted { $0.user < $1.user }
    }

    private func check(_ user: BrokerUser, _ proof: Proof) throws(EnrolmentFailure) {
        switch proof {
        case .password:
            guard !user.description.contains(":") else {
                throw EnrolmentFailure(
                    "\(user): mosquitto's password file ends a name at the colon; enrol it with --certificate")
            }
        case .certificate:
            guard user.description.count <= Authority.nameLimit else {
                throw EnrolmentFailure(
                    "\(user) has \(user.description.count) characters, a certificate's name takes \(Authority.nameLimit); enrol it with a password"
                )
            }
        }
    }

    private func enrolledNames() throws -> Set<String> {
        let denied = AccessList(try access.read() ?? "").denied
        return PasswordFile(try passwords.read() ?? "").names
            .union(try authority.issued().filter { !$0.isRevoked }.map(\.user)).subtracting(denied)
    }

    private func readAccessList() throws -> AccessList {
        guard let text = try access.read() else {
            throw EnrolmentFailure(
                "there is no access list \(accessList); put Config/mosquitto.acl there, or name another with --access-list"
            )
        }
        return AccessList(text)
    }

    private func replaceAccessList(with list: AccessList) throws {
        if try access.read() != list.text { try access.replace(with: list.text) }
    }

    private func changePasswords(_ change: (inout PasswordFile) throws -> Void) throws {
        let text = try passwords.read()
        var file = PasswordFile(text ?? "")
        try change(&file)
        if file.text != (text ?? "") { try passwords.replace(with: file.text) }
    }

    private func givePasswords(to users: [BrokerUser], credentials: String?) throws -> [EnrolmentReport.Enrolled] {
        guard !users.isEmpty else { return [] }
        let made = users.map { (user: $0, password: PasswordFile.newPassword()) }
        let hashed = try PasswordFile.hashed(made)
        if let credentials {
            let rows = made.map { "\($0.user),\($0.password)\n" }.joined()
            try GuardedFile(path: credentials).create("user,password\n" + rows)
        }
        do {
            try changePasswords { $0.merge(hashed) }
        } catch {
            if let credentials { unlink(credentials) }
            throw error
        }
        // A certificate that it had before is no longer good either.
        _ = try authority.revoke(Set(users.map(\.description)))
        return made.map { .init(user: $0.user.description, password: credentials == nil ? $0.password : nil) }
    }

    private func giveCertificates(to users: [BrokerUser], days: Int) throws -> [EnrolmentReport.Enrolled] {
        let names = Set(users.map(\.description))
        _ = try authority.revoke(names)
        try changePasswords { $0.remove(names) }
        return try users.map { user in
            let files = try authority.issue(to: user, days: days)
            return .init(user: user.description, certificate: files.certificate, key: files.key)
        }
    }
}
