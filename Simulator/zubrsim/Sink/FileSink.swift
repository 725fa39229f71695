import FleetModel
import Foundation
import Synchronization
import TelemetryCodec

/// Writes a recording: one message a line, as `replay` reads it.
final class FileSink: MessageSink {
    private let handle: FileHandle
    private let buffer = Mutex<[UInt8]>([])

    init(path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else {
            throw CommandFailure("cannot write \(path): check that its folder exists and may be written to")
        }
        self.handle = handle
    }

    func send(topic: String, body: [UInt8], at time: Timestamp) async throws {
        let line = RecordedMessage(topic: try Topic(topic), at: time, body: body).line
        try buffer.withLock { buffer in
            buffer.append(contentsOf: line)
            buffer.append(UInt8(ascii: "\n"))
            if buffer.count > 1 << 20 {
                try handle.write(contentsOf: buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
    }

    /// It was opened when it was made.
    func open() async throws {}

    func close() async throws {
        try buffer.withLock { try handle.write(contentsOf: $0) }
        try handle.close()
    }
}
