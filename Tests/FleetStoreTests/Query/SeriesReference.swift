import FleetModel
import FleetRuntime

@testable import FleetStore

/// Answers questions from all frames of some machines by plain loops, slowly and from docs/QUERIES.md.
struct SeriesReference {
    /// Readings of one signal of each machine, in order of time, boot and seq.
    private var readings: [[(time: Int64, value: Double)]]

    init(_ machines: [[Frame]], _ signal: Signal) {
        readings = machines.map { frames in
            frames.sorted { ($0.observedAt, $0.boot, $0.seq) < ($1.observedAt, $1.boot, $1.seq) }
                .compactMap { frame in frame[signal].map { (frame.observedAt.microseconds, $0) } }
        }
    }

    func raw(_ machine: Int, from: Int64, to: Int64) -> [(time: Int64, value: Double)] {
        readings[machine].filter { $0.time >= from && $0.time < to }
    }

    /// The values of each step that has a reading, of the machines of a group together.
    func steps(
        _ machines: [Int], from: Int64, to: Int64, step: Int64, hold: Int64, _ aggregate: Aggregate
    ) -> [Int64: (value: Double, scale: Double)] {
        var found: [Int64: (value: Double, scale: Double)] = [:]
        let starts = Set(
            machines.flatMap { raw($0, from: from, to: to) }.map { $0.time.flooredDivision(by: step) * step })
        for start in starts {
            let (begin, end) = (max(start, from), min(start + step, to))
            let values = machines.flatMap { raw($0, from: begin, to: end) }
            let numbers = values.map(\.value).filter { !$0.isNaN }.sorted()
            let sum = values.reduce(0) { $0 + $1.value }
            // By how much rounding may be off.
            let scale = values.reduce(0) { $0 + abs($1.value) }
            let value: Double =
                switch aggregate {
                case .mean: sum / Double(values.count)
                case .sum: sum
                case .count: Double(values.count)
                case .min: numbers.first ?? .nan
                case .max: numbers.last ?? .nan
                case .first: first(machines.map { raw($0, from: begin, to: end) })
                case .last: last(machines.map { raw($0, from: begin, to: end) })
                case .percentile(let part): percentile(numbers, part)
                case .rate: rate(machines, begin, end, hold)
                case .timeWeightedMean: timeWeightedMean(machines, begin, end, hold)
                }
            found[start] = (value, scale)
        }
        return found
    }

    /// The first reading of all; of machines that say something at the same time, that of the first of them.
    private func first(_ machines: [[(time: Int64, value: Double)]]) -> Double {
        var oldest: (time: Int64, value: Double)?
        for case let reading? in machines.map(\.first) where reading.time < oldest?.time ?? .max { oldest = reading }
        return oldest!.value
    }

    /// The last reading of all; of machines that say something at the same time, that of the first of them.
    private func last(_ machines: [[(time: Int64, value: Double)]]) -> Double {
        var newest: (time: Int64, value: Double)?
        for case let reading? in machines.map(\.last) where reading.time > newest?.time ?? .min { newest = reading }
        return newest!.value
    }

    private func percentile(_ numbers: [Double], _ part: Double) -> Double {
        guard !numbers.isEmpty else { return .nan }
        let place = part / 100 * Double(numbers.count - 1)
        let (lower, upper) = (numbers[Int(place.rounded(.down))], numbers[Int(place.rounded(.up))])
        return lower == upper ? lower : lower + (upper - lower) * (place - place.rounded(.down))
    }

    private func rate(_ machines: [Int], _ begin: Int64, _ end: Int64, _ hold: Int64) -> Double {
        var rates: [Double] = []
        for machine in machines {
            var increase = 0.0
            var time: Int64 = 0
            for (before, after) in zip(readings[machine], readings[machine].dropFirst())
            where after.time >= begin && after.time < end && after.time - before.time <= hold {
                increase += after.value >= before.value ? after.value - before.value : after.value
                time += after.time - before.time
            }
            if time > 0, !(increase / Double(time)).isNaN { rates.append(increase / Double(time) * 1e6) }
        }
        return rates.isEmpty ? .nan : rates.reduce(0, +)
    }

    private func timeWeightedMean(_ machines: [Int], _ begin: Int64, _ end: Int64, _ hold: Int64) -> Double {
        var sum = 0.0
        var time: Int64 = 0
        // A machine that said nothing in the step does not count in it.
        for machine in machines where !raw(machine, from: begin, to: end).isEmpty {
            let all = readings[machine].filter { $0.time < end }
            for (index, reading) in all.enumerated() {
                let next = index + 1 < all.count ? all[index + 1].time : end
                let held = min(next, end, reading.time + hold) - max(reading.time, begin)
                guard held > 0 else { continue }
                sum += reading.value * Double(held)
                time += held
            }
        }
        return time > 0 ? sum / Double(time) : .nan
    }
}
