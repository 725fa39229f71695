import FleetModel

// Signatures that the evaluator is written against.

package struct MeterHistory: Sendable, Hashable, Codable {
    package init() {}
}

package struct ActiveFault: Sendable, Hashable, Codable {
    package var code: DiagnosticTroubleCode
    package var since: Timestamp
    package init(code: DiagnosticTroubleCode, since: Timestamp) {
        self.code = code
        self.since = since
    }
}

package struct EpisodeState: Sendable, Hashable, Codable {
    package init() {}
}

package struct ServiceHistory: Sendable, Hashable, Codable {
    package var done: Int
    package var last: ServiceRecord
    package init(done: Int, last: ServiceRecord) {
        self.done = done
        self.last = last
    }
}

/// Raises and clears findings, from the machine's own time for values and codes and from ours for silence.
package struct ConditionMonitor: Sendable {
    package init(rules: [Rule], catalog: Catalog) {}

    /// Takes a frame into the condition; returns the findings it raised or cleared.
    ///
    /// Order of arrival does not matter for what is stored; a frame older than what is known changes nothing here.
    package func observe(
        _ frame: Frame, receivedAt: Timestamp, machine: MachineKey, model: ModelID?,
        condition: inout MachineCondition
    ) -> [Finding] { [] }

    /// Silence: judged against our clock. Call it every round.
    package func watch(
        now: Timestamp, machine: MachineKey, model: ModelID?, condition: inout MachineCondition
    ) -> [Finding] { [] }
}

/// What a machine is due for by its plan.
package struct ServicePlanner: Sendable {
    package init(catalog: Catalog) {}

    /// Where the machine stands with every service of its plan; empty for a model without a plan.
    package func standings(of machine: Machine, condition: MachineCondition, now: Timestamp) -> [ServiceStanding] { [] }

    /// The needs that are to be ordered from a center now: due soon, due or overdue, done by a center, and not
    /// contained in a larger one that is.
    package func needs(
        of machine: Machine, condition: MachineCondition, standings: [ServiceStanding]
    ) -> [Need] { [] }

    /// Registers that `code` and everything it includes was done.
    package func performed(
        _ code: String, record: ServiceRecord, machine: Machine, condition: inout MachineCondition
    ) {}

    /// The need that a finding is, when its rule asks for a repair.
    package func need(for finding: Finding) -> Need? { nil }
}
