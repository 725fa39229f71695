import FleetModel
import Glibc

/// All that is known of how machines fail: how often, by class and subsystem, and how.
package struct FailureLibrary: Sendable, Hashable {
    package var tables: [ReliabilityTable]
    package var modes: [FailureMode]

    package init(tables: [ReliabilityTable] = [], modes: [FailureMode] = []) {
        self.tables = tables
        self.modes = modes
    }

    /// Nothing ever breaks.
    package static let none = FailureLibrary()

    package func mode(_ id: String) -> FailureMode? { modes.first { $0.id == id } }

    /// Every signal in which something shows.
    package var signals: Set<Signal> { Set(modes.flatMap(\.signals)) }

    /// The parts of a class's machines, in the order of the modes.
    package func parts(of id: MachineClassID, hasElectricDrive: Bool) -> [FailurePart] {
        guard let table = tables.first(where: { $0.classes.contains(id) }) else { return [] }
        return modes.compactMap { mode in
            guard let part = mode.parts.first(where: { $0.table == table.id }),
                let subsystem = table.subsystems[part.subsystem],
                mode.needs.map({ ($0 == .electric) == hasElectricDrive }) ?? true
            else { return nil }
            return FailurePart(mode: mode, of: part, subsystem: subsystem)
        }
    }
}

/// How often the machines of some classes stop, and for what.
package struct ReliabilityTable: Sendable, Hashable {
    package var id: String
    package var classes: Set<MachineClassID>
    /// Mean working hours between stops of the whole machine.
    package var meanHours: Double
    /// How much faster parts wear in May to September.
    package var seasonFactor: Double
    /// How much faster for every 10,000 h the machine has worked.
    package var ageFactor: Double
    package var subsystems: [String: Subsystem]

    package struct Subsystem: Sendable, Hashable {
        package var shape: Double
        package var scaleHours: Double
        package var repairHours: Double
        package var courseHours: Double

        package init(shape: Double, scaleHours: Double, repairHours: Double, courseHours: Double) {
            self.shape = shape
            self.scaleHours = scaleHours
            self.repairHours = repairHours
            self.courseHours = courseHours
        }

        /// Mean of its Weibull distribution.
        package var meanHours: Double { scaleHours * tgamma(1 + 1 / shape) }
    }

    package init(
        id: String, classes: Set<MachineClassID>, meanHours: Double, seasonFactor: Double = 1, ageFactor: Double = 1,
        subsystems: [String: Subsystem]
    ) {
        self.id = id
        self.classes = classes
        self.meanHours = meanHours
        self.seasonFactor = seasonFactor
        self.ageFactor = ageFactor
        self.subsystems = subsystems
    }

    /// How much faster than usual parts wear now.
    package func wearRate(month: Int, hoursWorked: Double) -> Double {
        ((5...9).contains(month) ? seasonFactor : 1) * pow(ageFactor, hoursWorked / 10_000)
    }
}

/// A failure mode as the machines of one class have it; shared by all of them.
package final class FailurePart: Sendable {
    package let mode: FailureMode
    package let subsystem: String
    /// Weibull shape and scale of the working hours until its first sign.
    package let shape: Double
    package let scaleHours: Double
    /// Working hours from the first sign to failure.
    package let courseHours: Double
    /// Active repair, without waiting for people or parts.
    package let repairHours: Double

    init(mode: FailureMode, of part: FailureMode.Part, subsystem: ReliabilityTable.Subsystem) {
        self.mode = mode
        self.subsystem = part.subsystem
        shape = subsystem.shape
        // The first of several such parts comes as the subsystem's own distribution says.
        scaleHours = subsystem.scaleHours * pow(part.share, -1 / subsystem.shape)
        courseHours = mode.courseHours ?? subsystem.courseHours
        repairHours = subsystem.repairHours
    }
}
