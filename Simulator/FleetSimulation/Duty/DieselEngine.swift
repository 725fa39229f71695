import FleetModel

/// A diesel engine: its temperatures, pressures and thirst follow from speed and load, so they always agree.
struct DieselEngine: Sendable {
    let powerKilowatts: Double
    /// Speed when idling and at rated power.
    let idle: Double
    let rated: Double
    /// Hot oil at rated speed, kPa.
    let oilPressureRated: Double
    private(set) var rpm: Double
    /// 0 to 1.
    private(set) var load = 0.0
    private(set) var coolant: Double
    private(set) var oil: Double
    private(set) var exhaust: Double
    private(set) var litresPerHour = 0.0

    init(powerKilowatts: Double, idle: Double, rated: Double, oilPressureRated: Double, ambient: Double) {
        self.powerKilowatts = powerKilowatts
        self.idle = idle
        self.rated = rated
        self.oilPressureRated = oilPressureRated
        rpm = 0
        coolant = 84
        oil = 88
        exhaust = ambient
    }

    var isRunning: Bool { rpm > 0 }

    mutating func run(rpm: Double, load: Double, ambient: Double, over seconds: Double) -> Usage {
        self.rpm = rpm
        self.load = min(1, max(0.04, load))
        // 0.25 l for each kWh; an idling engine still takes a twentieth of its full thirst.
        litresPerHour = 0.25 * powerKilowatts * max(0.05, self.load)
        // The thermostat holds 85 °C while the radiator has reserve; hot days at full load use it up.
        let unregulated = ambient + 62 * self.load
        settle(&coolant, to: max(85 + 3 * self.load, unregulated), timeConstant: 400, over: seconds)
        settle(&oil, to: coolant + 4 + 14 * self.load, timeConstant: 600, over: seconds)
        settle(&exhaust, to: ambient + 250 + 330 * self.load, timeConstant: 25, over: seconds)
        return Usage(hours: seconds / 3_600, kilometres: 0, litres: litresPerHour * seconds / 3_600)
    }

    mutating func stop(ambient: Double, over seconds: Double) {
        rpm = 0
        load = 0
        litresPerHour = 0
        settle(&coolant, to: ambient, timeConstant: 7_000, over: seconds)
        settle(&oil, to: ambient, timeConstant: 9_000, over: seconds)
        settle(&exhaust, to: ambient, timeConstant: 900, over: seconds)
    }

    /// The pump's flow against the bearings' gaps: more with speed, less with hot thin oil, far more with oil that is
    /// thick from frost, until the relief valve opens.
    var oilPressure: Double {
        guard isRunning else { return 0 }
        func flow(_ rpm: Double) -> Double { rpm / (1 + rpm / 2_000) }
        let viscosity = min(1.6, max(0.85, 1 + 0.006 * (100 - oil))) + 0.02 * max(0, -oil)
        return min(1_000, oilPressureRated * flow(rpm) / flow(rated) * viscosity)
    }

    /// Absolute at full load and rated speed 230 kPa; 100 is the outside air.
    var boost: Double { 100 + 130 * load.squareRoot() * load.squareRoot().squareRoot() * rpm / rated }
}
