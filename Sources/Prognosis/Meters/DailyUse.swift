/// How much a machine was used on one date, UTC, in its meter's unit.
package struct DailyUse: Sendable, Hashable, Codable {
    /// Days since 1970-01-01.
    package var day: Int
    package var use: Double

    package init(day: Int, use: Double) {
        self.day = day
        self.use = use
    }
}
