import Foundation

/// How fast the disk under a folder makes something durable, which is what every commit waits for.
struct DiskSpeed {
    /// `ext4`, `xfs`, `tmpfs`.
    var fileSystem: String
    /// One by one, in microseconds.
    private(set) var syncs: [Double] = []
    private let folder: String

    init(folder: String) {
        self.folder = folder
        fileSystem = DiskSpeed.fileSystem(of: folder)
    }

    var medianMicroseconds: Double { median(syncs) }

    /// Appends as much as a commit does, 16 KiB, and waits until it is on disk, so many times.
    mutating func measure(_ count: Int) throws {
        let path = "\(folder)/fdatasync"
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer {
            close(file)
            unlink(path)
        }
        let bytes = [UInt8](repeating: 0x5A, count: 16_384)
        for _ in 0..<count {
            let start = monotonicNanoseconds()
            guard write(file, bytes, bytes.count) == bytes.count, fdatasync(file) == 0 else {
                throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))")
            }
            syncs.append(Double(monotonicNanoseconds() - start) / 1_000)
        }
    }

    /// The type of the file system mounted nearest above the folder.
    private static func fileSystem(of folder: String) -> String {
        let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path + "/"
        var best: (length: Int, type: String) = (-1, "unknown")
        for line in ProcessUse.text("/proc/self/mounts").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2 else { continue }
            let place = words[1].hasSuffix("/") ? String(words[1]) : "\(words[1])/"
            // The last one mounted on a place is the one that is seen.
            if real.hasPrefix(place), place.count >= best.length { best = (place.count, String(words[2])) }
        }
        return best.type
    }
}

/// The middle one; 0 when there is none.
func median(_ values: [Double]) -> Double { quantile(0.5, of: values) }

func quantile(_ share: Double, of values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    return values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
}
