import FoundationEssentials
import Glibc

/// Plays power cuts to a program whose files are kept by the preloaded library of `CPowerCut`.
///
/// The library notes what was flushed; here, when the program is dead, the files become what of them was.
package struct PowerCut: Sendable {
    /// What one cut took away.
    package struct Loss: Sendable {
        /// Bytes that were written and not flushed, and are gone.
        package var bytes: Int64 = 0
        /// The same that reached the disk all the same, as some do.
        package var survivingBytes: Int64 = 0
        /// Names in the folder that were not flushed.
        package var names = 0
    }

    private let library: String
    private let database: String
    private let folder: String
    private let prefix: String
    private let shadow: String
    /// The library's own way to name files.
    private let describe: @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>) -> Int32

    /// - Parameters:
    ///   - database: as the program sees it, all links followed.
    ///   - folder: where we reach the database's folder; `nil`: at the same place.
    ///   - shadow: a folder for what is flushed, which is made anew.
    package init(database: String, folder: String? = nil, shadow: String) throws {
        library = try sibling(library: "libZubrPowerCut.so", product: "ZubrPowerCut")
        // Loaded locally: its calls take the place of nobody's here.
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(handle, "zubr_power_cut_key")
        else {
            throw RehearsalFailure("\(library) cannot be loaded: \(String(cString: dlerror()))")
        }
        describe = unsafeBitCast(
            symbol, to: (@convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>) -> Int32).self)
        self.database = database
        self.shadow = shadow
        let slash = database.lastIndex(of: "/") ?? database.startIndex
        self.folder = folder ?? String(database[..<slash])
        prefix = String(database[slash...].dropFirst())
        try? FileManager.default.removeItem(atPath: shadow)
        try FileManager.default.createDirectory(atPath: shadow, withIntermediateDirectories: true)
        guard names(in: self.folder).isEmpty else {
            throw RehearsalFailure("\(database) is already there; power cuts begin with a new database")
        }
        try Data().write(to: URL(fileURLWithPath: "\(shadow)/names"))
    }

    /// What the program must be started with.
    package var environment: [String: String] {
        ["LD_PRELOAD": library, "ZUBR_POWER_CUT_DATABASE": database, "ZUBR_POWER_CUT_SHADOW": shadow]
    }

    /// Whether the library is at work: the program has flushed the database's name.
    package var isAtWork: Bool { (try? flushedNames().contains { $0.name == prefix }) ?? false }

    /// Makes the files what a power cut leaves of them; nobody uses them now.
    ///
    /// - Parameter survival: the share of sectors that reach the disk though nobody waited for it; the rest of what was
    ///   written is torn.
    package func strike(survival: Double, using random: inout some RandomNumberGenerator) throws -> Loss {
        var loss = Loss()
        let flushed = try flushedNames()
        for name in names(in: folder) {
            guard !flushed.contains(where: { $0.name == name && $0.key == key(of: name) }) else { continue }
            unlink("\(folder)/\(name)")
            if !name.hasSuffix("-shm") { loss.names += 1 }
        }
        var list = ""
        for (oldKey, name) in flushed {
            let wasThere = key(of: name) == oldKey
            let file = try opened("\(folder)/\(name)", O_RDWR | O_CREAT)
            defer { close(file) }
            guard let newKey = key(of: name) else { throw RehearsalFailure("\(folder)/\(name) is gone") }
            if newKey != oldKey { rename("\(shadow)/\(oldKey)", "\(shadow)/\(newKey)") }
            let image = try opened("\(shadow)/\(newKey)", O_RDWR | O_CREAT)
            defer { close(image) }
            try reconcile(file, with: image, survival: wasThere ? survival : 0, &random, &loss)
            list += "\(newKey) \(name)\n"
        }
        try list.write(toFile: "\(shadow)/names", atomically: true, encoding: .utf8)
        return loss
    }

    /// Makes `file` and `image` the same: the image, and of what else the file has those sectors that survive.
    private func reconcile(
        _ file: Int32, with image: Int32, survival: Double, _ random: inout some RandomNumberGenerator,
        _ loss: inout Loss
    ) throws {
        let sector = 512
        let (written, flushed) = (lseek(file, 0, SEEK_END), lseek(image, 0, SEEK_END))
        let stretch = 1 << 20
        var (theirs, ours) = ([UInt8](repeating: 0, count: stretch), [UInt8](repeating: 0, count: stretch))
        var end = flushed
        for start in stride(from: 0, to: max(written, flushed), by: stretch) {
            let readTheirs = max(0, pread(file, &theirs, stretch, start))
            let readOurs = max(0, pread(image, &ours, stretch, start))
            guard readTheirs != readOurs || memcmp(theirs, ours, readTheirs) != 0 else { continue }
            for place in stride(from: 0, to: max(readTheirs, readOurs), by: sector) {
                let mine = theirs[min(place, readTheirs)..<min(place + sector, readTheirs)]
                let kept = ours[min(place, readOurs)..<min(place + sector, readOurs)]
                guard mine != kept else { continue }
                // A sector that was cut off the file and not flushed is still there.
                // Room that was only set aside is no loss.
                let bytes = mine.contains { $0 != 0 } ? Int64(mine.count) : 0
                if !mine.isEmpty, Double.random(in: 0..<1, using: &random) < survival {
                    loss.survivingBytes += bytes
                    try write(mine, to: image, at: start + place)
                    end = max(end, start + place + mine.count)
                } else {
                    loss.bytes += bytes
                    try write(kept, to: file, at: start + place)
                }
            }
        }
        guard ftruncate(file, end) == 0, ftruncate(image, end) == 0 else {
            throw RehearsalFailure("the power cut failed: \(String(cString: strerror(errno)))")
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, at place: Int) throws {
        guard !bytes.isEmpty else { return }
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(place)) }
        guard count == bytes.count else {
            throw RehearsalFailure("the power cut failed: \(String(cString: strerror(errno)))")
        }
    }

    private func flushedNames() throws -> [(key: String, name: String)] {
        try String(contentsOfFile: "\(shadow)/names", encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let space = line.firstIndex(of: " ") else { return nil }
            return (String(line[..<space]), String(line[space...].dropFirst()))
        }
    }

    private func names(in folder: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// The name the library knows a file by; `nil` when it is not there.
    private func key(of name: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { key in
            guard describe("\(folder)/\(name)", key.baseAddress!) >= 0 else { return nil }
            return String(cString: key.baseAddress!)
        }
    }

    private func opened(_ path: String, _ flags: Int32) throws -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw RehearsalFailure("the power cut cannot open \(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }
}
