import FoundationEssentials
import Glibc

/// A small file system in memory that programs started through it see at one folder, and that really runs full.
///
/// It lives in a mount namespace of its own, so that nothing is left behind whatever happens, and outlives the
/// programs that use it. From outside its files are reached through /proc.
package final class SmallDisk: Sendable {
    /// Where those who are started through it see it.
    package let folder: String
    private let keeper: ChildProcess
    private let needsUserNamespace = geteuid() != 0

    /// Makes one of `bytes` at `folder`, which is there and empty.
    ///
    /// A system without mount namespaces, or one that keeps them from us, throws.
    package static func mount(at folder: String, bytes: Int64) async throws(RehearsalFailure) -> SmallDisk {
        let disk = try await SmallDisk(folder: folder, bytes: bytes)
        let deadline = ContinuousClock.now + .seconds(10)
        while access(disk.outside("mounted"), F_OK) != 0 {
            guard disk.keeper.isRunning, ContinuousClock.now < deadline else {
                await disk.unmount()
                throw RehearsalFailure(
                    "no small file system could be mounted at \(folder): this needs root, or user namespaces for everybody (sysctl kernel.unprivileged_userns_clone)"
                )
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return disk
    }

    private init(folder: String, bytes: Int64) async throws(RehearsalFailure) {
        self.folder = folder
        let asUser = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        keeper = try await ChildProcess.start(
            try systemProgram("unshare", package: "util-linux"),
            arguments: asUser + [
                "--mount", "sh", "-c",
                "mount -t tmpfs -o size=\(bytes) tmpfs \"$0\" && : > \"$0/mounted\" && exec sleep infinity", folder,
            ], output: "/dev/null")
    }

    /// The program and the arguments that start `program` where the disk is.
    package func inside(
        _ program: String, _ arguments: [String]
    ) throws(RehearsalFailure) -> (program: String, arguments: [String]) {
        let asUser = needsUserNamespace ? ["--user", "--preserve-credentials"] : []
        return (
            try systemProgram("nsenter", package: "util-linux"),
            ["--target", "\(keeper.id)"] + asUser + ["--mount", "--", program] + arguments
        )
    }

    /// A file of the disk, as we reach it.
    package func outside(_ name: String) -> String { "/proc/\(keeper.id)/root\(folder)/\(name)" }

    /// Bytes that still go in.
    package var freeBytes: Int64 {
        var status = statvfs()
        guard statvfs(outside(""), &status) == 0 else { return 0 }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    /// Puts a file on it that leaves `free` bytes, to the last page by default.
    package func fill(leaving free: Int64 = 0) {
        let descriptor = open(outside("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var size = lseek(descriptor, 0, SEEK_END)
        // Others write meanwhile, so what was free a moment ago may not be.
        while freeBytes > free {
            let step = min(freeBytes - free, 1 << 20)
            if posix_fallocate(descriptor, size, off_t(step)) != 0 {
                guard posix_fallocate(descriptor, size, 4_096) == 0 else { return }
                size += 4_096
            } else {
                size += off_t(step)
            }
        }
    }

    /// Takes that file away.
    package func makeRoom() { unlink(outside("filler")) }

    /// Ends it; what was on it is gone.
    package func unmount() async {
        keeper.kill(SIGKILL)
        _ = await keeper.wait()
    }
}
