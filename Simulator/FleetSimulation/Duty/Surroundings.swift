import FleetModel
import Glibc

/// Weather and time of day where a machine works: a function of place and time, so it needs no memory.
struct Surroundings: Sendable {
    /// Hours since local midnight.
    let hour: Double
    /// 0 is Monday.
    let weekday: Int
    let month: Int
    let ambientCelsius: Double
    /// 0 dry to 1 wet: highest before dawn.
    let humidity: Double

    /// Kuzbass: -18 °C in the mean winter, +19 °C in the mean summer, assumed for every site.
    init(
        at time: Timestamp, site: Coordinate, utcOffsetHours: Double, month forced: Int?, warmerBy: Double
    ) {
        let local = time + .hours(utcOffsetHours)
        let date = local.date
        hour = Double(local.microsecondOfDay) / 3.6e9
        weekday = date.weekday
        month = forced ?? date.month
        let season = Double(month) - 1 + (Double(date.day) - 1) / 30
        let yearly = 0.5 - 18.5 * cos((season - 0.5) / 12 * 2 * .pi)
        let daily = 6 * cos((hour - 15) / 24 * 2 * .pi)
        // Weather fronts pass in a few days: slow waves that differ from place to place.
        let day = Double(local.microseconds) / 8.64e10
        let front = 3 * sin(day * 1.7 + site.longitude) + 2 * sin(day * 0.61 + site.latitude)
        ambientCelsius = yearly + daily + front + warmerBy
        humidity = 0.5 + 0.4 * cos((hour - 5) / 24 * 2 * .pi)
    }

    func isBetween(_ opens: Double, _ closes: Double) -> Bool { hour >= opens && hour < closes }
}

/// Moves a temperature towards where it will settle, as fast as its thermal mass lets it.
func settle(_ value: inout Double, to target: Double, timeConstant: Double, over seconds: Double) {
    value += (target - value) * (1 - exp(-seconds / timeConstant))
}

func rounded(_ value: Double, places: Double) -> Double { (value * places).rounded() / places }
