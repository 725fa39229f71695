import ArgumentParser

/// What the lines of a recording are.
enum RecordingFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case lines = "jsonl"
    case csv
    case lineProtocol = "line-protocol"

    /// By the name's end, after `.xz` and the like were taken off.
    init(path: String) {
        let plain = LineSource.plainName(path)
        self =
            plain.hasSuffix(".csv") ? .csv : plain.hasSuffix(".jsonl") || plain.hasSuffix(".json") ? .lines : .lineProtocol
    }
}
