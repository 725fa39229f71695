import FleetModel

/// The thirteen questions that the IoT use case of the Time Series Benchmark Suite asks of a fleet of trucks.
package struct FleetQuestion: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case lastLoc = "last-loc"
        case lastLocFleet = "last-loc-fleet"
        case lowFuel = "low-fuel"
        case highLoad = "high-load"
        case stationary
        case longDriving = "long-driving"
        case longDaily = "long-daily"
        case fuelProjection = "fuel-projection"
        case dailyDrivingDuration = "daily-driving-duration"
        case dailyDrivingSession = "daily-driving-session"
        case averageLoad = "average-load"
        case dailyActivity = "daily-activity"
        case breakdownFrequency = "breakdown-frequency"

        package static let words = allCases.map(\.rawValue).joined(separator: ", ")

        package var takesEquipment: Bool { self == .lastLoc }

        /// All others are asked of all fleets at once, as the suite asks them.
        package var takesFleet: Bool {
            [.lastLocFleet, .lowFuel, .highLoad, .stationary, .longDriving, .longDaily].contains(self)
        }
    }

    package var kind: Kind
    package var at: Timestamp
    /// As the rows' own tags say it, which may be any text.
    package var fleet: String?
    package var equipment: MachineKey?

    package init(_ kind: Kind, at: Timestamp, fleet: String? = nil, equipment: MachineKey? = nil) {
        self.kind = kind
        self.at = at
        self.fleet = fleet
        self.equipment = equipment
    }

    /// Reads a question as the API and the command line put it.
    package init(_ kind: String, at: Timestamp, fleet: String?, equipment: String?) throws(QuestionProblem) {
        guard let known = Kind(rawValue: kind) else {
            throw QuestionProblem("kind", "takes one of \(Kind.words), not \"\(kind.prefix(100))\"")
        }
        guard fleet != nil || !known.takesFleet else { throw QuestionProblem("fleet", "is missing") }
        guard equipment != nil || !known.takesEquipment else {
            throw QuestionProblem("equipment", "is missing; expected fleet/equipment")
        }
        let key = equipment.flatMap { text in MachineKey(text) ?? fleet.flatMap { MachineKey("\($0)/\(text)") } }
        guard (key == nil) == (equipment == nil) else {
            throw QuestionProblem(
                "equipment", "takes fleet/equipment, such as South/truck_1, not \"\(equipment!.prefix(100))\"")
        }
        // Whoever asks all kinds in turn asks them alike; what a kind does not look at is left out.
        self.init(
            known, at: at, fleet: known.takesFleet ? fleet : nil, equipment: known.takesEquipment ? key : nil)
    }
}

/// The rows that answer such a question, in the order of their keys.
package struct FleetAnswer: Sendable, Hashable {
    package enum Field: Sendable, Hashable {
        case text(String)
        /// NaN: it is not known.
        case number(Double)
        case time(Int64)
    }

    package var kind: FleetQuestion.Kind
    /// What stands where in a row.
    package var columns: [String]
    package var rows: [[Field]]

    package init(kind: FleetQuestion.Kind, columns: [String], rows: [[Field]]) {
        self.kind = kind
        self.columns = columns
        self.rows = rows
    }

    /// `{"kind": …, "rows": [{…}, …]}`
    package func json() -> WrittenText {
        var sink = TextSink()
        var clock = TextSink.Clock()
        sink.append("{\"kind\":\"" as StaticString)
        sink.append(kind.rawValue)
        sink.append("\",\"rows\":[" as StaticString)
        for (number, row) in rows.enumerated() {
            sink.append(number > 0 ? ",{" as StaticString : "{" as StaticString)
            for (index, field) in row.enumerated() {
                if index > 0 { sink.append(UInt8(ascii: ",")) }
                sink.append(UInt8(ascii: "\""))
                sink.append(columns[index])
                sink.append("\":" as StaticString)
                switch field {
                case .text(let text): sink.append(json: text)
                case .number(let value): sink.append(json: value)
                case .time(let time):
                    sink.append(UInt8(ascii: "\""))
                    sink.append(time: time, &clock)
                    sink.append(UInt8(ascii: "\""))
                }
            }
            sink.append(UInt8(ascii: "}"))
        }
        sink.append("]}" as StaticString)
        return sink.text()
    }
}
