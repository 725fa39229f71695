import FleetModel

/// What was seen against which limit, in one line that can be judged again.
enum Evidence {
    /// `coolant_temp 104.5 °C > 103 °C for 10 s (assumed)`
    static func threshold(_ limit: RuleBook.Threshold, signal: Signal, value: Double, unit: String) -> String {
        let crossing =
            "\(signal) \(quantity(value, unit)) \(limit.comparison.rawValue) \(quantity(limit.threshold, unit))"
        let conditions = limit.guards.map { " and \($0.signal) \($0.comparison.rawValue) \(figure($0.value))" }.joined()
        return "\(crossing)\(held(limit.rule.raiseAfter))\(conditions) (\(limit.rule.mark))"
    }

    /// `SPN 110 FMI 0 SA 0 active, above normal, most severe, 5 times (assumed)`
    static func fault(_ code: DiagnosticTroubleCode, rule: Rule) -> String {
        let count = code.occurrenceCount.map { ", \($0) times" } ?? ""
        return "\(code.key) active\(held(rule.raiseAfter)), \(code.key.fmi.meaning)\(count) (\(rule.mark))"
    }

    /// `nothing received for 31 min, limit 30 min (assumed)`
    static func silence(_ silent: Duration, limit: RuleBook.Silence) -> String {
        "nothing received for \(span(silent)), limit \(span(limit.limit)) (\(limit.rule.mark))"
    }

    private static func quantity(_ value: Double, _ unit: String) -> String {
        unit.isEmpty ? figure(value) : "\(figure(value)) \(unit)"
    }

    private static func held(_ hold: Duration) -> String { hold > .zero ? " for \(span(hold))" : "" }
}

/// A number with at most two decimals and no trailing zeros: `104.5`, `103`.
func figure(_ value: Double) -> String {
    let text = decimal(value, places: 2)
    guard text.contains("."), !text.contains("e") else { return text }
    let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(trimmed.reversed())
}

/// A span of time in the largest unit that leaves no long fraction: `10 s`, `31 min`, `2.5 h`, `3 days`.
func span(_ duration: Duration) -> String {
    let seconds = duration.inSeconds
    return switch seconds {
    case ..<120: "\(figure(seconds)) s"
    case ..<7_200: "\(decimal(seconds / 60, places: 0)) min"
    case ..<172_800: "\(decimalTrimmed(seconds / 3_600)) h"
    default: "\(decimalTrimmed(seconds / 86_400)) days"
    }
}

private func decimalTrimmed(_ value: Double) -> String { figure((value * 10).rounded() / 10) }
