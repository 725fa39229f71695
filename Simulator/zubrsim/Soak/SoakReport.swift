import FleetModel
import FleetRuntime

/// How the daemon held out.
struct SoakReport: Report, Sendable {
    /// Of traffic, and how much faster than real time it came.
    var hours: Double
    var rate: Double
    var seconds: Double
    var messages: Int64
    var frames: Int64
    var readings: Int64
    var orders: Int
    var samples: Int
    /// At the end of warm-up, at the end, and at most.
    var rssWarmMb: Double
    var rssEndMb: Double
    var rssMaxMb: Double
    /// After warm-up, least squares: by the real clock, and by the machines'.
    var memorySlopeMbPerHour: Double
    var memorySlopeMbPerTrafficHour: Double
    var walMaxMb: Double
    /// After warm-up.
    var descriptorsMin: Int
    var descriptorsMax: Int
    var threadsMin: Int
    var threadsMax: Int
    /// Which of the bounds were broken.
    var broken: [String]
    var seed: UInt64
    var workdir: String

    private static let slopeMaxMbPerHour = 1.0
    private static let walMaxMb = 64.0

    var holds: Bool { broken.isEmpty }

    init(
        _ all: [ProcessSample], status: StatusDocument?, hours: Double, rate: Double, seed: UInt64, workdir: String
    ) {
        self.hours = hours
        self.rate = rate
        self.seed = seed
        self.workdir = workdir
        messages = status?.ingest.messages ?? 0
        frames = status?.ingest.frames ?? 0
        readings = status?.ingest.readings ?? 0
        orders = status?.orders.values.reduce(0, +) ?? 0
        samples = all.count
        let length = all.last?.seconds ?? 0
        seconds = length
        let warm = all.filter { $0.seconds >= length / 3 }
        let megabyte = 1_048_576.0
        rssWarmMb = Double(warm.first?.rssBytes ?? 0) / megabyte
        rssEndMb = Double(warm.last?.rssBytes ?? 0) / megabyte
        rssMaxMb = Double(all.map(\.rssBytes).max() ?? 0) / megabyte
        memorySlopeMbPerHour = slope(warm.map { ($0.seconds / 3_600, Double($0.rssBytes) / megabyte) })
        memorySlopeMbPerTrafficHour = memorySlopeMbPerHour / rate
        walMaxMb = Double(all.map(\.walBytes).max() ?? 0) / megabyte
        descriptorsMin = warm.map(\.descriptors).min() ?? 0
        descriptorsMax = warm.map(\.descriptors).max() ?? 0
        threadsMin = warm.map(\.threads).min() ?? 0
        threadsMax = warm.map(\.threads).max() ?? 0
        broken = []
        if frames == 0 { broken.append("nothing was stored") }
        if memorySlopeMbPerHour > Self.slopeMaxMbPerHour { broken.append("memory grows") }
        if walMaxMb > Self.walMaxMb { broken.append("the write-ahead log is too long") }
        if grow(warm.map(\.descriptors)) { broken.append("open files become more") }
        if grow(warm.map(\.threads)) { broken.append("threads become more") }
    }

    var table: [(name: String, value: String)] {
        [
            ("traffic", "\(decimal(hours, places: 1)) h in \(decimal(seconds, places: 0)) s"),
            ("frames", "\(frames)"), ("readings", "\(readings)"), ("orders", "\(orders)"), ("looks", "\(samples)"),
            (
                "memory",
                "\(decimal(rssWarmMb, places: 1)) MB warm, \(decimal(rssEndMb, places: 1)) at the end, \(decimal(rssMaxMb, places: 1)) at most"
            ),
            (
                "grows by",
                "\(decimal(memorySlopeMbPerHour, places: 2)) MB in a real hour, \(decimal(memorySlopeMbPerTrafficHour, places: 3)) in one of traffic"
            ),
            ("write-ahead log", "\(decimal(walMaxMb, places: 1)) MB at most"),
            ("open files", "\(descriptorsMin) to \(descriptorsMax)"), ("threads", "\(threadsMin) to \(threadsMax)"),
            ("verdict", broken.isEmpty ? "holds" : broken.joined(separator: ", ")),
        ]
    }
}

/// The slope of the straight line nearest to the points; 0 of fewer than two.
func slope(_ points: [(x: Double, y: Double)]) -> Double {
    guard points.count > 1 else { return 0 }
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / count
    let meanY = points.reduce(0) { $0 + $1.y } / count
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    let joint = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    return spread > 0 ? joint / spread : 0
}

/// Whether there are usually more in the later half, or in the last tenth alone, than in the earlier half. By the median,
/// because a pool of threads has one more for a moment whenever two of its users happen to meet; for the same reason the
/// last tenth may have one more at most than there ever were before it. What begins to grow late shows there first.
package func grow(_ values: [Int]) -> Bool {
    func median(_ values: ArraySlice<Int>) -> Int { values.sorted()[values.count / 2] }
    let (half, tenth) = (values.count / 2, max(1, values.count / 10))
    guard half > 0 else { return false }
    let usual = median(values.prefix(half))
    return median(values.dropFirst(half)) > usual || median(values.suffix(tenth)) > usual
        || values.suffix(tenth).max()! > values.dropLast(tenth).max()! + 1
}
