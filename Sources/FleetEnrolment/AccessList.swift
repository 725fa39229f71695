/// mosquitto's access list. What a machine may do is in patterns on its user name, one set for all; only who is shut out
/// has lines of its own.
struct AccessList {
    private var lines: [Substring]

    /// What a machine and a service center need; the shipped list has it.
    static let patterns = [
        "pattern write zubr/v1/%u/telemetry", "pattern write zubr/v1/%u/faults", "pattern write zubr/v1/%u/status",
        "pattern read zubr/v1/%u/work-orders", "pattern write zubr/v1/%u/replies",
    ]

    init(_ text: String) {
        // Byte by byte, as the broker reads it: to Swift a line feed is a part of the character around it when a carriage
        // return stands before it or an accent after it.
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0)
        }
    }

    var text: String {
        let text = lines.joined(separator: "\n")
        return text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
    }

    /// Adds the patterns that are missing, and returns them.
    mutating func completePatterns() -> [String] {
        let there = Set(lines.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") })
        let missing = Self.patterns.filter { !there.contains($0) }
        append(missing)
        return missing
    }

    /// Who is shut out.
    var denied: Set<String> {
        Set(
            zip(lines, lines.dropFirst()).compactMap { user, rule in
                guard user.hasPrefix("user ") else { return nil }
                let name = String(user.dropFirst(5))
                return rule == Self.denial(of: name)[1] ? name : nil
            })
    }

    /// Shuts users out. A broker that is told to read its files again throws out who has no password any more; a client
    /// whose certificate was revoked meanwhile keeps its connection, and only this stops what it sends on it.
    mutating func deny(_ users: Set<String>) {
        for name in users.subtracting(denied).sorted() { append(Self.denial(of: name)) }
    }

    mutating func allow(_ users: Set<String>) {
        for name in denied.intersection(users) {
            let denial = Self.denial(of: name)
            while let place = lines.indices.dropLast().first(where: {
                lines[$0] == denial[0] && lines[$0 + 1] == denial[1]
            }) { lines.removeSubrange(place...place + 1) }
        }
    }

    private static func denial(of name: String) -> [String] { ["user \(name)", "topic deny zubr/v1/\(name)/#"] }

    private mutating func append(_ added: [String]) {
        guard !added.isEmpty else { return }
        if lines.last?.isEmpty == true { lines.removeLast() }
        lines += added.map { $0[...] } + [""]
    }
}
