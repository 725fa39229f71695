import FleetModel

/// A trailer behind a tractor: to the field, loading, to the store, unloading.
struct TowedTrailer: Sendable {
    private let kilometres: Double
    private let bearingDegrees: Double
    private var isOutbound = true
    private var along = 0.0
    /// Seconds of standing that are left.
    private var standing = 0.0
    private(set) var speed = 0.0
    private var load = 0.0
    private var hub = 20.0

    init(ambient: Double, chance: inout RandomStream) {
        kilometres = chance.between(2, 7)
        bearingDegrees = chance.between(0, 360)
        standing = chance.between(0, 900)
        hub = ambient
    }

    func isOnDuty(_ around: Surroundings) -> Bool {
        (4...10).contains(around.month) && around.isBetween(8, 19.5)
    }

    mutating func work(
        over seconds: Double, around: Surroundings, condition: Condition, chance: inout RandomStream
    ) -> Usage {
        standing = max(0, standing - seconds)
        settle(&speed, to: standing > 0 ? 0 : 24 * condition.power, timeConstant: 10, over: seconds)
        if speed < 0.3 { speed = 0 }
        let driven = speed * seconds / 3_600
        along += driven / kilometres
        if along >= 1 {
            along = 0
            isOutbound.toggle()
            standing = chance.between(400, 1_500)
            load = isOutbound ? 0 : chance.between(0.7, 1)
        }
        settle(&hub, to: around.ambientCelsius + (speed > 1 ? 22 + 14 * load : 0), timeConstant: 900, over: seconds)
        return Usage(hours: speed > 0 ? seconds / 3_600 : 0, kilometres: driven, litres: 0)
    }

    mutating func stand(over seconds: Double, around: Surroundings) {
        speed = 0
        settle(&hub, to: around.ambientCelsius, timeConstant: 2_500, over: seconds)
    }

    var exertion: Exertion { Exertion(load: 0.3 + 0.6 * load, isMoving: speed > 1, payload: load) }

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        loopPosition(
            site: site, along: isOutbound ? along / 2 : 0.5 + along / 2, kilometres: kilometres * 2,
            bearing: bearingDegrees)
    }

    func append(to readings: inout [Reading], chance: inout RandomStream) {
        readings.append(Reading(.speed, rounded(speed, places: 10)))
        readings.append(Reading(Signals.hubTemp, rounded(hub + chance.noise(1), places: 10)))
        readings.append(Reading(Signals.brakePressure, rounded(0.72 + chance.noise(0.02), places: 1_000)))
        readings.append(Reading(Signals.axleLoad, rounded(1_800 + 4_500 * load + chance.noise(40), places: 0.1)))
        readings.append(Reading(Signals.tyrePressure, rounded(410 + chance.noise(6), places: 1)))
    }
}
