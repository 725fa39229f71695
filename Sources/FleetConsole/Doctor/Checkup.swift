import FleetModel
import FleetRuntime

/// One thing that `zubr doctor` looks at: what was seen, and what to do about it.
package struct Check: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// Needs a person: something is lost, stands still, or soon will.
        case failed
        /// Works, and somebody should know.
        case warning
        case ok
        /// Could not be looked at; what was seen says why.
        case skipped
    }

    /// A stable word: `disk-space`.
    package var name: String
    package var state: State
    package var seen: String
    /// What to do; `nil` when there is nothing to do.
    package var next: String?

    package static func ok(_ name: String, _ seen: String) -> Check { Check(name: name, state: .ok, seen: seen) }
    package static func skipped(_ name: String, _ why: String) -> Check {
        Check(name: name, state: .skipped, seen: why)
    }
    package static func warning(_ name: String, _ seen: String, next: String) -> Check {
        Check(name: name, state: .warning, seen: seen, next: next)
    }
    package static func failed(_ name: String, _ seen: String, next: String) -> Check {
        Check(name: name, state: .failed, seen: seen, next: next)
    }
}

/// What `zubr doctor` prints.
package struct CheckupDocument: Sendable, Codable, Hashable {
    /// Nothing failed.
    package var isWell: Bool
    package var checks: [Check]

    package init(_ checks: [Check]) {
        self.checks = checks
        isWell = checks.allSatisfy { $0.state != .failed }
    }
}

extension Check.State {
    fileprivate var tone: Tone {
        switch self {
        case .failed: .alarm
        case .warning: .warning
        case .ok: .good
        case .skipped: .faint
        }
    }
}

extension Page {
    /// The worst first; what was skipped for the same reason in one line.
    package mutating func show(_ document: CheckupDocument) {
        let gap = "  "
        let names = document.checks.filter { $0.state != .skipped }.map { displayWidth($0.name) }.max() ?? 0
        let indent = 7 + gap.count + names + gap.count
        for state in [Check.State.failed, .warning, .ok] {
            for check in document.checks where check.state == state {
                let lead = padded(state.rawValue, to: 7) + gap + padded(check.name, to: names) + gap
                add(check.seen, after: lead, indent: indent, state == .ok ? .plain : state.tone, lead: state.tone)
                if let next = check.next {
                    let arrow = String(repeating: " ", count: indent)
                    add("→ " + next, after: arrow, indent: indent + 2, .plain, lead: .plain)
                }
            }
        }
        let skipped = Dictionary(grouping: document.checks.filter { $0.state == .skipped }, by: \.seen)
        for (why, checks) in skipped.sorted(by: { $0.value[0].name < $1.value[0].name }) {
            let text = checks.map(\.name).joined(separator: ", ") + ": " + why
            add(text, after: "skipped" + gap, indent: 7 + gap.count, .faint, lead: .faint)
        }
        blank()
        let counts = Check.State.allCases.compactMap { state -> String? in
            let count = document.checks.count { $0.state == state }
            guard count > 0 else { return nil }
            return state == .warning ? quantity(count, "warning") : "\(count) \(state.rawValue)"
        }
        add(
            (document.isWell ? "Nothing failed: " : "Something needs you: ") + counts.joined(separator: ", ") + ".",
            after: "", indent: 0, document.isWell ? .good : .alarm, lead: .plain)
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - displayWidth(text)))
    }
}
