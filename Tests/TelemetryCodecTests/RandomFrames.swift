import Support
import FleetModel

/// Frames of every shape the protocol allows, by a seed.
enum RandomFrames {
    static let receivedAt = Timestamp(iso8601: "2026-03-01T08:00:30Z")!
    static let limits = IngestLimits(bodyBytes: 1 << 20, ageMax: .days(30_000))

    static func frame(seq: UInt64, using generator: inout SeededGenerator) -> Frame {
        var frame = Frame(
            boot: .random(in: 0...(.max), using: &generator), seq: seq, observedAt: time(using: &generator),
            readings: signals(using: &generator).map { Reading($0, value(of: $0, using: &generator)) })
        if Bool.random(using: &generator) { frame.faults = faults(using: &generator) }
        return frame
    }

    /// Frames that the columnar form can say.
    static func columns(using generator: inout SeededGenerator) -> [Frame] {
        let count = Int.random(in: 1...30, using: &generator)
        let (boot, seq) = (UInt32.random(in: 0...9, using: &generator), UInt64.random(in: 0...1_000, using: &generator))
        let signals = signals(using: &generator)
        let faults: [DiagnosticTroubleCode]? = Bool.random(using: &generator) ? faults(using: &generator) : nil
        let start = time(using: &generator)
        let step: Duration? =
            Bool.random(using: &generator) ? .milliseconds(Int.random(in: 1...5_000, using: &generator)) : nil
        let mode = OperatingMode.allCases.randomElement(using: &generator)!.code
        let keepsMode = Bool.random(using: &generator)
        return (0..<count).map { row in
            Frame(
                boot: boot, seq: seq + UInt64(row),
                observedAt: step.map { start + $0 * row } ?? time(using: &generator),
                readings: signals.map {
                    Reading($0, $0 == .operatingMode && keepsMode ? mode : value(of: $0, using: &generator))
                },
                faults: faults)
        }
    }

    private static func signals(using generator: inout SeededGenerator) -> [Signal] {
        let known: [Signal] = [
            .latitude, .longitude, .altitude, .heading, .speed, .engineHours, .odometer, .fuelUsedTotal, .operatingMode,
        ]
        let others = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
            Signal("s\(Int.random(in: 0...400, using: &generator))")
        }
        var chosen = Array(Set(others)).sorted()
        // In the usual order, in any other, or with some of the nine only.
        switch Int.random(in: 0...3, using: &generator) {
        case 0: chosen += known
        case 1: chosen += known.filter { _ in Bool.random(using: &generator) }
        case 2: chosen = (chosen + known.filter { _ in Bool.random(using: &generator) }).shuffled(using: &generator)
        default: break
        }
        return chosen
    }

    private static func value(of signal: Signal, using generator: inout SeededGenerator) -> Double {
        switch signal {
        case .latitude: return .random(in: -90...90, using: &generator)
        case .longitude: return (Double.random(in: -180...180, using: &generator) * 1e5).rounded() / 1e5
        case .operatingMode: return OperatingMode.allCases.randomElement(using: &generator)!.code
        case .engineHours, .odometer, .fuelUsedTotal:
            return (Double.random(in: 0...1e6, using: &generator) * 20).rounded() / 20
        default: break
        }
        switch Int.random(in: 0...4, using: &generator) {
        case 0: return Double(Int.random(in: -100...100, using: &generator))
        case 1: return (Double.random(in: -1e4...1e4, using: &generator) * 100).rounded() / 100
        case 2: return Double(Int64.random(in: .min...(.max), using: &generator))
        case 3: return .random(in: -1...1, using: &generator)
        default:
            let any = Double(bitPattern: generator.next())
            return any.isFinite ? any : 0
        }
    }

    private static func time(using generator: inout SeededGenerator) -> Timestamp {
        let seconds = receivedAt + .seconds(Int64.random(in: -2_000_000_000...0, using: &generator))
        switch Int.random(in: 0...2, using: &generator) {
        case 0: return seconds
        case 1: return seconds + .milliseconds(Int.random(in: 0...999, using: &generator))
        default: return seconds + .microseconds(Int.random(in: 0...999_999, using: &generator))
        }
    }

    private static func faults(using generator: inout SeededGenerator) -> [DiagnosticTroubleCode] {
        var seen: Set<DiagnosticTroubleCode.Key> = []
        return (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
            let code = DiagnosticTroubleCode(
                spn: SPN(.random(in: 1...0x7_FFFF, using: &generator))!,
                fmi: FMI(.random(in: 0...31, using: &generator))!,
                sourceAddress: SourceAddress(.random(in: 0...255, using: &generator)),
                occurrenceCount: Bool.random(using: &generator) ? .random(in: 0...126, using: &generator) : nil)
            return seen.insert(code.key).inserted ? code : nil
        }
    }
}
