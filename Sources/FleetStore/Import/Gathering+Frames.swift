import FleetModel
import TelemetryCodec

extension Gathering {
    /// The measurement of rows that are of none and have no numbers of their own.
    private static let rows = "rows"

    /// Takes a frame in; returns why it cannot be taken.
    func add(_ line: FrameLine, _ names: inout ImportNames, _ report: inout ImportReport) -> ImportRejection? {
        let frame = line.frame
        guard !names.isRetired(line.machine) else { return .retired }
        let isEmpty = frame.readings.isEmpty && frame.faults == nil
        guard line.hasNumber || !isEmpty else { return .noNumber }
        var readings = frame.readings
        if let tags = line.tags {
            guard let row = names.row(ofTags: tags) else { return .tooManyTags }
            readings.append(Reading(.tags, Double(row)))
        }
        let signals = readings.map(\.signal)
        let rows: GatheredRows
        if line.hasNumber {
            guard let found = self.rows(of: line.machine, saying: signals) else { return .tooManySignals }
            names.note(boot: frame.boot)
            rows = found
        } else {
            guard let boot = names.boot(of: Gathering.rows) else { return .tooManyMeasurements }
            let layout = layout(of: boot)
            let new = signals.filter { layout.place(of: $0) == nil }
            guard layout.signals.count + new.count <= RowLayout.columnsMax else { return .tooManySignals }
            for signal in new { _ = layout.add(signal) }
            rows = self.rows(of: line.machine, layout)
        }
        names.note(line.machine)
        makeRoom(in: rows)
        rows.add(
            at: frame.observedAt.microseconds, boot: frame.boot, seq: frame.seq,
            readings.map { (rows.layout.place(of: $0.signal)!, $0.value) },
            note: frame.faults.map { FaultNote.bytes(of: $0) })
        report.rows += 1
        report.samples += Int64(frame.readings.count)
        return nil
    }
}

extension ImportRejection {
    /// Why a line of a frame is not taken.
    init(_ rejection: Rejection) {
        self =
            switch rejection.reason {
            case .missingKey: .missingTime
            case .outOfRange: .outOfRange
            case .badTopic: .badName
            case .duplicateKey: .duplicateField
            case .wrongType: .badValue
            case .tooManySignals: .tooManySignals
            default: .syntax
            }
    }
}
