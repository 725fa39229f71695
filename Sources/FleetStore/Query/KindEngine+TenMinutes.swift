import FleetModel
import FleetRuntime

/// The kinds that look at ten minutes each.
extension KindEngine {
    /// Bins of groups, put together from the machines.
    struct Binned {
        var keys: [[String]] = []
        var bins: TenMinuteBins
        fileprivate var places: [[String]: Int] = [:]

        init(_ bins: TenMinuteBins) { self.bins = bins }
    }

    /// The values of a signal from `first` to `last`, by ten minutes and by the key of their row.
    ///
    /// - Parameter key: `nil` for rows that do not count. What is put before it is the machine's.
    private func bins(
        of signal: String, from first: Int64, through last: Int64, wantsOthers: Bool = false, byName: Bool,
        key: @escaping (StoredTags.Tags) -> [String]?
    ) throws -> Binned {
        let empty = TenMinuteBins(from: first, through: last)
        let parts = try map([signal], from: first, to: last + 1, isNeeded: { $0[0] != nil }) { columns, scratch in
            var groups = RowGroups(tags, usual: usualTags(of: columns.machine), key: key)
            var bins = empty
            try columns.forEachBlock(from: first, to: last + 1, scratch) { block in
                guard let values = block.values[0] else { return }
                block.tags.forEach(in: block.rows) { run in
                    let place = groups.place(of: run.value)
                    guard place >= 0 else { return }
                    bins.add(
                        values - block.rows.lowerBound, run.rows, block.clock, to: place, wantsOthers: wantsOthers)
                }
            }
            return (keys: groups.keys, bins: bins)
        }
        var whole = Binned(empty)
        for (machine, part) in parts {
            for (group, key) in part.keys.enumerated() where group < part.bins.groupCount {
                let key = byName ? [machine.key.equipment.text] + key : key
                let place = whole.places[key] ?? whole.keys.count
                if place == whole.keys.count {
                    whole.places[key] = place
                    whole.keys.append(key)
                }
                whole.bins.merge(part.bins, group: group, into: place)
            }
        }
        return whole
    }

    private func driversOfFleet() -> (StoredTags.Tags) -> [String]? {
        { [fleet = question.fleet] tags in tags.fleet == fleet ? [tags.driver] : nil }
    }

    func stationary() throws -> FleetAnswer {
        let found = try bins(
            of: "velocity", from: at - TenMinuteBins.length + 1, through: at, byName: true, key: driversOfFleet())
        return drivers(found) { group in
            let means = (0..<found.bins.count).lazy.compactMap { found.bins.mean(group, $0) }
            return means.first.map { $0 < 1 } ?? false
        }
    }

    func longSessions(hours: Int64, moreThan limit: Int) throws -> FleetAnswer {
        let found = try bins(
            of: "velocity", from: at - hours * 3_600_000_000 + 1, through: at, byName: true, key: driversOfFleet())
        return drivers(found) { group in
            (0..<found.bins.count).count { bin in found.bins.mean(group, bin).map { $0 > 1 } ?? false } > limit
        }
    }

    private func drivers(_ found: Binned, where isAnswered: (Int) -> Bool) -> FleetAnswer {
        answer(
            ["name", "driver"], keys: 2,
            found.keys.indices.filter(isAnswered).map { found.keys[$0].map { .text($0) } })
    }

    func dailyDrivingDuration() throws -> FleetAnswer {
        let found = try bins(of: "velocity", from: at - KindEngine.day + 1, through: at - 1, byName: true) {
            [$0.fleet, $0.driver]
        }
        var rows: [[FleetAnswer.Field]] = []
        for (group, key) in found.keys.enumerated() {
            for (day, count) in days(found, where: { found.bins.valueCount(group, $0) > 0 }) {
                rows.append([.text(key[1]), .text(key[0]), .text(key[2]), .text(day), .number(Double(count) / 6)])
            }
        }
        return answer(["fleet", "name", "driver", "day", "hours"], keys: 4, rows)
    }

    /// How many ten minutes of each day fulfil something; days without any are left out.
    private func days(_ found: Binned, where isCounted: (Int) -> Bool) -> [(day: String, count: Int)] {
        var days: [(day: String, number: Int64, count: Int)] = []
        for bin in 0..<found.bins.count where isCounted(bin) {
            let time = found.bins.time(of: bin)
            let number = time.flooredDivision(by: KindEngine.day)
            if days.last?.number != number { days.append((KindEngine.day(of: time), number, 0)) }
            days[days.count - 1].count += 1
        }
        return days.map { ($0.day, $0.count) }
    }

    func dailyDrivingSession() throws -> FleetAnswer {
        let found = try bins(of: "velocity", from: at - KindEngine.day + 1, through: at - 1, byName: true) { _ in [] }
        var rows: [[FleetAnswer.Field]] = []
        for (group, key) in found.keys.enumerated()
        where (0..<found.bins.count).contains(where: { found.bins.valueCount(group, $0) > 0 }) {
            var minutes: [(day: String, minutes: [Int64])] = []
            var started: Int64?
            var wasDriving: Bool?
            for bin in 0..<found.bins.count {
                // Ten minutes without a value are not driving.
                let isDriving = (found.bins.mean(group, bin) ?? 0) >= 10
                let time = found.bins.time(of: bin)
                if wasDriving == false, isDriving { started = time }
                if wasDriving == true, !isDriving, let start = started, time > at - KindEngine.day, time < at {
                    let day = KindEngine.day(of: time)
                    if minutes.last?.day != day { minutes.append((day, [])) }
                    minutes[minutes.count - 1].minutes.append((time - start) / 60_000_000)
                }
                wasDriving = isDriving
            }
            for (day, found) in minutes {
                let mean = Double(found.reduce(0, +)) / Double(found.count)
                rows.append([.text(key[0]), .text(day), .number(mean)])
            }
        }
        return answer(["name", "day", "minutes"], keys: 2, rows)
    }

    func dailyActivity() throws -> FleetAnswer {
        let found = try bins(of: "status", from: at - KindEngine.day, through: at - 1, byName: false) {
            [$0.fleet, $0.model]
        }
        var rows: [[FleetAnswer.Field]] = []
        for (group, key) in found.keys.enumerated() {
            for (day, count) in days(found, where: { bin in found.bins.mean(group, bin).map { $0 < 1 } ?? false }) {
                rows.append([.text(key[0]), .text(key[1]), .text(day), .number(Double(count) / 144)])
            }
        }
        return answer(["fleet", "model", "day", "days"], keys: 3, rows)
    }

    func breakdownFrequency() throws -> FleetAnswer {
        let found = try bins(
            of: "status", from: at - KindEngine.day, through: at - 1, wantsOthers: true, byName: false
        ) { [$0.model] }
        var rows: [[FleetAnswer.Field]] = []
        for (group, key) in found.keys.enumerated() {
            let broken = (0..<found.bins.count).filter { found.bins.valueCount(group, $0) > 0 }
                .map { 2 * found.bins.otherCount(group, $0) >= found.bins.valueCount(group, $0) }
            let breakdowns = zip(broken, broken.dropFirst()).count { !$0 && $1 }
            if breakdowns > 0 { rows.append([.text(key[0]), .number(Double(breakdowns))]) }
        }
        return answer(["model", "breakdowns"], keys: 1, rows)
    }
}
