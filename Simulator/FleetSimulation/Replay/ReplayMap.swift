import FleetModel

/// How the rows of somebody else's recording become frames of ours.
package struct ReplayMap: Sendable, Hashable {
    /// Rows of other measurements are left out; empty: all are taken. Only line protocol has measurements.
    package var measurements: Set<String>
    /// The tag or column that names the machine.
    package var equipment: String
    /// The tag or column that names its fleet; `nil`: every machine is in `defaultFleet`.
    package var fleet: String?
    /// For a row that names no fleet.
    package var defaultFleet: FleetID
    /// The column with the time; line protocol has it at the end of the line.
    package var time: String?
    package var timeUnit: TimeUnit
    /// Source column to signal.
    package var columns: [String: Column]
    /// Readings that every frame gets.
    package var constants: [Reading]

    package init(
        measurements: Set<String> = [], equipment: String, fleet: String? = nil, defaultFleet: FleetID,
        time: String? = nil, timeUnit: TimeUnit = .nanoseconds, columns: [String: Column], constants: [Reading] = []
    ) {
        self.measurements = measurements
        self.equipment = equipment
        self.fleet = fleet
        self.defaultFleet = defaultFleet
        self.time = time
        self.timeUnit = timeUnit
        self.columns = columns
        self.constants = constants
    }

    /// Where a column's number goes: value × scale + offset.
    package struct Column: Sendable, Hashable {
        package var signal: Signal
        package var scale: Double
        package var offset: Double

        package init(_ signal: Signal, scale: Double = 1, offset: Double = 0) {
            self.signal = signal
            self.scale = scale
            self.offset = offset
        }
    }

    package enum TimeUnit: String, CaseIterable, Sendable, Hashable {
        case seconds = "s"
        case milliseconds = "ms"
        case microseconds = "us"
        case nanoseconds = "ns"
        case rfc3339

        /// `nil` for what is no time in this unit.
        package func time(_ text: some StringProtocol) -> Timestamp? {
            if self == .rfc3339 { return Timestamp(iso8601: text) }
            guard let number = Int64(text) else {
                guard self == .seconds, let seconds = Double(text), abs(seconds) < 1e12 else { return nil }
                return Timestamp(microseconds: Int64((seconds * 1e6).rounded()))
            }
            return time(number)
        }

        package func time(_ number: Int64) -> Timestamp? {
            let (factor, divisor): (Int64, Int64) =
                switch self {
                case .seconds: (1_000_000, 1)
                case .milliseconds: (1_000, 1)
                case .microseconds: (1, 1)
                case .nanoseconds: (1, 1_000)
                case .rfc3339: (0, 1)
                }
            guard factor > 0 else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : Timestamp(microseconds: product.flooredDivision(by: divisor))
        }
    }
}
