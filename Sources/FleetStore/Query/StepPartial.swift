import FleetRuntime

/// What is known of the readings of one step of one machine, or of several together.
struct StepPartial {
    private(set) var count = 0
    private(set) var minimum = Double.infinity
    private(set) var maximum = -Double.infinity
    private var plainSum = 0.0
    /// What rounding took from the sum (Neumaier 1974).
    private var lost = 0.0
    private(set) var first = Double.nan
    private(set) var firstTime = Int64.max
    private(set) var last = Double.nan
    private(set) var lastTime = Int64.min
    /// What a counter grew by, and over how long.
    var increase = 0.0
    var increaseMicroseconds: Int64 = 0
    /// The sum of rates of several machines.
    private var rates: Double?
    /// The value times how long it held, and how long any did.
    var held = 0.0
    var heldMicroseconds: Int64 = 0

    /// Which of it is worked out; the rest stays as it is.
    struct Wants {
        var sum: Bool
        var range: Bool
        var change: Bool
        var held: Bool
        var values: Bool
        /// The parts asked for as percentiles.
        var percentiles: [Double]

        init(_ aggregates: [Aggregate]) {
            sum = aggregates.contains { $0 == .sum || $0 == .mean }
            range = aggregates.contains { $0 == .min || $0 == .max }
            change = aggregates.contains(.rate)
            held = aggregates.contains(.timeWeightedMean)
            percentiles = aggregates.compactMap { if case .percentile(let part) = $0 { part } else { nil } }
            values = !percentiles.isEmpty
        }

        var looksBack: Bool { change || held }
        var summaryWillDo: Bool { !looksBack && !values }
    }

    /// Adds readings that follow those it has. Summaries may have been added before, and reach further.
    mutating func add(
        _ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ number: Int, _ wants: borrowing Wants
    ) {
        add(first: values[0], at: times[0])
        add(last: values[number - 1], at: times[number - 1])
        count += number
        if wants.range {
            var (smallest, largest) = (minimum, maximum)
            for index in 0..<number {
                let value = values[index]
                smallest = value < smallest ? value : smallest
                largest = value > largest ? value : largest
            }
            (minimum, maximum) = (smallest, largest)
        }
        if wants.sum { addSum(values, number) }
    }

    /// In runs of up to 64, four sums beside each other; each run is then added with what it loses.
    private mutating func addSum(_ values: UnsafePointer<Double>, _ number: Int) {
        var start = 0
        while start < number {
            let end = min(start + 64, number)
            var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
            while start &+ 4 <= end {
                a += values[start]
                b += values[start &+ 1]
                c += values[start &+ 2]
                d += values[start &+ 3]
                start &+= 4
            }
            while start < end {
                a += values[start]
                start &+= 1
            }
            addSum((a + b) + (c + d))
        }
    }

    private mutating func addSum(_ value: Double) {
        let next = plainSum + value
        lost += abs(plainSum) >= abs(value) ? (plainSum - next) + value : (value - next) + plainSum
        plainSum = next
    }

    private mutating func add(first value: Double, at time: Int64) {
        if time < firstTime { (first, firstTime) = (value, time) }
    }

    private mutating func add(last value: Double, at time: Int64) {
        if time >= lastTime { (last, lastTime) = (value, time) }
    }

    /// Adds the readings of a segment, a minute or an hour.
    mutating func add(_ summary: ColumnSummary, first firstTime: Int64, last lastTime: Int64) {
        add(first: summary.first, at: firstTime)
        add(last: summary.last, at: lastTime)
        count += summary.count
        if summary.minimum < minimum { minimum = summary.minimum }
        if summary.maximum > maximum { maximum = summary.maximum }
        addSum(summary.sum)
    }

    /// Adds what is known of the same step of another machine.
    mutating func merge(_ other: StepPartial) {
        if other.firstTime < firstTime { (first, firstTime) = (other.first, other.firstTime) }
        if other.lastTime > lastTime { (last, lastTime) = (other.last, other.lastTime) }
        count += other.count
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        addSum(other.sum)
        let rate = other.rate
        if !rate.isNaN { rates = (rates ?? 0) + rate }
        held += other.held
        heldMicroseconds += other.heldMicroseconds
    }

    var sum: Double { plainSum.isFinite ? plainSum + lost : plainSum }

    /// A second; NaN when it is not known.
    private var rate: Double {
        rates ?? (increaseMicroseconds > 0 ? increase / Double(increaseMicroseconds) * 1e6 : .nan)
    }

    /// NaN when it is not known. Percentiles are worked out elsewhere.
    func value(of aggregate: Aggregate) -> Double {
        switch aggregate {
        case .mean: sum / Double(count)
        case .min: hasNumber ? minimum : .nan
        case .max: hasNumber ? maximum : .nan
        case .sum: sum
        case .count: Double(count)
        case .first: first
        case .last: last
        case .rate: rate
        case .timeWeightedMean: heldMicroseconds > 0 ? held / Double(heldMicroseconds) : .nan
        case .percentile: .nan
        }
    }

    private var hasNumber: Bool { minimum <= maximum }
}
