import FleetModel

/// A way in which a machine's part goes bad, as the degradation library of the catalog names it.
package enum FailureMode: String, CaseIterable, Sendable, Hashable, Codable {
    case coolingFouling = "cooling_fouling"
    case engineOilPumpBearingWear = "engine_oil_pump_bearing_wear"
    case strutNitrogenLeak = "strut_nitrogen_leak"
    case hydraulicPumpWear = "hydraulic_pump_wear"
    case tractionMotorInsulation = "traction_motor_insulation"
    case lidarSoiling = "lidar_soiling"
    case beltAlternator = "belt_alternator"
    case airFilterClog = "air_filter_clog"
    case bearingOverheat = "bearing_overheat"
    case beltSlip = "belt_slip"
    case airSystemLeak = "air_system_leak"
    case brakeWear = "brake_wear"
    case cellImbalance = "cell_imbalance"
    case coolingPump = "cooling_pump"

    package var index: Int { FailureMode.indices[self]! }
    private static let indices = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))
}

extension FailureMode {
    /// What the degradation and reliability tables say of it. All numbers are assumptions of those tables.
    package var profile: FailureProfile { FailureMode.profiles[index] }

    private static let profiles = allCases.map { $0.makeProfile() }

    private func makeProfile() -> FailureProfile {
        switch self {
        case .coolingFouling:
            FailureProfile(
                signals: ["coolant_temp", "hyd_oil_temp"], code: (110, 0, 0), duties: [.haul, .autonomousHaul],
                shape: 1.3, scaleHours: 628, courseHours: 60, repairHours: 8)
        case .engineOilPumpBearingWear:
            FailureProfile(
                signals: ["engine_oil_pressure"], code: (100, 1, 0), duties: [.haul, .autonomousHaul], shape: 1.3,
                scaleHours: 628, courseHours: 120, repairHours: 8)
        case .strutNitrogenLeak:
            FailureProfile(
                signals: ["strut_rr", "strut_side_imbalance", "strut_empty_drift"], code: (520_211, 18, 71),
                duties: [.haul, .autonomousHaul], shape: 1.5, scaleHours: 357, courseHours: 400, repairHours: 7)
        case .hydraulicPumpWear:
            FailureProfile(
                signals: ["hyd_system_pressure", "hoist_cycle_time", "hyd_oil_temp"], code: (1_762, 18, 0),
                duties: [.haul, .autonomousHaul], shape: 1.3, scaleHours: 523, courseHours: 150, repairHours: 4.5)
        case .tractionMotorInsulation:
            FailureProfile(
                signals: ["insulation_resistance", "tm_left_winding_temp"], code: (520_221, 1, 239),
                duties: [.haul, .autonomousHaul], shape: 1.2, scaleHours: 440, courseHours: 80, repairHours: 7,
                needsElectricDrive: true)
        case .lidarSoiling:
            FailureProfile(
                signals: ["lidar_window_dirt", "lidar_health"], code: (520_241, 16, 42), duties: [.autonomousHaul],
                shape: 0.9, scaleHours: 90, courseHours: 4, repairHours: 0.4)
        case .beltAlternator:
            FailureProfile(
                signals: ["battery_voltage_12v"], code: (167, 18, 0), duties: [.tractor], shape: 0.95,
                scaleHours: 1_221, courseHours: 24, repairHours: 2)
        case .airFilterClog:
            FailureProfile(
                signals: ["air_filter_restriction"], code: (107, 16, 0), duties: [.tractor], shape: 1.2,
                scaleHours: 1_595, courseHours: 40, repairHours: 1)
        case .bearingOverheat:
            FailureProfile(
                signals: ["bearing_temp"], code: (520_231, 0, 128), duties: [.harvester], shape: 1.4,
                scaleHours: 224, courseHours: 12, repairHours: 2.5)
        case .beltSlip:
            FailureProfile(
                signals: ["drive_slip", "threshing_drum_rpm"], code: (520_232, 16, 128), duties: [.harvester],
                shape: 1.8, scaleHours: 253, courseHours: 30, repairHours: 1.5)
        case .airSystemLeak:
            FailureProfile(
                signals: ["air_system_pressure", "air_dryer_cycles"], code: (1_087, 18, 11),
                duties: [.roadTruck, .cityBus], shape: 1.3, scaleHours: 1_933, courseHours: 60, repairHours: 3)
        case .brakeWear:
            FailureProfile(
                signals: ["brake_pad_wear"], code: (1_099, 18, 11), duties: [.roadTruck, .cityBus], shape: 1.3,
                scaleHours: 1_933, courseHours: 200, repairHours: 3)
        case .cellImbalance:
            FailureProfile(
                signals: ["cell_v_delta", "cell_v_min"], code: (5_923, 18, 243), duties: [.electricBus], shape: 2,
                scaleHours: 2_821, courseHours: 1_000, repairHours: 12)
        case .coolingPump:
            FailureProfile(
                signals: ["cell_temp_max", "coolant_loop_temp"], code: (8_075, 16, 243), duties: [.electricBus],
                shape: 1.3, scaleHours: 3_790, courseHours: 50, repairHours: 8)
        }
    }
}
