import CCompression
import Glibc

/// Writes a file, packed as its name says, or our output. A file gets its name when it is complete.
package final class PackedWriter {
    private let path: String?
    private let temporary: String?
    private let descriptor: Int32
    private var packer: (any Packer)?
    private let output: UnsafeMutableRawBufferPointer
    private var isOpen = true

    /// Standard output, plain.
    package init() {
        path = nil
        temporary = nil
        descriptor = STDOUT_FILENO
        packer = nil
        output = .allocate(byteCount: 0, alignment: 1)
    }

    package init(path: String) throws(PackedFileFailure) {
        self.path = path
        // One name for all: what a program that was killed left is written over by the next.
        let temporary = "\(path).partial"
        self.temporary = temporary
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw PackedFileFailure(
                "cannot write \(temporary): \(String(cString: strerror(errno))); give another folder")
        }
        // Whoever wrote it may have given it its name meanwhile.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, PackedWriter.isThere(temporary, descriptor) else {
            close(descriptor)
            throw PackedFileFailure("another program is writing \(path); wait for it, or give another name")
        }
        ftruncate(descriptor, 0)
        packer = Packing(name: path).packer()
        output = .allocate(byteCount: packer == nil ? 0 : 1 << 18, alignment: 16)
    }

    private static func isThere(_ path: String, _ descriptor: Int32) -> Bool {
        var (named, opened) = (stat(), stat())
        return stat(path, &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino
    }

    deinit {
        output.deallocate()
        guard isOpen, let temporary else { return }
        // The next to write it gets in when it is closed.
        unlink(temporary)
        close(descriptor)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(PackedFileFailure) {
        guard let packer else { return try put(bytes) }
        var rest = bytes
        while !rest.isEmpty {
            let step = try packer.pack(rest, isLast: false, into: output)
            try put(UnsafeRawBufferPointer(rebasing: output[..<step.made]))
            rest = UnsafeRawBufferPointer(rebasing: rest[step.taken...])
        }
    }

    /// Writes what is left, waits for the disk, and gives the file its name.
    package func finish() throws(PackedFileFailure) {
        if let packer {
            var isComplete = false
            while !isComplete {
                let step = try packer.pack(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true, into: output)
                try put(UnsafeRawBufferPointer(rebasing: output[..<step.made]))
                isComplete = step.isComplete
            }
        }
        guard let path, let temporary else { return }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw PackedFileFailure("cannot finish \(path): \(String(cString: strerror(errno)))")
        }
        isOpen = false
        close(descriptor)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(PackedFileFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw PackedFileFailure("writing \(path ?? "the output") failed: \(String(cString: strerror(errno)))")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
