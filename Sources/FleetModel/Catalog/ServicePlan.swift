/// What a machine is due for, and when, by its maker's or operator's plan.
package struct ServicePlan: Sendable, Hashable {
    package var id: ServicePlanID
    package var title: String
    /// Least work first; a later one may include earlier ones.
    package var services: [ServiceInterval]

    package init(id: ServicePlanID, title: String, services: [ServiceInterval]) {
        self.id = id
        self.title = title
        self.services = services
    }

    /// `code` and all it includes, directly or through others.
    package func covered(by code: String) -> Set<String> {
        var covered: Set<String> = []
        var open = [code]
        while let next = open.popLast() {
            guard covered.insert(next).inserted else { continue }
            open += services.first { $0.code == next }?.includes ?? []
        }
        return covered
    }
}

/// One service of a plan: TO-1, TO-2, TO-3, seasonal.
package struct ServiceInterval: Sendable, Hashable {
    /// `TO-1`; unique in its plan.
    package var code: String
    package var title: String
    /// Whichever is hit first makes it due.
    package var triggers: [ServiceTrigger]
    package var schedule: Schedule
    /// Done once in the machine's life, such as the service after running-in.
    package var isOnce: Bool
    /// How far ahead it counts as due soon, as a share of the interval: 0.1 of 250 h is 25 h.
    package var dueSoonShare: Double
    package var performer: Performer
    /// Codes of the services whose work this one contains.
    package var includes: [String]
    package var tasks: Marked<[String]>
    package var parts: Marked<[String]>
    /// Time the machine stands, hours.
    package var durationHours: Marked<Double>
    /// Work, person-hours.
    package var labourPersonHours: Marked<Double>
    package var requirement: JobRequirement

    package init(
        code: String, title: String, triggers: [ServiceTrigger], schedule: Schedule = .sliding, isOnce: Bool = false,
        dueSoonShare: Double = 0.1, performer: Performer = .center, includes: [String] = [],
        tasks: Marked<[String]> = .init([], .assumed), parts: Marked<[String]> = .init([], .assumed),
        durationHours: Marked<Double>, labourPersonHours: Marked<Double>, requirement: JobRequirement
    ) {
        self.code = code
        self.title = title
        self.triggers = triggers
        self.schedule = schedule
        self.isOnce = isOnce
        self.dueSoonShare = dueSoonShare
        self.performer = performer
        self.includes = includes
        self.tasks = tasks
        self.parts = parts
        self.durationHours = durationHours
        self.labourPersonHours = labourPersonHours
        self.requirement = requirement
    }

    package enum Schedule: String, Sendable, Hashable, Codable {
        /// At every multiple of the interval, whenever the last one was done.
        case fixed
        /// One interval after the last one done.
        case sliding
    }

    package enum Performer: String, Sendable, Hashable, Codable {
        /// The operator's own people do it on site, such as the shift service; it is shown, never ordered.
        case `operator`
        case center
    }
}

/// What makes a service due.
package enum ServiceTrigger: Sendable, Hashable {
    /// Every so many of the meter's unit.
    case meter(Meter, every: Marked<Double>)
    /// Every so many days since the last one.
    case days(Marked<Int>)
    /// On these days of every year, as month and day: seasonal service.
    case dates([SeasonDate], Mark)

    package var mark: Mark {
        switch self {
        case .meter(_, let every): every.mark
        case .days(let days): days.mark
        case .dates(_, let mark): mark
        }
    }
}

/// A day of every year: 15 October.
package struct SeasonDate: Sendable, Hashable, Codable {
    package var month: Int
    package var day: Int

    /// `nil` for a day that some years do not have.
    package init?(month: Int, day: Int) {
        guard CivilDate(year: 2001, month: month, day: day) != nil else { return nil }
        self.month = month
        self.day = day
    }
}

/// What counts a machine's use.
package enum Meter: String, CaseIterable, Sendable, Hashable, Codable {
    case engineHours = "engine_hours"
    case odometer
    case fuelUsed = "fuel_used_total"

    /// The signal that carries the meter.
    package var signal: Signal {
        switch self {
        case .engineHours: .engineHours
        case .odometer: .odometer
        case .fuelUsed: .fuelUsedTotal
        }
    }

    package init?(signal: Signal) {
        guard let meter = Meter.allCases.first(where: { $0.signal == signal }) else { return nil }
        self = meter
    }

    package var unit: String {
        switch self {
        case .engineHours: "h"
        case .odometer: "km"
        case .fuelUsed: "l"
        }
    }
}

/// What a job takes of a center.
package struct JobRequirement: Sendable, Hashable, Codable {
    package var job: JobType
    package var needsHighVoltagePermit: Bool
    /// What must be lifted, tonnes; zero when nothing is.
    package var liftTonnes: Double
    /// Can only be done in a workshop: no crew does it in the field.
    package var needsWorkshop: Bool

    package init(
        job: JobType, needsHighVoltagePermit: Bool = false, liftTonnes: Double = 0, needsWorkshop: Bool = false
    ) {
        self.job = job
        self.needsHighVoltagePermit = needsHighVoltagePermit
        self.liftTonnes = liftTonnes
        self.needsWorkshop = needsWorkshop
    }
}

/// What kind of work it is; a center's tier says which of these it does.
package enum JobType: String, CaseIterable, Sendable, Hashable, Codable {
    /// Shift service, lubrication, tyres, washing.
    case shiftService = "shift-service"
    /// TO-1 and what is like it.
    case minorService = "minor-service"
    /// TO-2.
    case majorService = "major-service"
    /// TO-3, TO-4 and what takes the machine apart.
    case overhaulService = "overhaul-service"
    case seasonalService = "seasonal-service"
    case diagnosis
    case mechanicalRepair = "mechanical-repair"
    case electricalRepair = "electrical-repair"
    case hydraulicRepair = "hydraulic-repair"
    case highVoltageRepair = "high-voltage-repair"
    case autonomyRepair = "autonomy-repair"
    /// Engine, wheel motor, gearbox out and in.
    case componentExchange = "component-exchange"
}
