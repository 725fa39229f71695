import CSimulatedDisk
import Foundation

/// The disk under one database: it knows what was synced, fails when it is told to, and can lose power.
///
/// What SQLite writes goes into real files, which are what the operating system would show. Beside them it keeps what
/// has not been synced since, so that a power cut can take back any of it, sector by sector and in any order.
///
/// `@unchecked Sendable`: SQLite's threads call it only while the one task of the run waits for them.
final class SimulatedDisk: @unchecked Sendable {
    let folder: String
    private let chance: Chance
    private let trace: Trace
    private var paths: [String] = []
    private var unsynced: [String: [Change]] = [:]
    /// Names made or deleted since the folder was synced, with what a power cut brings back: no file, or that one.
    private var unsyncedNames: [String: [UInt8]?] = [:]
    private var plan: (operationsLeft: Int, fault: Fault)?
    private var namesAtDeath: Set<String> = []

    /// Faults come only while this is set: while the daemon writes, not while the test looks.
    var isArmed = false
    /// No write finds room.
    var isFull = false
    /// The machine is off: nothing reaches the files any more.
    private(set) var death: Death?
    /// Counts everything that reached a file.
    private(set) var changeCount = 0

    enum Death: String { case crash, powerCut = "power cut" }

    enum Fault {
        case death(Death)
        /// So many operations in a row fail.
        case failures(Int)
    }

    private struct Change {
        var offset: Int
        var bytes: [UInt8]
        var old: [UInt8]
        var oldSize: Int
        var newSize: Int
        var isTruncation: Bool
    }

    private static let sector = 512

    init(folder: String, chance: Chance, trace: Trace) {
        self.folder = folder
        self.chance = chance
        self.trace = trace
        let hooks = simulated_disk_hooks(
            context: Unmanaged.passUnretained(self).toOpaque(),
            opened: { context, path, wasMade in
                SimulatedDisk.of(context).opened(String(cString: path!), wasMade: wasMade)
            },
            ask: { context, file, operation, offset, count, torn in
                SimulatedDisk.of(context).ask(file, operation, offset, count, &torn!.pointee)
            },
            changed: { context, file, change in SimulatedDisk.of(context).changed(file, change!.pointee) },
            synced: { context, file in SimulatedDisk.of(context).synced(file) },
            deleting: { context, path, isDurable in
                SimulatedDisk.of(context).deleting(String(cString: path!), isDurable: isDurable)
            })
        precondition(simulated_disk_mount(folder, hooks) != 0, "too many simulated disks at once")
    }

    deinit { simulated_disk_unmount(folder) }

    private static func of(_ context: UnsafeMutableRawPointer?) -> SimulatedDisk {
        Unmanaged<SimulatedDisk>.fromOpaque(context!).takeUnretainedValue()
    }

    // MARK: - What the run does with it

    /// The next fault comes after so many more operations.
    func plan(_ fault: Fault, after operations: Int) { plan = (operations, fault) }

    func planNothing() { plan = nil }

    func die(_ death: Death) {
        guard self.death == nil else { return }
        self.death = death
        namesAtDeath = names
        trace.note("disk: \(death.rawValue)")
    }

    /// Readers end their transactions just after they have answered; a checkpoint would still meet them.
    func waitForReaders() {
        while simulated_disk_transactions(folder) > 0 { usleep(20) }
    }

    /// The machine starts again: after a crash with what the operating system had, after a power cut with what was
    /// synced and some of the rest. No file may be open.
    func start() {
        guard let death else { return }
        // What the dead process did with names after its last breath never happened.
        for name in names.subtracting(namesAtDeath) { unlink(folder + "/" + name) }
        if death == .powerCut {
            for path in unsynced.keys.sorted() { cutPower(path) }
            for path in unsyncedNames.keys.sorted() where chance.happens(0.5) {
                trace.note("disk: \(name(path)) is as before")
                if let old = unsyncedNames[path]! { write(old, to: path) } else { unlink(path) }
            }
            unsynced = [:]
            unsyncedNames = [:]
            for name in names where name.hasSuffix("-shm") { unlink(folder + "/" + name) }
        }
        plan = nil
        self.death = nil
    }

    // MARK: - What SQLite does with it

    private func opened(_ path: String, wasMade: Bool) -> Int32 {
        if wasMade, unsyncedNames[path] == nil { unsyncedNames[path] = .some(nil) }
        paths.append(path)
        return Int32(paths.count - 1)
    }

    private func ask(
        _ file: Int32, _ operation: simulated_disk_operation, _ offset: Int64, _ count: Int64, _ torn: inout Int64
    ) -> Int32 {
        trace.mix(Int64(operation.rawValue), Int64(name(paths[Int(file)]).utf8.count), offset, count)
        let isWrite = operation == simulated_disk_write
        let failure: Int32 =
            switch operation {
            case simulated_disk_write: 10 | 3 << 8
            case simulated_disk_truncate: 10 | 6 << 8
            default: 10 | 4 << 8
            }
        if death != nil { return failure }
        // SQLITE_FULL, as its own file system says at ENOSPC.
        if isFull, isWrite { return 13 }
        guard isArmed, let (left, fault) = plan else { return 0 }
        if left > 0 {
            plan = (left - 1, fault)
            return 0
        }
        if isWrite, chance.happens(0.5) { torn = Int64(chance.below(Int(count) / Self.sector + 1) * Self.sector) }
        switch fault {
        case .death(let death):
            trace.note("disk: operation \(operation.rawValue) on \(name(paths[Int(file)])) at \(offset) is the last")
            die(death)
        case .failures(let more):
            trace.note("disk: operation \(operation.rawValue) on \(name(paths[Int(file)])) at \(offset) fails")
            plan = more > 1 ? (0, .failures(more - 1)) : nil
        }
        return failure
    }

    private func changed(_ file: Int32, _ change: simulated_disk_change) {
        changeCount += 1
        unsynced[paths[Int(file)], default: []].append(
            Change(
                offset: Int(change.offset),
                bytes: Array(UnsafeRawBufferPointer(start: change.bytes, count: Int(change.count))),
                old: Array(UnsafeRawBufferPointer(start: change.old_bytes, count: Int(change.old_count))),
                oldSize: Int(change.old_size), newSize: Int(change.new_size), isTruncation: change.bytes == nil))
    }

    private func synced(_ file: Int32) {
        let path = paths[Int(file)]
        unsynced[path] = nil
        // SQLite syncs the folder with the first sync of a log or journal that it has made.
        if unsyncedNames[path] != nil, path.hasSuffix("-wal") || path.hasSuffix("-journal") { unsyncedNames = [:] }
    }

    private func deleting(_ path: String, isDurable: Bool) -> Int32 {
        trace.mix(99, Int64(name(path).utf8.count))
        if death != nil { return 10 | 10 << 8 }
        if unsyncedNames[path] == nil, let bytes = contents(of: path) {
            unsyncedNames[path] = .some(durable(bytes, path))
        }
        unsynced[path] = nil
        if isDurable { unsyncedNames = [:] }
        changeCount += 1
        return 0
    }

    // MARK: - Losing power

    /// The file as it was when it was last synced.
    private func durable(_ bytes: [UInt8], _ path: String) -> [UInt8] {
        var bytes = bytes
        for change in (unsynced[path] ?? []).reversed() {
            resize(&bytes, to: change.oldSize)
            bytes.replaceSubrange(change.offset..<change.offset + change.old.count, with: change.old)
        }
        return bytes
    }

    /// Leaves of what was not synced any part that a disk may leave: each sector as it was after one of its writes.
    private func cutPower(_ path: String) {
        guard let changes = unsynced[path], !changes.isEmpty, let present = contents(of: path) else { return }
        let most = changes.count
        let key = chance.bits()
        func noise(_ sector: Int, _ bound: Int) -> Int {
            var mixed = key &+ UInt64(bitPattern: Int64(sector)) &* 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ mixed >> 31) &* 0xBF58_476D_1CE4_E5B9
            return Int((mixed ^ mixed >> 29) % UInt64(bound))
        }
        let survivors: (Int) -> Int
        switch chance.below(4) {
        case 0: survivors = { _ in 0 }
        case 1: survivors = { _ in most }
        case 2:
            let whole = chance.below(most)
            survivors = { whole + noise($0, 2) }
        default: survivors = { noise($0, most + 1) }
        }
        trace.note("disk: \(most) writes to \(name(path)) were not synced, \(survivors(-1)) of its sizes survive")

        var bytes = durable(present, path)
        let sizes = [bytes.count] + changes.map(\.newSize)
        for (index, change) in changes.enumerated() {
            let end = change.isTruncation ? max(change.oldSize, change.offset) : change.offset + change.bytes.count
            resize(&bytes, to: max(bytes.count, end))
            var position = change.offset
            while position < end {
                let sector = position / Self.sector
                let next = min(end, (sector + 1) * Self.sector)
                if index < survivors(sector) {
                    for place in position..<next {
                        bytes[place] = change.isTruncation ? 0 : change.bytes[place - change.offset]
                    }
                }
                position = next
            }
        }
        resize(&bytes, to: sizes[survivors(-1)])
        write(bytes, to: path)
    }

    private func resize(_ bytes: inout [UInt8], to size: Int) {
        if bytes.count > size { bytes.removeLast(bytes.count - size) }
        if bytes.count < size { bytes += Array(repeating: 0, count: size - bytes.count) }
    }

    // MARK: - Files

    private var names: Set<String> { Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []) }

    private func name(_ path: String) -> Substring { path.dropFirst(folder.count + 1) }

    private func contents(of path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    private func write(_ bytes: [UInt8], to path: String) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        } catch {
            preconditionFailure("the simulated disk cannot write \(path): \(error)")
        }
    }
}
