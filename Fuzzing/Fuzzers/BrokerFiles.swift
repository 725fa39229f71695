import FleetConsole
import FleetModel

@testable import FleetEnrolment

/// Files of the broker and of the fleet's certificate authority, which people edit too. The first byte chooses which.
final class BrokerFilesFuzzer: Fuzzer {
    static let name = "broker-files"
    private static let users: Set<String> = ["kuzbass/truck-1", "centers/ru-kuz-belovo"]

    func run(_ bytes: [UInt8]) {
        guard let first = bytes.first, let text = String(validating: bytes.dropFirst(), as: UTF8.self) else { return }
        switch first & 3 {
        case 0: settings(text)
        case 1: accessList(text)
        case 2: passwords(text)
        default: index(text)
        }
    }

    private func settings(_ text: String) {
        var settings = MosquittoSettings()
        settings.read(text)
        let checks = settings.checks(bodyBytes: 65_536)
        require(checks.count == 4, "each thing is looked at once")
        for check in checks {
            require(!check.seen.isEmpty, "a check says what was seen")
            require((check.next == nil) == (check.state == .ok), "whoever must act is told what to do")
        }
    }

    private func accessList(_ text: String) {
        var list = AccessList(text)
        let before = list.denied
        list.deny(Self.users)
        require(list.denied == before.union(Self.users), "these are shut out, and nobody else")
        let denying = list.text
        list.deny(Self.users)
        require(list.text == denying, "nobody is shut out twice")
        require(AccessList(denying).denied == list.denied, "what was written reads as it was")
        list.allow(Self.users)
        require(list.denied.isDisjoint(with: Self.users), "who is let in is let in")
        require(list.denied.isSuperset(of: before.subtracting(Self.users)), "and nobody else")
        _ = list.completePatterns()
        require(list.completePatterns().isEmpty, "the patterns are added once")
    }

    private func passwords(_ text: String) {
        var file = PasswordFile(text)
        let names = Set(
            Array(text.utf8).split(separator: UInt8(ascii: "\n")).map { line in
                String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
            })
        require(file.names == names, "a name is what stands before a line's first colon")
        file.merge("kuzbass/truck-1:$7$101$hash\n")
        require(file.names == names.union(["kuzbass/truck-1"]), "a name is added, and nobody is lost")
        require(PasswordFile(file.text).names == file.names, "what was written reads as it was")
        file.remove(["kuzbass/truck-1"])
        require(file.names == names.subtracting(["kuzbass/truck-1"]), "a name is removed, and nobody else")
    }

    private func index(_ text: String) {
        for issue in Authority.issues(inIndex: text) {
            require(
                (.earliestWritten ... .latestWritten).contains(issue.expiresAt),
                "a certificate ends at a time that can be written")
        }
    }
}
