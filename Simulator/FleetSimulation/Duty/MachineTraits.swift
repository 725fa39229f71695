import FleetModel

/// The figures of one machine that its behaviour follows from.
struct MachineTraits: Sendable {
    let kind: DutyKind
    let powerKilowatts: Double
    let emptyTonnes: Double
    let payloadTonnes: Double
    let hasElectricDrive: Bool
    let isSupercapacitor: Bool
    let isTrolleybus: Bool
    let isLoader: Bool
    let isForageHarvester: Bool
    let isCar: Bool
    let storageKilowattHours: Double
    let tankLitres: Double
    let site: Coordinate
    /// Local time against UTC.
    let utcOffsetHours: Double

    init(kind: DutyKind, model: MachineModel, machineClass: MachineClass, site: Coordinate) {
        self.kind = kind
        self.site = site
        let id = machineClass.id.text
        hasElectricDrive = machineClass.isHighVoltage && (kind == .haul || kind == .autonomousHaul)
        isSupercapacitor = id.contains("supercap")
        isTrolleybus = id.contains("trolley")
        isLoader = id.contains("loader")
        isForageHarvester = id.contains("forage")
        isCar = id == "car"
        let usual = MachineTraits.usual(kind)
        powerKilowatts = model.powerKilowatts?.value ?? usual.power
        emptyTonnes = model.emptyMassTonnes?.value ?? usual.empty
        payloadTonnes = model.payloadTonnes?.value ?? usual.payload
        storageKilowattHours = isSupercapacitor ? 45 : isTrolleybus ? 40 : 400
        tankLitres = kind == .haul || kind == .autonomousHaul ? powerKilowatts * 1.55 : max(60, powerKilowatts * 1.8)
        // Zones are an hour wide; near enough for when a working day begins.
        utcOffsetHours = (site.longitude / 15).rounded()
    }

    private static func usual(_ kind: DutyKind) -> (power: Double, empty: Double, payload: Double) {
        switch kind {
        case .haul, .autonomousHaul: (1_194, 110, 130)
        case .tractor: (96, 5.7, 0)
        case .harvester: (243, 15.5, 5)
        case .roadTruck: (300, 13, 20)
        case .cityBus: (205, 11, 7)
        case .electricBus: (163, 13, 8)
        case .trailer: (0, 3.5, 9)
        }
    }
}
