import FleetModel
import FleetRuntime
import Prognosis

extension MachineHealth {
    /// The worst of a registered machine's unresolved alerts; silence alone is a word of its own, and so is a machine
    /// that has never said anything: nobody knows that it is well.
    init(_ alerts: [Alert], isHeard: Bool) {
        guard !alerts.isEmpty else {
            self = isHeard ? .ok : .silent
            return
        }
        let speaking = alerts.filter { !$0.finding.episode.rule.text.hasPrefix("silence") }
        guard let worst = speaking.map(\.finding.severity).max() else {
            self = .silent
            return
        }
        switch worst {
        case .critical: self = .critical
        case .major: self = .major
        case .minor: self = .minor
        case .info: self = speaking.count == alerts.count ? .ok : .silent
        }
    }
}

extension MachineCondition {
    /// The newest values by name, with what the catalog says of them.
    func signalDocuments(_ machineClass: MachineClass?) -> [SignalDocument] {
        latest.sorted { $0.key < $1.key }.map { signal, newest in
            let specification = machineClass?.signals[signal]
            return SignalDocument(
                signal: signal, value: newest.value, observedAt: newest.observedAt, unit: specification?.unit,
                limits: specification?.limitsText)
        }
    }

    /// Active codes in words: `SPN 110 FMI 0 SA 0: above normal, most severe, since 2026-03-01T08:00:00Z`.
    var faultTexts: [String] {
        faults.sorted { $0.key < $1.key }.map { key, fault in
            let count = fault.code.occurrenceCount.map { ", \($0) times" } ?? ""
            return "\(key): \(key.fmi.meaning)\(count), since \(fault.since.iso8601)"
        }
    }
}

extension SignalSpecification {
    /// `normal 80 to 95 (assumed); critical > 103 for 10 s (assumed)`; `nil` when nothing is known.
    var limitsText: String? {
        var parts: [String] = []
        if let normal {
            let range = normal.value
            parts.append("normal \(shortest(range.lowerBound)) to \(shortest(range.upperBound)) (\(normal.mark))")
        }
        for limit in limits {
            let hold = limit.hold > .zero ? " for \(shortest(limit.hold.inSeconds)) s" : ""
            parts.append(
                "\(limit.severity.rawValue) \(limit.comparison.rawValue) \(shortest(limit.value))\(hold) (\(limit.mark))"
            )
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
