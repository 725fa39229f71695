import Foundation

/// What a process holds at one moment.
struct ProcessSample: Sendable, Hashable {
    /// Since the run began.
    var seconds: Double
    var rssBytes: Int64
    /// The write-ahead log beside its database.
    var walBytes: Int64
    var descriptors: Int
    var threads: Int

    init(seconds: Double, rssBytes: Int64, walBytes: Int64, descriptors: Int, threads: Int) {
        self.seconds = seconds
        self.rssBytes = rssBytes
        self.walBytes = walBytes
        self.descriptors = descriptors
        self.threads = threads
    }

    /// Looks at process `id`; `nil` when it has ended.
    init?(of id: pid_t, database: String, seconds: Double) {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")
        else { return nil }
        var fields: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == " " || $0 == "\t" }
            if words.count >= 2, let number = Int(words[1]) { fields[words[0]] = number }
        }
        guard let rss = fields["VmRSS"], let threads = fields["Threads"] else { return nil }
        let log = try? FileManager.default.attributesOfItem(atPath: database + "-wal")
        self.init(
            seconds: seconds, rssBytes: Int64(rss) << 10, walBytes: log?[.size] as? Int64 ?? 0,
            descriptors: names.count, threads: threads)
    }
}
