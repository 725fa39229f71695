/// Turns the shipped `mosquitto.conf` into one for a private broker.
///
/// The shipped file stays the only source of the settings. Left out of it is what says where and for whom that one
/// broker listens; mosquitto takes a second `listener` for a second door, and refuses a second value for a file.
package struct BrokerConfiguration: Sendable {
    package var shipped: String
    package var port: Int
    package var folder: String
    package var access: BrokerAccess
    package var accessList: String
    /// Of a broker started by root, which would otherwise change to a user that cannot write the folder.
    package var user: String?

    package init(
        shipped: String, port: Int, folder: String, access: BrokerAccess, accessList: String, user: String? = nil
    ) {
        self.shipped = shipped
        self.port = port
        self.folder = folder
        self.access = access
        self.accessList = accessList
        self.user = user
    }

    private static let ownPlace: Set<Substring> = [
        "listener", "bind_address", "port", "user", "allow_anonymous", "password_file", "acl_file", "cafile",
        "certfile", "crlfile", "keyfile", "require_certificate", "use_identity_as_username", "persistence_location",
        "log_dest",
        "log_type", "pid_file", "include_dir",
    ]

    package var passwordFile: String { "\(folder)/passwords" }

    package var text: String {
        var lines = ["# Written for one private broker; the settings come from the shipped mosquitto.conf."]
        if let user { lines.append("user \(user)") }
        lines += ["persistence_location \(folder)/", "log_dest file \(folder)/mosquitto.log"]
        lines.append("listener \(port) 127.0.0.1")
        var omitted = Self.ownPlace
        switch access {
        case .anonymous:
            lines.append("allow_anonymous true")
            // The broker turns away who has no user name when it is to be the client id.
            omitted.insert("use_username_as_clientid")
        case .accounts:
            lines += ["allow_anonymous false", "password_file \(passwordFile)", "acl_file \(accessList)"]
        case .tls(let certificateFile, let keyFile):
            lines += ["allow_anonymous true", "certfile \(certificateFile)", "keyfile \(keyFile)"]
            omitted.insert("use_username_as_clientid")
        case .certificates(let certificateFile, let keyFile, let clientAuthorityFile):
            lines += [
                "allow_anonymous false", "certfile \(certificateFile)", "keyfile \(keyFile)",
                "cafile \(clientAuthorityFile)", "require_certificate true", "use_identity_as_username true",
                "acl_file \(accessList)",
            ]
        case .enrolled(let passwordFile, let accessList, let certificates):
            if let certificates {
                lines += [
                    "certfile \(certificates.certificateFile)", "keyfile \(certificates.keyFile)",
                    "cafile \(certificates.authorityFile)", "crlfile \(certificates.revocationFile)",
                    "require_certificate true", "use_identity_as_username true",
                ]
            } else {
                lines.append("password_file \(passwordFile)")
            }
            lines += ["allow_anonymous false", "acl_file \(accessList)", "pid_file \(folder)/mosquitto.pid"]
        }
        for line in shipped.split(separator: "\n", omittingEmptySubsequences: true) {
            guard let word = line.split(separator: " ").first, !word.hasPrefix("#"), !omitted.contains(word) else {
                continue
            }
            lines.append(String(line))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
