import FleetModel

/// A way in which a machine's part goes bad: how it goes on from its first sign, where it shows, and how it ends.
package struct FailureMode: Sendable, Hashable {
    package var id: String
    package var title: String
    package var parts: [Part]
    package var needs: Drive?
    package var course: Course
    /// Working hours from the first sign to failure; `nil`: as its subsystem's.
    package var courseHours: Double?
    package var stress: Stress
    package var effects: [SignalEffect]
    package var codes: [StagedCode]
    package var end: End
    /// Why a driverless truck stops itself for it.
    package var stops: StopCause?
    package var isRenewedByService: Bool

    package init(
        id: String, title: String = "", parts: [Part] = [], needs: Drive? = nil, course: Course = .accelerating,
        courseHours: Double? = nil, stress: Stress = Stress(), effects: [SignalEffect] = [], codes: [StagedCode] = [],
        end: End = .standstill, stops: StopCause? = nil, isRenewedByService: Bool = false
    ) {
        self.id = id
        self.title = title
        self.parts = parts
        self.needs = needs
        self.course = course
        self.courseHours = courseHours
        self.stress = stress
        self.effects = effects
        self.codes = codes
        self.end = end
        self.stops = stops
        self.isRenewedByService = isRenewedByService
    }

    /// Where it can be seen.
    package var signals: [Signal] { effects.map(\.signal) }

    /// Whose part it is, and its share of the failures of that subsystem.
    package struct Part: Sendable, Hashable {
        package var table: String
        package var subsystem: String
        package var share: Double

        package init(table: String, subsystem: String, share: Double) {
            self.table = table
            self.subsystem = subsystem
            self.share = share
        }
    }

    /// Which haul trucks have the part.
    package enum Drive: String, CaseIterable, Sendable, Hashable {
        case electric = "electric-drive"
        case hydromechanical
    }

    /// How much faster the course runs than usual.
    package struct Stress: Sendable, Hashable {
        /// At full load.
        package var load: Double
        /// For every 25 °C above 15 °C.
        package var heat: Double

        package init(load: Double = 0, heat: Double = 0) {
            self.load = load
            self.heat = heat
        }
    }

    /// A code and the damage at which the control unit sets it.
    package struct StagedCode: Sendable, Hashable {
        package var key: DiagnosticTroubleCode.Key
        package var damage: Double

        package init(key: DiagnosticTroubleCode.Key, damage: Double) {
            self.key = key
            self.damage = damage
        }
    }

    package enum End: String, CaseIterable, Sendable, Hashable {
        case standstill = "stop"
        /// Limps on with half its power.
        case derate
    }
}

/// Why a driverless truck stops.
package enum StopCause: String, CaseIterable, Sendable, Hashable {
    case obstacle, localisation, communication, actuator, traction
    /// Somebody pressed the stop of the whole site.
    case allStop = "all-stop"
}
