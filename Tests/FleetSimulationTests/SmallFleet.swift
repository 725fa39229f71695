import FleetConfiguration
import FleetModel
import FleetSimulation
import Foundation
import zubrsim

/// One machine of each duty, and the catalog they need.
enum SmallFleet {
    static let start = Timestamp(iso8601: "2026-08-03T00:00:00Z")!

    static let models: [(name: String, equipment: String, machineClass: String, isHighVoltage: Bool)] = [
        ("BELAZ-75131", "haul-1", "haul_truck_de", true),
        ("BELAZ-7555B", "haul-2", "haul_truck_dm", false),
        ("BELAZ-7513R", "robot-1", "haul_truck_autonomous", true),
        ("BELARUS-1221", "tractor-1", "tractor", false),
        ("GS12", "harvester-1", "combine_grain", false),
        ("MAZ-6501", "truck-1", "truck_road", false),
        ("MAZ-203", "bus-1", "bus_diesel", false),
        ("BKM-E321", "ebus-1", "ebus_supercap", true),
        ("BKM-E433-II", "ebus-2", "ebus_battery", true),
        ("BKM-32100D", "trolley-1", "trolleybus_imc", true),
    ]

    /// One machine of each class that has no place among them.
    static let others: [(name: String, equipment: String, machineClass: String, isHighVoltage: Bool)] = [
        ("KVK-8060", "forage-1", "forage_harvester", false),
        ("AMKODOR-342V", "loader-1", "wheel_loader", false),
        ("PST-9", "trailer-1", "trailer_agri", false),
        ("BELGEE-X50", "car-1", "car", false),
    ]

    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path()

    /// The failure modes that are shipped.
    static let failures: FailureLibrary = {
        let path = "\(project)/Simulator/failure-modes.yaml"
        do {
            return try FailureModesFile.read(try String(contentsOfFile: path, encoding: .utf8), path: path).library
        } catch { fatalError("\(error)") }
    }()

    static func mode(_ id: String) -> FailureMode { failures.mode(id)! }

    static let catalog: Catalog = {
        var catalog = Catalog()
        for model in models + others {
            let id = MachineClassID(model.machineClass)!
            catalog.classes[id] = MachineClass(
                id: id, title: model.machineClass, family: "", plan: nil,
                isAutonomous: model.machineClass.hasSuffix("autonomous"), isHighVoltage: model.isHighVoltage)
            catalog.models[ModelID(model.name)!] = MachineModel(
                id: ModelID(model.name)!, machineClass: id, brand: "")
        }
        return catalog
    }()

    static func key(_ equipment: String) -> MachineKey { MachineKey("fleet/\(equipment)")! }

    static let machines: [Machine] = machines(models)
    static let allMachines: [Machine] = machines(models + others)

    private static func machines(
        _ models: [(name: String, equipment: String, machineClass: String, isHighVoltage: Bool)]
    ) -> [Machine] {
        models.map { model in
            Machine(
                key: key(model.equipment), model: ModelID(model.name)!,
                sitePosition: Coordinate(latitude: 54.3, longitude: 86.2),
                meters: [.engineHours: 1_000, .odometer: 20_000, .fuelUsed: 50_000])
        }
    }

    static func machine(_ equipment: String) -> Machine { allMachines.first { $0.key == key(equipment) }! }

    static func simulator(
        _ scenario: Scenario, machines: [Machine] = machines, seed: UInt64 = 7, patience: Duration? = .zero
    ) throws -> FleetSimulator {
        try FleetSimulator(
            scenario: scenario, machines: machines, catalog: catalog, failures: failures, seed: seed, start: start,
            operatorPatience: patience)
    }

    /// Nothing breaks and nothing is lost, unless the test says so.
    static func calm(interval: Duration = .minutes(1), forced: [ForcedFailure] = []) -> Scenario {
        Scenario(name: "calm", interval: interval, month: 8, failureRate: 0, forced: forced)
    }
}

extension [SimulatedMessage] {
    func frames(of equipment: String) -> [Frame] {
        let key = SmallFleet.key(equipment)
        return filter { $0.machine == key }.flatMap { message -> [Frame] in
            if case .frames(let frames) = message.content { frames } else { [] }
        }
    }
}

extension Frame {
    /// The value of a signal by its name.
    func value(_ name: String) -> Double? { self[Signal(name)] }
}
