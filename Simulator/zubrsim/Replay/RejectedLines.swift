import FleetModel
import Foundation

/// Lines of a recording that could not be mapped: counted by reason, and kept to look at.
struct RejectedLines {
    private let path: String
    private var handle: FileHandle?
    private(set) var counts: [String: Int] = [:]

    init(path: String) { self.path = path }

    mutating func add(_ line: ArraySlice<UInt8>, number: Int, _ rejection: Rejection) throws {
        counts[rejection.reason.rawValue, default: 0] += 1
        if handle == nil {
            guard FileManager.default.createFile(atPath: path, contents: nil),
                let opened = FileHandle(forWritingAtPath: path)
            else {
                throw CommandFailure(
                    "cannot write \(path), where lines that cannot be mapped are kept; give another place with --rejected"
                )
            }
            handle = opened
        }
        try handle?.write(contentsOf: Data("# line \(number): \(rejection)\n".utf8) + Data(line) + Data("\n".utf8))
    }

    /// Where they are; `nil` when there were none.
    mutating func close() throws -> String? {
        guard let handle else { return nil }
        try handle.close()
        return path
    }
}
