/// Heads of lines that were read before, `readings,name=truck_0,fleet=South ` up to the space, and where their rows go.
///
/// A line's head is nearly always one that came before, and mostly the one that followed the head before it the last time.
final class KnownHeads {
    struct Head {
        let text: PaddedBytes
        fileprivate let hash: UInt64
        let open: UnsafeMutablePointer<OpenBlock>
        let fields: UnsafeMutablePointer<RowLayout.Field>
        /// The value of the column of tags, which is the first.
        let tags: UInt64
        /// The one that came next the last time.
        var follower: UnsafeMutablePointer<Head>
    }

    /// A head that is longer, and what comes when so many are known, is read slowly.
    private static let bytesMax = 4_096
    private static let countMax = 65_536

    private var slots: [UnsafeMutablePointer<Head>?] = Array(repeating: nil, count: 256)
    private var heads: [UnsafeMutablePointer<Head>] = []
    private(set) var last: UnsafeMutablePointer<Head>?

    deinit { clear() }

    func clear() {
        for head in heads {
            head.pointee.text.deallocate()
            head.deallocate()
        }
        heads = []
        slots = Array(repeating: nil, count: 256)
        last = nil
    }

    /// Notes the head that `line` begins with, when it is one that can be told by its bytes.
    func add(_ line: UnsafeBufferPointer<UInt8>, rows: GatheredRows, tags: Double) {
        guard heads.count < KnownHeads.countMax, let start = line.baseAddress,
            let length = KnownHeads.length(start, end: start + line.count), length <= KnownHeads.bytesMax
        else { return }
        let hash = KnownHeads.hash(start, length)
        guard find(start, length, hash) == nil else { return }
        let head = UnsafeMutablePointer<Head>.allocate(capacity: 1)
        head.initialize(
            to: Head(
                text: PaddedBytes(line[..<length]), hash: hash, open: rows.open, fields: rows.layout.fields,
                tags: tags.bitPattern, follower: head))
        heads.append(head)
        if heads.count * 2 > slots.count {
            slots = Array(repeating: nil, count: slots.count * 2)
            for head in heads { occupy(head) }
        } else {
            occupy(head)
        }
        last?.pointee.follower = head
        last = head
    }

    /// The head that the bytes at `line` begin with.
    @inline(__always) func head(at line: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Head>?
    {
        if let last {
            let next = last.pointee.follower
            if next.pointee.text.count <= end - line, next.pointee.text.begins(line) {
                self.last = next
                return next
            }
        }
        return look(line, end)
    }

    private func look(_ line: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Head>? {
        guard let length = KnownHeads.length(line, end: end),
            let head = find(line, length, KnownHeads.hash(line, length))
        else { return nil }
        last?.pointee.follower = head
        last = head
        return head
    }

    /// How long the head is, its space included; `nil` when a backslash makes that hard to say.
    private static func length(_ line: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Int? {
        var next = line
        while next < end {
            let byte = next.pointee
            if byte == UInt8(ascii: " ") { return next - line + 1 }
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n") { return nil }
            next += 1
        }
        return nil
    }

    private static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(bytes)
        var state = UInt64(truncatingIfNeeded: count)
        var offset = 0
        while offset + 8 <= count {
            state = folded(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < count {
            tail = tail << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return folded(state ^ tail)
    }

    @inline(__always) private static func folded(_ value: UInt64) -> UInt64 {
        let (high, low) = (value ^ 0x2545_F491_4F6C_DD1D).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return high ^ low
    }

    private func find(_ line: UnsafePointer<UInt8>, _ length: Int, _ hash: UInt64) -> UnsafeMutablePointer<Head>? {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let head = slots[slot] {
            if head.pointee.hash == hash, head.pointee.text.count == length, head.pointee.text.begins(line) {
                return head
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func occupy(_ head: UnsafeMutablePointer<Head>) {
        var slot = Int(truncatingIfNeeded: head.pointee.hash) & (slots.count - 1)
        while slots[slot] != nil { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = head
    }
}
