import Foundation
import Glibc
import PackedFiles

/// The lines of a file, one after the other, unpacked on the way where its name ends in `.xz`, `.gz` or `.zst`.
final class LineSource {
    private let reader: PackedReader
    private var buffer: [UInt8] = []
    private var next = 0
    private var isAtEnd = false
    private var chunk = [UInt8](repeating: 0, count: 1 << 18)

    init(path: String) throws {
        do {
            reader = try PackedReader(path: path, isRepeatable: false)
        } catch {
            throw CommandFailure(error.description)
        }
    }

    /// The name without what says how it is packed.
    static func plainName(_ path: String) -> String { Packing.plainName(path) }

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
                guard !buffer.isEmpty else { return nil }
                defer { next = buffer.count }
                return buffer[...]
            }
            try fill()
        }
    }

    private func fill() throws {
        let result = chunk.withUnsafeMutableBytes { bytes in
            Result { () throws(PackedFileFailure) in try reader.read(into: bytes) }
        }
        do {
            let count = try result.get()
            buffer.append(contentsOf: chunk[..<count])
            isAtEnd = count == 0
        } catch {
            throw CommandFailure(error.description)
        }
    }
}
