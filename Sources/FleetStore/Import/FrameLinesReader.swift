import FleetModel
import TelemetryCodec

/// Reads the JSON lines of an export into what is gathered.
final class FrameLinesReader: LineReader {
    var names: ImportNames
    private var reader = FrameLineReader(signal: ImportSignals().named)

    init(names: ImportNames) { self.names = names }

    var isBetweenRows: Bool { true }

    func take(_ lines: UnsafeRawBufferPointer, _ gathering: Gathering, _ report: inout ImportReport) -> Int {
        guard let base = lines.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        let end = base + lines.count
        var next = base
        while next < end, !gathering.isFull {
            let lineEnd = lineEnd(next, end)
            let line = UnsafeBufferPointer(start: next, count: lineEnd - next)
            report.lines += 1
            if let reason = take(line, gathering, &report) {
                report.reject(line, number: report.lines, reason, gathering)
            }
            next = min(lineEnd + 1, end)
        }
        return next - base
    }

    private func take(
        _ line: UnsafeBufferPointer<UInt8>, _ gathering: Gathering, _ report: inout ImportReport
    ) -> ImportRejection? {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return nil }
        guard line.count <= ImportLines.lineMax else { return .tooLong }
        do throws(Rejection) {
            return gathering.add(try reader.read(Array(line)), &names, &report)
        } catch {
            return ImportRejection(error)
        }
    }

    func finish(_ gathering: Gathering, _ report: inout ImportReport) {}
    func reset() {}
}
