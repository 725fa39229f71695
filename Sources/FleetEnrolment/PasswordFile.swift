import Foundation

/// mosquitto's password file: one `name:hash` a line. Only mosquitto's own program makes hashes.
struct PasswordFile {
    private var lines: [Substring]

    init(_ text: String) { lines = PasswordFile.split(text) }

    var text: String { lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n" }
    var names: Set<String> { Set(lines.map(PasswordFile.name)) }

    mutating func remove(_ users: Set<String>) { lines.removeAll { users.contains(PasswordFile.name($0)) } }

    /// Adds hashed lines; a name that is there already gets its new one.
    mutating func merge(_ hashed: String) {
        let added = PasswordFile.split(hashed)
        remove(Set(added.map(PasswordFile.name)))
        lines += added
    }

    /// Scalar by scalar, as mosquitto reads: to Swift's characters a carriage return and a line feed are one, and so are
    /// a colon and an accent behind it.
    private static func split(_ text: String) -> [Substring] {
        text.unicodeScalars.split(separator: "\n").map { Substring($0) }
    }

    private static func name(_ line: Substring) -> String {
        String(Substring(line.unicodeScalars.prefix { $0 != ":" }))
    }

    /// The lines for these passwords.
    ///
    /// They go to mosquitto_passwd in a file of a folder that only we can enter, never as an argument, which every user
    /// of the machine could read. The folder is in memory, so that no password reaches a disk in the clear.
    static func hashed(_ passwords: [(user: BrokerUser, password: String)]) throws(EnrolmentFailure) -> String {
        var template = Array("/dev/shm/zubr-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw EnrolmentFailure(
                "no folder in memory can be made in /dev/shm, where passwords are hashed: \(systemError()); mount a tmpfs there"
            )
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = GuardedFile(path: "\(folder)/passwords")
        try file.create(passwords.map { "\($0.user):\($0.password)\n" }.joined())
        try Tool.run("mosquitto_passwd", ["-U", file.path], package: "mosquitto")
        let hashed = try file.read() ?? ""
        let lines = hashed.split(separator: "\n")
        // A line that is not a hash would be the password itself.
        guard lines.count == passwords.count,
            zip(lines, passwords).allSatisfy({ line, entry in line.hasPrefix("\(entry.user):$") })
        else { throw EnrolmentFailure("mosquitto_passwd has not hashed the passwords; is it version 2.0 or later?") }
        return hashed
    }

    /// 24 random bytes as base64url: 32 characters that no shell and no file format minds.
    static func newPassword() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<3).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }
}
