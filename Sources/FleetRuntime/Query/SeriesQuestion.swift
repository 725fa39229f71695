import FleetModel

/// What is asked of the series of one machine or of many.
package struct SeriesQuestion: Sendable, Hashable {
    package var machines: MachineSelection
    /// By name; none: all that the machines have ever sent.
    package var signals: [String]
    package var from: Timestamp
    /// Without this instant itself.
    package var to: Timestamp
    package var form: Form
    package var grouping = Grouping.machine
    /// How long a reading holds when no other follows: for the aggregates that look back.
    package var hold = SeriesQuestion.usualHold
    /// At most so many points, of all series together; a step counts once for each aggregate.
    package var limit = SeriesQuestion.usualLimit

    package static let usualHold = Duration.minutes(10)
    package static let usualLimit = 100_000
    package static let limitMax = 1_000_000
    package static let aggregatesMax = 16

    package enum Form: Sendable, Hashable {
        /// Each reading.
        case readings
        /// The newest reading.
        case last
        /// Aggregates of the readings of each step; steps are counted from 1970.
        case steps(Duration, [Aggregate])
        /// The spans in which consecutive steps fulfil a condition.
        case spans(Duration, SpanCondition)
    }

    package enum Grouping: String, Sendable, Hashable, CaseIterable { case machine, fleet, model }

    package init(
        machines: MachineSelection, signals: [String] = [], from: Timestamp, to: Timestamp, form: Form = .readings
    ) {
        self.machines = machines
        self.signals = signals
        self.from = from
        self.to = to
        self.form = form
    }
}

/// Which machines: those that fulfil each list that is not empty.
package struct MachineSelection: Sendable, Hashable {
    package var keys: [MachineKey] = []
    package var fleets: [FleetID] = []
    package var models: [ModelID] = []
    package var sites: [String] = []

    package init(keys: [MachineKey] = [], fleets: [FleetID] = [], models: [ModelID] = [], sites: [String] = []) {
        self.keys = keys
        self.fleets = fleets
        self.models = models
        self.sites = sites
    }

    package var isEmpty: Bool { keys.isEmpty && fleets.isEmpty && models.isEmpty && sites.isEmpty }
}

/// An aggregate that is below or above something for a while: `mean speed < 1 for 10m`.
package struct SpanCondition: Sendable, Hashable {
    package enum Comparison: String, Sendable, Hashable, CaseIterable {
        case less = "<", atMost = "<=", greater = ">", atLeast = ">=", equal = "=", other = "!="
    }

    package var aggregate: Aggregate
    package var signal: String
    package var comparison: Comparison
    package var bound: Double
    /// Spans that are shorter do not count.
    package var duration: Duration

    package init(
        aggregate: Aggregate, signal: String, comparison: Comparison, bound: Double, duration: Duration
    ) {
        self.aggregate = aggregate
        self.signal = signal
        self.comparison = comparison
        self.bound = bound
        self.duration = duration
    }

    /// Reads `mean speed < 1 for 10m`; `nil` for anything else.
    package init?(_ text: String) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count == 6, words[4] == "for", let aggregate = Aggregate(words[0]),
            let comparison = Comparison(rawValue: String(words[2])), let bound = Double(words[3]), bound.isFinite,
            let duration = Duration(words: words[5]), duration > .zero
        else { return nil }
        self.init(
            aggregate: aggregate, signal: String(words[1]), comparison: comparison, bound: bound, duration: duration)
    }

    /// NaN fulfils nothing but `!=`.
    package func holds(for value: Double) -> Bool {
        switch comparison {
        case .less: value < bound
        case .atMost: value <= bound
        case .greater: value > bound
        case .atLeast: value >= bound
        case .equal: value == bound
        case .other: value != bound
        }
    }
}

extension Duration {
    private static let units: [(unit: String, microseconds: Double)] = [
        ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3_600e6), ("d", 86_400e6),
    ]

    /// Reads a number with its unit: `500ms`, `30s`, `10m`, `1.5h`, `7d`; `nil` for anything else, and beyond ten thousand years.
    package init?(words text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = Duration.units.first(where: { $0.unit == text.dropFirst(digits.count) }),
            let count = Double(String(digits)), count * unit.microseconds < 3e17
        else { return nil }
        self = .microseconds(Int64((count * unit.microseconds).rounded()))
    }

    /// With the largest unit of which it is a whole number.
    package var words: String {
        let microseconds = Double(microseconds)
        let unit = Duration.units.last { microseconds.truncatingRemainder(dividingBy: $0.microseconds) == 0 }
        guard let unit, microseconds != 0 else { return "\(shortest(microseconds / 1e6))s" }
        return "\(shortest(microseconds / unit.microseconds))\(unit.unit)"
    }
}
