import FleetModel

/// Names and numbers that an import shares with what is stored; complete before it begins.
struct ImportNames {
    /// What is known of a machine's fleet by its name alone.
    enum Fleet: Hashable {
        case one(FleetID)
        case several
    }

    /// The numbers that rows without numbers of their own have as their boot begin here.
    static let firstBoot = Frame.bootMax + 1
    static let measurementsMax = Int64(UInt32.max - firstBoot)
    /// The most different tag sets of a database: they are there to group rows by.
    static let tagSetsMax = 100_000

    private(set) var fleets: [EquipmentID: Fleet] = [:]
    private var measurements: [String: UInt32] = [:]
    /// Boots from the first on that some rows have: those of an imported export are of measurements that it does not name.
    private var takenBoots: Set<UInt32>
    private var nextMeasurement: Int64 = 1
    private(set) var newMeasurements: [(row: Int64, name: String)] = []
    private var tagSets: [[String: String]: Int64] = [:]
    private(set) var newTagSets: [(row: Int64, tags: String)] = []
    private let retired: Set<MachineKey>

    /// Without anything: for those who only count.
    init(
        machines: [MachineKey] = [], retired: Set<MachineKey> = [], measurements: [(row: Int64, name: String)] = [],
        tagSets: [(row: Int64, tags: [String: String])] = [], boots: Set<UInt32> = []
    ) {
        self.retired = retired
        takenBoots = boots
        for machine in machines { note(machine) }
        for (row, name) in measurements {
            self.measurements[name] = ImportNames.boot(ofRow: row)
            takenBoots.insert(ImportNames.boot(ofRow: row))
        }
        for (row, tags) in tagSets { self.tagSets[tags] = row }
    }

    private static func boot(ofRow row: Int64) -> UInt32 { firstBoot &+ UInt32(truncatingIfNeeded: row &- 1) }

    /// Notes that there is such a machine; returns whether its name alone does not tell its fleet any more.
    @discardableResult mutating func note(_ machine: MachineKey) -> Bool {
        let known = fleets[machine.equipment]
        let now: Fleet =
            switch known {
            case nil: .one(machine.fleet)
            case .one(machine.fleet): .one(machine.fleet)
            default: .several
            }
        fleets[machine.equipment] = now
        return now == .several && known != .several
    }

    func isRetired(_ machine: MachineKey) -> Bool { retired.contains(machine) }

    /// The boot of a measurement's rows; `nil` when there are too many measurements.
    mutating func boot(of measurement: String) -> UInt32? {
        if let boot = measurements[measurement] { return boot }
        while nextMeasurement <= ImportNames.measurementsMax,
            takenBoots.contains(ImportNames.boot(ofRow: nextMeasurement))
        {
            nextMeasurement += 1
        }
        guard nextMeasurement <= ImportNames.measurementsMax else { return nil }
        newMeasurements.append((nextMeasurement, measurement))
        let boot = ImportNames.boot(ofRow: nextMeasurement)
        measurements[measurement] = boot
        takenBoots.insert(boot)
        return boot
    }

    /// Notes the boot of a row that has numbers of its own.
    mutating func note(boot: UInt32) {
        if boot >= ImportNames.firstBoot { takenBoots.insert(boot) }
    }

    /// The row of a tag set; `nil` when there are too many.
    mutating func row(ofTags tags: [String: String]) -> Int64? {
        if let row = tagSets[tags] { return row }
        guard tagSets.count < ImportNames.tagSetsMax, let text = try? JSON.text(tags) else { return nil }
        let row = Int64(tagSets.count + 1)
        newTagSets.append((row, text))
        tagSets[tags] = row
        return row
    }

    mutating func settle() {
        newMeasurements = []
        newTagSets = []
    }
}

/// Whether a signal of an import may be called so: 1 to 128 bytes of text without control characters. What begins with
/// @ is the store's own.
func isSignalName(_ name: String) -> Bool {
    (1...128).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "@")
        && name.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: false
            // What stands for bytes that were no text.
            default: scalar != "\u{FFFD}"
            }
        }
}
