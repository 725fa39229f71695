import FleetModel
import Foundation

/// The fleet's own certificate authority, kept by the openssl program in a folder.
///
/// `ca.crt` and `ca.crl` are for the broker (`cafile`, `crlfile`); `private` holds the key that signs and `issued` the
/// machines' certificates with their keys, and only the folder's owner may enter either.
package struct Authority {
    package let folder: String
    package var certificateFile: String { "\(folder)/ca.crt" }
    package var revocationFile: String { "\(folder)/ca.crl" }
    private var configurationFile: String { "\(folder)/private/openssl.cnf" }
    private var indexFile: String { "\(folder)/private/index" }

    /// A common name has at most so many characters (RFC 5280, ub-common-name).
    static let nameLimit = 64

    package init(folder: String) {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
    }

    /// One certificate it has given out.
    package struct Issue: Hashable, Sendable {
        package var user: String
        /// Hexadecimal, as openssl writes it.
        package var serial: String
        package var expiresAt: Timestamp
        package var isRevoked: Bool
    }

    var exists: Bool { access(certificateFile, F_OK) == 0 }

    /// Makes the authority when it is not there yet; returns whether it did.
    func establish() throws(EnrolmentFailure) -> Bool {
        guard !exists else { return false }
        for (path, mode) in [(folder, 0o755), ("\(folder)/private", 0o700), ("\(folder)/issued", 0o700)] {
            do {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
            } catch { throw EnrolmentFailure("the folder \(path) cannot be made: \(error.localizedDescription)") }
        }
        // What an interrupted beginning has left is begun anew: nothing was signed with it, for ca.crt comes last.
        for (name, text) in [
            ("openssl.cnf", configuration), ("index", ""), ("index.attr", "unique_subject = no\n"),
            ("crlnumber", "01\n"),
        ] { try GuardedFile(path: "\(folder)/private/\(name)").replace(with: text) }
        let key = "\(folder)/private/ca.key"
        let draft = "\(folder)/private/ca.crt"
        try openssl(
            ["req", "-x509", "-config", configurationFile, "-extensions", "authority", "-days", "7300", "-subj"]
                + ["/CN=Zubr fleet authority", "-keyout", key, "-out", draft] + Self.newKey)
        chmod(key, 0o600)
        try renewRevocations(certificate: draft)
        chmod(draft, 0o644)
        guard rename(draft, certificateFile) == 0 else {
            throw EnrolmentFailure("\(certificateFile) cannot be made: \(systemError())")
        }
        return true
    }

    /// Signs a certificate for the user; the files that the machine gets.
    func issue(to user: BrokerUser, days: Int) throws(EnrolmentFailure) -> (certificate: String, key: String) {
        do { try openssl(["x509", "-checkend", "\(days * 86_400)", "-noout", "-in", certificateFile]) } catch {
            throw EnrolmentFailure(
                "the authority \(certificateFile) ends before a certificate of \(days) days would; give fewer --days, or move its folder away and enrol everybody anew"
            )
        }
        let stem = "\(folder)/issued/\(user.fileName)"
        let (certificate, key, request) = ("\(stem).crt", "\(stem).key", "\(stem).csr")
        defer { unlink(request) }
        // In openssl's notation a slash begins the next part of the name unless a backslash precedes it.
        let subject = "/CN=\(user.description.replacing("/", with: "\\/"))"
        try openssl(
            ["req", "-new", "-config", configurationFile, "-subj", subject, "-keyout", key, "-out", request]
                + Self.newKey)
        chmod(key, 0o600)
        try openssl(
            [
                "ca", "-batch", "-config", configurationFile, "-extensions", "client", "-notext",
                "-days",
                "\(days)", "-in", request, "-out", certificate,
            ])
        return (certificate, key)
    }

    /// Revokes every certificate of these users that is still good; returns whose there were.
    func revoke(_ users: Set<String>) throws(EnrolmentFailure) -> Set<String> {
        guard exists else { return [] }
        let issues = try issued().filter { users.contains($0.user) && !$0.isRevoked }
        for issue in issues {
            try openssl([
                "ca", "-config", configurationFile, "-revoke", "\(folder)/issued/\(issue.serial).pem", "-crl_reason",
                "cessationOfOperation",
            ])
        }
        if !issues.isEmpty { try renewRevocations(certificate: certificateFile) }
        return Set(issues.map(\.user))
    }

    /// What it has given out, the oldest first.
    package func issued() throws(EnrolmentFailure) -> [Issue] {
        guard exists else { return [] }
        return Authority.issues(inIndex: try GuardedFile(path: indexFile).read() ?? "")
    }

    static func issues(inIndex index: String) -> [Issue] {
        index.split(separator: "\n").compactMap { line -> Issue? in
            // Status, end of life, when revoked, serial, file, name.
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 6, let name = fields[5].split(separator: "CN=").last,
                let end = Authority.time(fields[1])
            else { return nil }
            return Issue(
                user: String(name.replacing("\\/", with: "/")), serial: String(fields[3]), expiresAt: end,
                isRevoked: fields[0] == "R")
        }
    }

    /// Written beside and put in place, because the broker may be reading it.
    private func renewRevocations(certificate: String) throws(EnrolmentFailure) {
        let draft = "\(folder)/private/ca.crl"
        try openssl(["ca", "-config", configurationFile, "-cert", certificate, "-gencrl", "-out", draft])
        let text = try GuardedFile(path: draft).read() ?? ""
        try GuardedFile(path: revocationFile).replace(with: text)
        chmod(revocationFile, 0o644)
        unlink(draft)
    }

    private func openssl(_ arguments: [String]) throws(EnrolmentFailure) {
        try Tool.run("openssl", arguments, package: "openssl")
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    /// The list of revocations lives as long as the authority: a broker whose list has run out refuses everybody.
    private var configuration: String {
        """
        [req]
        distinguished_name = name
        [name]
        [ca]
        default_ca = fleet
        [fleet]
        database = \(indexFile)
        rand_serial = yes
        crlnumber = \(folder)/private/crlnumber
        new_certs_dir = \(folder)/issued
        certificate = \(certificateFile)
        private_key = \(folder)/private/ca.key
        default_md = sha256
        default_crl_days = 7300
        policy = only_a_name
        unique_subject = no
        [only_a_name]
        commonName = supplied
        [authority]
        basicConstraints = critical, CA:true, pathlen:0
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        [client]
        basicConstraints = critical, CA:false
        keyUsage = critical, digitalSignature
        extendedKeyUsage = clientAuth

        """
    }

    /// `YYMMDDHHMMSSZ` until 2049, with four digits of the year after.
    private static func time(_ text: Substring) -> Timestamp? {
        let full = text.count == 13 ? "20\(text)" : String(text)
        guard full.count == 15, full.hasSuffix("Z"), full.dropLast().allSatisfy(\.isNumber) else { return nil }
        let d = Array(full)
        func part(_ from: Int, _ count: Int) -> String { String(d[from..<from + count]) }
        return Timestamp(
            iso8601: "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(8, 2)):\(part(10, 2)):\(part(12, 2))Z")
    }
}
