import FleetModel
import FleetRuntime
import Logging

/// Writes to stderr what is at or above a level that may change while the daemon runs.
struct LiveLogHandler: LogHandler {
    private var handler: StreamLogHandler
    private let level: Live<Logger.Level>
    /// What one part of the daemon keeps to itself, whatever the level.
    private var ownLevel = Logger.Level.trace

    init(label: String, level: Live<Logger.Level>) {
        handler = StreamLogHandler.standardError(label: label)
        handler.logLevel = .trace
        self.level = level
    }

    var logLevel: Logger.Level {
        get { max(ownLevel, level.value) }
        set { ownLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { handler.log(event: event) }
}

extension Logger.Level {
    init(_ level: LogLevel) { self = Logger.Level(rawValue: level.rawValue)! }
}
