import FleetModel
import FleetRuntime

/// The kinds that ask for means of all rows.
extension KindEngine {
    private struct Mean {
        var sum = 0.0
        var count = 0

        var value: Double { count > 0 ? sum / Double(count) : .nan }

        mutating func merge(_ other: Mean) {
            sum += other.sum
            count += other.count
        }
    }

    func fuelProjection() throws -> FleetAnswer {
        let fields = ["fuel_consumption", "nominal_fuel_consumption"]
        let means = try means(["velocity"] + fields, of: 2, isNeeded: { $0[0] != nil }) {
            [$0.fleet]
        } add: {
            values, row, means in
            guard let velocity = values[0], velocity[row] > 1 else { return }
            for field in 0..<2 {
                guard let value = values[field + 1]?[row], value == value else { continue }
                means[field].sum += value
                means[field].count &+= 1
            }
        }
        return answer(
            ["fleet"] + fields, keys: 1,
            means.filter { $0.value.contains { $0.count > 0 } }
                .map { [.text($0.key[0])] + $0.value.map { .number($0.value) } })
    }

    func averageLoad() throws -> FleetAnswer {
        let means = try means(
            ["current_load", "load_capacity"], of: 1, isNeeded: { $0[0] != nil && $0[1] != nil }
        ) {
            [$0.fleet, $0.model]
        } add: { values, row, means in
            guard let load = values[0]?[row], let capacity = values[1]?[row] else { return }
            let share = load / capacity
            guard load == load, capacity == capacity else { return }
            means[0].sum += share
            means[0].count &+= 1
        }
        return answer(
            ["fleet", "model", "load"], keys: 2,
            means.filter { $0.value[0].count > 0 }
                .map { [.text($0.key[0]), .text($0.key[1]), .number($0.value[0].value)] })
    }

    /// So many means for each key of the rows up to T.
    private func means(
        _ names: [String], of count: Int, isNeeded: ([SegmentDirectory.Column?]) -> Bool,
        key: @escaping (StoredTags.Tags) -> [String]?,
        add: ([UnsafePointer<Double>?], Int, UnsafeMutablePointer<Mean>) -> Void
    ) throws -> [[String]: [Mean]] {
        let parts = try map(names, from: .min, to: at + 1, isNeeded: isNeeded) { columns, scratch in
            var groups = RowGroups(tags, usual: usualTags(of: columns.machine), key: key)
            var means: [Mean] = []
            try columns.forEachBlock(from: .min, to: at + 1, scratch) { block in
                block.tags.forEach(in: block.rows) { run in
                    let place = groups.place(of: run.value)
                    guard place >= 0 else { return }
                    means += repeatElement(Mean(), count: groups.keys.count * count - means.count)
                    means.withUnsafeMutableBufferPointer { means in
                        let start = block.rows.lowerBound
                        for row in run.rows { add(block.values, row - start, means.baseAddress! + place * count) }
                    }
                }
            }
            return (keys: groups.keys, means: means)
        }
        var whole: [[String]: [Mean]] = [:]
        for (_, part) in parts {
            for (group, key) in part.keys.enumerated() {
                for index in 0..<count {
                    whole[key, default: Array(repeating: Mean(), count: count)][index].merge(
                        part.means[group * count + index])
                }
            }
        }
        return whole
    }
}
