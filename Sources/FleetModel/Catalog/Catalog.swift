/// What is known of machines in general: classes, models, signals and service plans, each value with its mark.
package struct Catalog: Sendable, Hashable {
    package var classes: [MachineClassID: MachineClass]
    package var models: [ModelID: MachineModel]
    package var plans: [ServicePlanID: ServicePlan]
    /// Source id to what it is and where it was read.
    package var sources: [String: String]

    package init(
        classes: [MachineClassID: MachineClass] = [:], models: [ModelID: MachineModel] = [:],
        plans: [ServicePlanID: ServicePlan] = [:], sources: [String: String] = [:]
    ) {
        self.classes = classes
        self.models = models
        self.plans = plans
        self.sources = sources
    }

    /// The class of a model; `nil` for a model the catalog does not have.
    package func machineClass(of model: ModelID) -> MachineClass? {
        models[model].flatMap { classes[$0.machineClass] }
    }

    /// The plan a model is serviced by: its own, else its class's.
    package func plan(of model: ModelID) -> ServicePlan? {
        guard let found = models[model] else { return nil }
        return (found.plan ?? classes[found.machineClass]?.plan).flatMap { plans[$0] }
    }
}

/// Machines that work, fail and are serviced alike.
package struct MachineClass: Sendable, Hashable {
    package var id: MachineClassID
    package var title: String
    /// What a planner calls the group this belongs to: `haul truck`, `tractor`, `harvester`, `road vehicle`, `electric bus`.
    package var family: String
    package var plan: ServicePlanID?
    package var signals: [Signal: SignalSpecification]
    /// Works by itself or under remote control; its crew needs the permit for autonomous machines.
    package var isAutonomous: Bool
    /// Has a traction circuit above 60 V DC: electrical work takes the high-voltage permit.
    package var isHighVoltage: Bool
    /// Drives on public roads: it can come to the center by itself.
    package var isRoadLegal: Bool

    package init(
        id: MachineClassID, title: String, family: String, plan: ServicePlanID?,
        signals: [Signal: SignalSpecification] = [:], isAutonomous: Bool = false, isHighVoltage: Bool = false,
        isRoadLegal: Bool = false
    ) {
        self.id = id
        self.title = title
        self.family = family
        self.plan = plan
        self.signals = signals
        self.isAutonomous = isAutonomous
        self.isHighVoltage = isHighVoltage
        self.isRoadLegal = isRoadLegal
    }
}

/// One model of a maker.
package struct MachineModel: Sendable, Hashable {
    package var id: ModelID
    package var machineClass: MachineClassID
    /// The brand a service center must be certified for: `BELAZ`, `MTZ`, `Gomselmash`, `MAZ`, `BKM`.
    package var brand: String
    package var plan: ServicePlanID?
    /// Mass without payload, tonnes; decides what must be lifted or towed.
    package var emptyMassTonnes: Marked<Double>?
    package var payloadTonnes: Marked<Double>?
    package var powerKilowatts: Marked<Double>?
    /// Everything else the catalog says of the model, as text with its mark.
    package var facts: [String: Marked<String>]

    package init(
        id: ModelID, machineClass: MachineClassID, brand: String, plan: ServicePlanID? = nil,
        emptyMassTonnes: Marked<Double>? = nil, payloadTonnes: Marked<Double>? = nil,
        powerKilowatts: Marked<Double>? = nil, facts: [String: Marked<String>] = [:]
    ) {
        self.id = id
        self.machineClass = machineClass
        self.brand = brand
        self.plan = plan
        self.emptyMassTonnes = emptyMassTonnes
        self.payloadTonnes = payloadTonnes
        self.powerKilowatts = powerKilowatts
        self.facts = facts
    }
}

/// What a signal is and what its values mean for one class of machines.
package struct SignalSpecification: Sendable, Hashable {
    package var signal: Signal
    package var title: String
    /// `°C`, `kPa`, `%`; empty for yes/no and counted things.
    package var unit: String
    package var spn: SPN?
    /// What the signal can physically or by its encoding be; beyond it is a sensor that is wrong, not a machine.
    package var range: ClosedRange<Double>?
    package var normal: Marked<ClosedRange<Double>>?
    package var limits: [Limit]

    package init(
        signal: Signal, title: String, unit: String, spn: SPN? = nil, range: ClosedRange<Double>? = nil,
        normal: Marked<ClosedRange<Double>>? = nil, limits: [Limit] = []
    ) {
        self.signal = signal
        self.title = title
        self.unit = unit
        self.spn = spn
        self.range = range
        self.normal = normal
        self.limits = limits
    }
}

/// A line that a signal should not cross, as a maker, a standard or an engineer drew it.
package struct Limit: Sendable, Hashable {
    package var severity: Severity
    package var comparison: Comparison
    package var value: Double
    /// How long it must hold.
    package var hold: Duration
    /// Under which conditions the line means something: oil pressure counts above 1500 rpm only. All must hold.
    package var when: [Rule.Guard]
    package var mark: Mark

    package init(
        severity: Severity, comparison: Comparison, value: Double, hold: Duration = .zero, when: [Rule.Guard] = [],
        mark: Mark
    ) {
        self.severity = severity
        self.comparison = comparison
        self.value = value
        self.hold = hold
        self.when = when
        self.mark = mark
    }
}

/// How a value stands to a threshold.
package enum Comparison: String, Sendable, Hashable, Codable, CaseIterable {
    case above = ">", below = "<", equal = "=="

    package func holds(_ value: Double, _ threshold: Double) -> Bool {
        switch self {
        case .above: value > threshold
        case .below: value < threshold
        case .equal: value == threshold
        }
    }
}
