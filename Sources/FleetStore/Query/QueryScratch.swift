import SeriesCodec
import Synchronization

/// Memory in which one thread at a time decodes columns.
// One thread uses it at a time: the pool gives it away and takes it back.
final class QueryScratch: @unchecked Sendable {
    let workspace = SegmentWorkspace()
    private var spare: [ColumnBuffer] = []

    func buffer() -> ColumnBuffer { spare.popLast() ?? ColumnBuffer() }
    func giveBack(_ buffer: ColumnBuffer) { spare.append(buffer) }

    /// Buffers that a question needed beyond the usual are not kept for the next.
    fileprivate func shrink() { spare.removeLast(max(0, spare.count - 8)) }
}

/// Times or values of the rows of a segment.
///
/// Its memory is taken from the system page by page as it is first used.
final class ColumnBuffer {
    let times: UnsafeMutablePointer<Int64>
    let values: UnsafeMutablePointer<Double>

    init(capacity: Int = SegmentLimits.rows) {
        times = .allocate(capacity: capacity)
        values = .allocate(capacity: capacity)
    }

    deinit {
        times.deallocate()
        values.deallocate()
    }
}

/// Keeps the memory of questions for the next.
final class ScratchPool: Sendable {
    private let idle = Mutex<[QueryScratch]>([])

    func with<Result>(_ body: (QueryScratch) throws -> Result) rethrows -> Result {
        let scratch = idle.withLock { $0.popLast() } ?? QueryScratch()
        defer {
            scratch.shrink()
            idle.withLock { if $0.count < 4 { $0.append(scratch) } }
        }
        return try body(scratch)
    }
}
