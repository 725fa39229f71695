import Glibc

/// Reads the lines of one format into what is gathered.
protocol LineReader: AnyObject {
    var names: ImportNames { get set }

    /// Whether what was taken is gathered: a row may stand in several lines.
    var isBetweenRows: Bool { get }

    /// Takes whole lines, each with its end, until there are no more or it is time to write; returns how many bytes it took.
    ///
    /// As many bytes as `PaddedBytes.padding` may be read behind them. It throws when none of the file can be read.
    func take(_ lines: UnsafeRawBufferPointer, _ gathering: Gathering, _ report: inout ImportReport) throws -> Int

    /// Deals with what was put off: what is gathered is about to be written.
    func finish(_ gathering: Gathering, _ report: inout ImportReport)

    /// What is gathered from now on is gathered anew.
    func reset()
}

extension LineReader {
    /// Where a line ends, without its end.
    func lineEnd(_ line: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        guard let found = memchr(line, 0x0A, end - line) else { return end }
        return UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
    }
}

extension ImportReport {
    /// The most that is kept of the lines that were not taken.
    private static let keptMax: Int64 = 64 << 20

    mutating func reject(
        _ line: some Collection<UInt8>, number: Int64, _ reason: ImportRejection, _ gathering: Gathering
    ) {
        rejected += 1
        rejectedByReason[reason.rawValue, default: 0] += 1
        guard keptBytes < ImportReport.keptMax else { return }
        kept += 1
        keptBytes += Int64(min(line.count, RejectedLines.lineMax))
        gathering.rejected.add(line, number: number, reason)
    }
}
