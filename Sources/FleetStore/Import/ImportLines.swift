import Glibc

/// Cuts the parts of a file into whole lines.
struct ImportLines {
    /// The longest line that is taken.
    package static let lineMax = 1 << 18

    private let source: any ImportSource
    /// Whole lines that nobody has taken yet.
    private(set) var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The beginning of a line whose end has not come.
    private var beginning: [UInt8] = []
    /// A line that is too long is read to its end, and no more of it is kept.
    private var isTooLong = false
    private var isOver = false
    /// The last line of a file that does not end it.
    private var last: UnsafeMutableRawBufferPointer?
    /// Bytes at the beginning of the file that were dealt with before.
    private var skipped: Int64

    init(_ source: any ImportSource, skipping bytes: Int64) {
        self.source = source
        skipped = bytes
    }

    func deallocate() { last?.deallocate() }

    /// What comes next.
    enum Next {
        /// There are lines in `rest`.
        case lines
        /// A line that is too long, of which this is the beginning, and how many bytes it had.
        case tooLong([UInt8], bytes: Int)
        case end
    }

    private var tooLongBytes = 0

    mutating func take(_ count: Int) { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }

    /// Makes `rest` hold lines, when there are none left in it.
    mutating func next() throws -> Next {
        while rest.isEmpty {
            guard !isOver, var part = try source.next() else { return end() }
            if skipped > 0 {
                let count = min(skipped, Int64(part.count))
                skipped -= count
                part = UnsafeMutableRawBufferPointer(rebasing: part[Int(count)...])
                if part.isEmpty { continue }
            }
            if isTooLong {
                guard let end = memchr(part.baseAddress!, 0x0A, part.count) else {
                    tooLongBytes += part.count
                    continue
                }
                let count = UnsafeRawPointer(end) - UnsafeRawPointer(part.baseAddress!) + 1
                isTooLong = false
                let line = beginning
                let bytes = tooLongBytes + count
                beginning = []
                set(UnsafeMutableRawBufferPointer(rebasing: part[count...]))
                return .tooLong(line, bytes: bytes)
            }
            set(part)
        }
        return .lines
    }

    /// Takes a part in: its whole lines are ready, the beginning of another is kept.
    private mutating func set(_ part: UnsafeMutableRawBufferPointer) {
        guard let base = part.baseAddress, let end = part.lastIndex(of: 0x0A) else {
            keep(UnsafeRawBufferPointer(part))
            return
        }
        let count = end + 1
        let start = base - beginning.count
        start.copyMemory(from: beginning, byteCount: beginning.count)
        rest = UnsafeRawBufferPointer(start: start, count: beginning.count + count)
        beginning = []
        keep(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(part)[count...]))
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        beginning += bytes
        guard beginning.count > ImportLines.lineMax else { return }
        isTooLong = true
        tooLongBytes = beginning.count
        beginning = Array(beginning.prefix(RejectedLines.lineMax))
    }

    private mutating func end() -> Next {
        isOver = true
        guard !beginning.isEmpty else { return .end }
        let line = beginning
        beginning = []
        if isTooLong { return .tooLong(line, bytes: tooLongBytes) }
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: line.count + 1 + PaddedBytes.padding, alignment: 8)
        copy.initializeMemory(as: UInt8.self, repeating: 0)
        copy.copyBytes(from: line)
        copy[line.count] = 0x0A
        last = copy
        rest = UnsafeRawBufferPointer(rebasing: copy[...line.count])
        return .lines
    }
}
