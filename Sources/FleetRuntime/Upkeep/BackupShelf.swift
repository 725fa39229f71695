import FleetModel

/// Which backups there are, which one is due, and which have to go: decided from the names in the folder alone.
package struct BackupShelf: Sendable, Hashable {
    /// Finished ones, oldest first by name.
    package private(set) var backups: [String]
    /// What an interrupted daemon has left.
    package private(set) var unfinished: [String]

    private static let prefix = "zubr-"
    private static let suffix = ".db"
    private static let unfinishedSuffixes = [".partial", ".partial-journal", ".partial-wal", ".partial-shm"]

    package init(names: some Sequence<String>) {
        let names = Array(names)
        backups = names.filter { Self.time(of: $0) != nil }.sorted()
        unfinished = names.filter { name in
            Self.unfinishedSuffixes.contains { suffix in
                name.hasSuffix(suffix) && Self.time(of: String(name.dropLast(suffix.count))) != nil
            }
        }.sorted()
    }

    /// `zubr-2026-11-21T03-00-00Z.db`: without colons, which some file systems refuse.
    package static func name(at time: Timestamp) -> String {
        let second = Timestamp(seconds: time.microseconds.flooredDivision(by: 1_000_000))
        return prefix + second.iso8601.replacing(":", with: "-") + suffix
    }

    /// When the backup of this name was made; `nil` when the name is none of ours.
    package static func time(of name: String) -> Timestamp? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let words = name.dropFirst(prefix.count).dropLast(suffix.count).split(
            separator: "T", omittingEmptySubsequences: false)
        guard words.count == 2, let time = Timestamp(iso8601: "\(words[0])T\(words[1].replacing("-", with: ":"))"),
            Self.name(at: time) == name
        else { return nil }
        return time
    }

    /// The newest that is not from the future: those a clock that was wrong has named do not count.
    package func last(at now: Timestamp) -> (name: String, at: Timestamp)? {
        for name in backups.reversed() {
            if let time = Self.time(of: name), time <= now { return (name, time) }
        }
        return nil
    }

    /// When the next is due.
    package func nextAt(every: Duration, now: Timestamp) -> Timestamp {
        last(at: now).map { $0.at + every } ?? now
    }

    /// What is beyond `keep`: first those named later than `newest`, by a clock that was ahead, then the oldest. Never
    /// `newest`, whatever its name says of its age.
    package func surplus(keep: Int, newest: String) -> [String] {
        let others = backups.filter { $0 > newest } + backups.filter { $0 < newest }
        return Array(others.prefix(max(0, others.count - (max(keep, 1) - 1))))
    }
}
