import FleetModel
import FleetSimulation
import TelemetryCodec

/// Reads the lines of a recording, whichever form they have, into what is to be published.
final class RecordedLines {
    private let format: RecordingFormat
    private var mapper: ReplayMapper?
    private var point = LineProtocolPoint()
    private var header: [String]?
    private var reader = RecordingReader()
    private var shift = RecordingShift()
    /// Frames of old recordings are judged against nothing: any time will do.
    private let now: Timestamp

    init(format: RecordingFormat, map: ReplayMap?, now: Timestamp) {
        self.format = format
        mapper = map.map { ReplayMapper(map: $0) }
        self.now = now
    }

    /// What a line asks to publish.
    struct Message {
        var topic: String
        var at: Timestamp?
        var content: Content

        enum Content {
            case frame(Frame)
            case recorded(RecordedMessage)
        }
    }

    /// `nil` for a line that is none: blank, a comment, a header, or a measurement the map leaves out.
    func message(in line: ArraySlice<UInt8>) throws(Rejection) -> Message? {
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { return nil }
        switch format {
        case .lines:
            let message = try reader.message(in: Array(line))
            return Message(
                topic: message.topic.description, at: shift.time(of: message, now: now), content: .recorded(message))
        case .lineProtocol:
            guard !LineProtocolPoint.isSkipped(line) else { return nil }
            do throws(LineProtocolError) {
                try point.read(line)
            } catch { throw Rejection(.wrongType, error.description) }
            return try mapper!.map(point).map { published($0) }
        case .csv:
            guard let row = tableRow(line) else { throw Rejection(.wrongType, "a quotation mark is left open") }
            guard let header else {
                header = row
                return nil
            }
            return published(try mapper!.map(row: row, header: header))
        }
    }

    private func published(_ mapped: ReplayMapper.Mapped) -> Message {
        Message(
            topic: Topic.machine(mapped.machine, .telemetry).description, at: mapped.frame.observedAt,
            content: .frame(mapped.frame))
    }

    func body(of message: Message, shift span: Duration) throws(Rejection) -> [UInt8] {
        switch message.content {
        case .frame(var frame):
            frame.observedAt += span
            return TelemetryEncoder.body(of: frame)
        case .recorded(let recorded): return try shift.moved(recorded, by: span, now: now)
        }
    }
}
