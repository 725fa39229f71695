import FleetModel

/// The rules that speak of one class of machines, found by what they look at.
struct RuleBook: Sendable {
    struct Threshold: Sendable {
        var rule: Rule
        var comparison: Comparison
        var threshold: Double
        var reset: Double
        var guards: [Rule.Guard]
    }

    struct Silence: Sendable {
        var rule: Rule
        var limit: Duration
    }

    private(set) var thresholds: [Signal: [Threshold]] = [:]
    private(set) var silences: [Silence] = []
    /// Every rule of the class, by id.
    private(set) var rules: [RuleID: Rule] = [:]
    private let signals: [Signal: SignalSpecification]

    /// Rules for codes, the most specific first.
    private var codesBySPN: [UInt32: [Rule]] = [:]
    private var codesOfAnySPN: [Rule] = []

    /// The rules of `all` that apply to a class; without a class, those that apply to every one.
    init(_ all: [Rule], for machineClass: MachineClass?) {
        signals = machineClass?.signals ?? [:]
        let applicable = all.filter { rule in
            rule.classes.isEmpty || machineClass.map { rule.classes.contains($0.id) } == true
        }
        for rule in applicable.sorted(by: RuleBook.isMoreSpecific) {
            rules[rule.id] = rule
            switch rule.condition {
            case .threshold(let signal, let comparison, let threshold, let reset, let guards):
                thresholds[signal, default: []].append(
                    Threshold(
                        rule: rule, comparison: comparison, threshold: threshold, reset: reset, guards: guards))
            case .faultCode(let spns, _):
                if spns.isEmpty { codesOfAnySPN.append(rule) }
                for spn in spns { codesBySPN[spn, default: []].append(rule) }
            case .silence(let limit):
                silences.append(Silence(rule: rule, limit: limit))
            }
        }
    }

    /// The one rule that takes a code: parameter and failure mode before parameter, before failure mode, before
    /// the rule for all codes; among equals the one made for the class, then the graver, then by id.
    func rule(for code: DiagnosticTroubleCode.Key) -> Rule? {
        codesBySPN[code.spn.number]?.first { $0.takes(code.fmi) } ?? codesOfAnySPN.first { $0.takes(code.fmi) }
    }

    /// Whether the signal can have this value at all; if not, its sensor is wrong and says nothing of the machine.
    func isPossible(_ value: Double, of signal: Signal) -> Bool {
        value.isFinite && signals[signal]?.range?.contains(value) != false
    }

    func unit(of signal: Signal) -> String { signals[signal]?.unit ?? "" }

    private static func isMoreSpecific(_ a: Rule, _ b: Rule) -> Bool {
        if a.codeSpecificity != b.codeSpecificity { return a.codeSpecificity > b.codeSpecificity }
        if a.classes.isEmpty != b.classes.isEmpty { return !a.classes.isEmpty }
        if a.severity != b.severity { return a.severity > b.severity }
        return a.id < b.id
    }
}

extension Rule {
    /// Takes every code: how bad it is, the code's own failure mode says.
    var isForEveryCode: Bool {
        if case .faultCode(let spns, let fmis) = condition { spns.isEmpty && fmis.isEmpty } else { false }
    }

    fileprivate var codeSpecificity: Int {
        guard case .faultCode(let spns, let fmis) = condition else { return 0 }
        return (spns.isEmpty ? 0 : 2) + (fmis.isEmpty ? 0 : 1)
    }

    fileprivate func takes(_ fmi: FMI) -> Bool {
        guard case .faultCode(_, let fmis) = condition else { return false }
        return fmis.isEmpty || fmis.contains(fmi.number)
    }
}
