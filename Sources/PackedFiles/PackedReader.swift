import Glibc
import Synchronization

/// A file's bytes from the first to the last, unpacked on the way where its name ends in `.gz`, `.xz` or `.zst`.
///
/// One thread at a time reads.
package final class PackedReader {
    package let path: String
    /// Bytes of the file as it lies there.
    package let size: Int64
    /// How many of them were read; it may be asked from any thread.
    package let position = Position()

    private let descriptor: Int32
    private let unpacker: (any Unpacker)?
    private let input: UnsafeMutableRawBufferPointer
    private var pending = 0..<0
    private var isInputOver = false
    /// Whether the file may end here.
    private var isComplete = false

    /// A place in a file that others may look at.
    package final class Position: Sendable {
        private let bytes = Atomic<Int64>(0)
        package var value: Int64 { bytes.load(ordering: .relaxed) }
        fileprivate func add(_ count: Int) { bytes.wrappingAdd(Int64(count), ordering: .relaxed) }
    }

    /// - Parameter isRepeatable: Whether it must be a file that can be read again from its beginning, and no pipe.
    package init(path: String, isRepeatable: Bool = true) throws(PackedFileFailure) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw PackedFileFailure(
                "cannot read \(path): \(String(cString: strerror(errno))); check the name and its rights")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, !isRepeatable || status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw PackedFileFailure("\(path) is no file; give one that can be read again from its beginning")
        }
        size = Int64(status.st_size)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        unpacker = Packing(name: path).unpacker()
        input = .allocate(byteCount: unpacker == nil ? 0 : 1 << 18, alignment: 16)
    }

    deinit {
        input.deallocate()
        close(descriptor)
    }

    /// Fills `output` as far as the file goes; 0 at its end.
    package func read(into output: UnsafeMutableRawBufferPointer) throws(PackedFileFailure) -> Int {
        var made = 0
        while made < output.count {
            let count = try readSome(into: UnsafeMutableRawBufferPointer(rebasing: output[made...]))
            guard count > 0 else { break }
            made += count
        }
        return made
    }

    private func readSome(into output: UnsafeMutableRawBufferPointer) throws(PackedFileFailure) -> Int {
        guard let unpacker else { return try readPlain(into: output) }
        while true {
            if pending.isEmpty, !isInputOver {
                let count = try readPlain(into: input)
                pending = 0..<count
                isInputOver = count == 0
            }
            let step: (taken: Int, made: Int, isComplete: Bool)
            do throws(PackedFileFailure) {
                step = try unpacker.unpack(
                    UnsafeRawBufferPointer(rebasing: input[pending]), isLast: isInputOver, into: output)
            } catch {
                throw PackedFileFailure("\(path) cannot be unpacked: \(error.description)")
            }
            pending = pending.lowerBound + step.taken..<pending.upperBound
            isComplete = step.isComplete
            if step.made > 0 { return step.made }
            if isInputOver, pending.isEmpty {
                guard position.value > 0 else {
                    throw PackedFileFailure(
                        "\(path) is empty, which no packed file is: it was cut off or never written; copy it again")
                }
                guard isComplete else {
                    throw PackedFileFailure("\(path) ends within what was packed: it is cut off; copy it again")
                }
                return 0
            }
            guard step.taken > 0 || pending.isEmpty else {
                throw PackedFileFailure("\(path) goes on with bytes that nothing packed")
            }
        }
    }

    private func readPlain(into output: UnsafeMutableRawBufferPointer) throws(PackedFileFailure) -> Int {
        while true {
            let count = Glibc.read(descriptor, output.baseAddress, output.count)
            if count >= 0 {
                position.add(count)
                return count
            }
            guard errno == EINTR else {
                throw PackedFileFailure("reading \(path) failed: \(String(cString: strerror(errno)))")
            }
        }
    }
}
