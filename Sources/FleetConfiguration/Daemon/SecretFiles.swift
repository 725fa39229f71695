import FoundationEssentials

/// Where passwords, keys and certificates lie: named by their paths, or as credentials of the service manager.
///
/// `credential:NAME` is the file NAME among those that systemd hands to the daemon alone (`LoadCredential=`). Where
/// nothing is handed over, as when somebody checks the configuration by hand, it is `secrets/NAME` beside `zubrd.yaml`, from
/// where our unit takes them.
struct SecretFiles {
    /// The folder of `zubrd.yaml`.
    var folder: String
    /// `CREDENTIALS_DIRECTORY`; `nil` when systemd has not started us, or hands nothing over.
    var handedOver: String?

    private static let mark = "credential:"

    /// The path that `entry` means; reports a credential's name that cannot be one.
    func path(_ entry: Entry) -> String? {
        guard let name = entry.text() else { return nil }
        guard name.hasPrefix(SecretFiles.mark) else { return filePath(name, from: folder) }
        let credential = name.dropFirst(SecretFiles.mark.count)
        guard !credential.isEmpty, !credential.contains("/"), credential != ".", credential != ".." else {
            entry.report("\"\(name)\" names no credential", "write credential:inbox for the credential inbox")
            return nil
        }
        return handedOver.map { "\($0)/\(credential)" } ?? filePath("secrets/\(credential)", from: folder)
    }

    /// What to do when the file that `entry` means is not there.
    func remedy(_ entry: Entry, otherwise: String) -> String {
        guard let name = entry.text(), name.hasPrefix(SecretFiles.mark) else { return otherwise }
        let credential = name.dropFirst(SecretFiles.mark.count)
        return handedOver == nil
            ? "create it readable by root only; systemd hands it to the daemon, and you see it as root"
            : "hand it over with LoadCredential=\(credential):/etc/zubr/secrets/\(credential) in zubrd's unit"
    }
}
