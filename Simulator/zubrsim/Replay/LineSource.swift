import Foundation
import Glibc

/// The lines of a file, one after the other, unpacked on the way where its name ends in `.xz`, `.gz` or `.zst`.
final class LineSource {
    private let descriptor: Int32
    private let unpacker: Process?
    private let handle: FileHandle
    private let path: String
    private var buffer: [UInt8] = []
    private var next = 0
    private var isAtEnd = false

    private static let chunk = 1 << 20

    init(path: String) throws {
        self.path = path
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw CommandFailure("cannot read \(path): check the name and its rights")
        }
        if let program = LineSource.unpackers.first(where: { path.hasSuffix($0.ending) })?.program {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program, "-dc", "--", path]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardInput = FileHandle.nullDevice
            try process.run()
            unpacker = process
            handle = pipe.fileHandleForReading
        } else {
            unpacker = nil
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw CommandFailure("cannot read \(path): check the name and its rights")
            }
            handle = file
        }
        descriptor = handle.fileDescriptor
    }

    private static let unpackers: [(ending: String, program: String)] = [
        (".xz", "xz"), (".gz", "gzip"), (".zst", "zstd"),
    ]

    /// The name without what says how it is packed.
    static func plainName(_ path: String) -> String {
        unpackers.first { path.hasSuffix($0.ending) }.map { String(path.dropLast($0.ending.count)) } ?? path
    }

    /// The next line without its end; `nil` after the last.
    func line() throws -> ArraySlice<UInt8>? {
        var searched = next
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { next = end + 1 }
                return buffer[next..<end]
            }
            searched = buffer.count - next
            buffer.removeFirst(next)
            next = 0
            guard !isAtEnd else {
                guard !buffer.isEmpty else {
                    try finish()
                    return nil
                }
                defer { next = buffer.count }
                return buffer[...]
            }
            try fill()
        }
    }

    private func fill() throws {
        let held = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: LineSource.chunk))
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + held, LineSource.chunk) }
        buffer.removeLast(LineSource.chunk - max(0, count))
        if count < 0, errno != EINTR {
            throw CommandFailure("reading \(path) failed: \(String(cString: strerror(errno)))")
        }
        isAtEnd = count == 0
    }

    private func finish() throws {
        guard let unpacker else { return }
        unpacker.waitUntilExit()
        guard unpacker.terminationStatus == 0 else {
            throw CommandFailure(
                "unpacking \(path) failed with exit code \(unpacker.terminationStatus): the file is damaged, or xz-utils, gzip or zstd is not installed"
            )
        }
    }

    /// Ends the unpacking program when the file is not read to its end.
    func close() {
        if let unpacker, unpacker.isRunning { unpacker.terminate() }
        try? handle.close()
    }
}
