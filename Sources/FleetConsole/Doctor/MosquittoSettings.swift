/// What a mosquitto.conf says, as far as the daemon depends on it.
package struct MosquittoSettings: Sendable, Hashable {
    /// The last value of each word; mosquitto takes the last, too.
    private var values: [String: String] = [:]
    /// Folders named by `include_dir`, whose `*.conf` belong to the settings.
    package private(set) var includedFolders: [String] = []

    package init() {}

    /// Reads one file; what it says comes after what was read before.
    package mutating func read(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ", maxSplits: 1).map { $0.trimmed }
            guard words.count == 2, !words[0].hasPrefix("#") else { continue }
            if words[0] == "include_dir" { includedFolders.append(words[1]) } else { values[words[0]] = words[1] }
        }
    }

    private func isOn(_ word: String) -> Bool { values[word]?.lowercased() == "true" }

    /// - Parameter bodyBytes: the largest message that the daemon takes.
    package func checks(bodyBytes: Int) -> [Check] {
        [queue, persistence, size(bodyBytes), identity]
    }

    private var queue: Check {
        let name = "mosquitto-queue"
        let bound = "max_queued_messages"
        guard let text = values[bound] else {
            return .failed(
                name,
                "\(bound) is not set: the broker keeps 1000 messages while zubrd is away and drops the rest, although it acknowledged them",
                next: "set \(bound) 1000000000 and max_queued_bytes, as Config/mosquitto.conf does; restart mosquitto")
        }
        let count = Int(text) ?? 0
        guard count > 0 else {
            return .failed(
                name,
                "\(bound) is \(text): mosquitto 2.0.11 then throws out every client on its first forbidden message",
                next: "set \(bound) 1000000000 and bound the memory by max_queued_bytes")
        }
        guard count >= 1_000_000 else {
            return .warning(
                name,
                "\(bound) is \(count): at 2,000 messages a second that is \(span(Double(count) / 2_000)) without zubrd",
                next: "set \(bound) 1000000000 and bound the memory by max_queued_bytes")
        }
        guard let bytes = values["max_queued_bytes"], bytes != "0" else {
            return .warning(
                name, "max_queued_bytes is not set: the queue may take all memory while zubrd is away",
                next: "set max_queued_bytes to what the broker may use, such as 1073741824")
        }
        return .ok(name, "\(bound) \(count), max_queued_bytes \(bytes)")
    }

    private var persistence: Check {
        let name = "mosquitto-persistence"
        guard isOn("persistence") else {
            return .failed(
                name, "persistence is off: a restart of the broker loses what zubrd has not taken yet",
                next: "set persistence true and autosave_interval 1; restart mosquitto")
        }
        if isOn("autosave_on_changes") {
            return .warning(
                name, "autosave_on_changes is true: autosave_interval then counts changes, and saving is very slow",
                next: "set autosave_on_changes false and autosave_interval 1")
        }
        let interval = values["autosave_interval"].flatMap { Int($0) } ?? 1_800
        guard interval > 0 else {
            return .failed(
                name, "autosave_interval is 0: the broker saves only when it ends in order",
                next: "set autosave_interval 1")
        }
        guard interval <= 10 else {
            return .failed(
                name, "the broker saves every \(span(Double(interval))): killed, it loses that much",
                next: "set autosave_interval 1")
        }
        return .ok(name, "saved every \(interval) s")
    }

    private func size(_ bodyBytes: Int) -> Check {
        let name = "mosquitto-size"
        guard let limit = values["message_size_limit"].flatMap({ Int($0) }), limit > 0 else {
            return .ok(name, "no limit on a message")
        }
        guard limit >= bodyBytes else {
            return .failed(
                name,
                "message_size_limit is \(limit): the broker silently drops messages that zubrd would take (limits.body_bytes \(bodyBytes))",
                next: "set message_size_limit to \(4 * bodyBytes)")
        }
        return .ok(name, "messages of up to \(limit) bytes, zubrd takes \(bodyBytes)")
    }

    private var identity: Check {
        let name = "mosquitto-identity"
        // Without a listener of its own, and with a listener, mosquitto 2 forbids who has no name unless told otherwise.
        if isOn("allow_anonymous") {
            return .warning(
                name, "allow_anonymous is true: whoever reaches the broker may write as any machine",
                next: "set allow_anonymous false, a password_file and an acl_file, as Config/mosquitto.conf does")
        }
        guard isOn("use_username_as_clientid") else {
            return .warning(
                name, "use_username_as_clientid is off: a client that takes zubrd's client id deletes its queue",
                next: "set use_username_as_clientid true under each listener")
        }
        return .ok(name, "no anonymous clients, and the client id is the user name")
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
