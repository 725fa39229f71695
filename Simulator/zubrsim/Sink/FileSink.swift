import Foundation
import Glibc
import Synchronization

/// Writes a recording: one message a line, as `replay` reads it.
final class FileSink: MessageSink {
    private let handle: FileHandle
    private let buffer = Mutex<[UInt8]>([])

    init(path: String) throws {
        // Opened as it is: what stands there may be a device.
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure("cannot write \(path): check that its folder exists and may be written to")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func send(_ message: SentMessage) async throws {
        let line = try message.line()
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
