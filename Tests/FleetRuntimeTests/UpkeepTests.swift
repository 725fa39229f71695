import FleetModel
import FleetRuntime
import Testing

@Suite("the disk forecast")
struct DiskForecastTests {
    private let start = Timestamp(seconds: 1_000_000)

    @Test("foretells the time at which the disk is full from how fast it fills")
    func filling() throws {
        var forecast = DiskForecast()
        for minute in 0...10 {
            forecast.note(freeBytes: 10_000_000 - Int64(minute) * 60_000, at: start + .minutes(Double(minute)))
        }
        let left = try #require(forecast.fullAt) - (start + .minutes(10))
        #expect(abs(left.inSeconds - 9_400) < 1)
    }

    @Test(
        "says nothing while it has not watched for ten minutes",
        arguments: [(seconds: 599.0, isKnown: false), (seconds: 600, isKnown: true)])
    func tooShort(seconds: Double, isKnown: Bool) {
        var forecast = DiskForecast()
        forecast.note(freeBytes: 1_000 << 20, at: start)
        forecast.note(freeBytes: 900 << 20, at: start + .seconds(seconds))
        #expect((forecast.fullAt != nil) == isKnown)
    }

    @Test(
        "says nothing when space does not shrink, and starts anew when space was given back or the clock was set back")
    func notFilling() {
        var forecast = DiskForecast()
        forecast.note(freeBytes: 1_000 << 20, at: start)
        forecast.note(freeBytes: 1_000 << 20, at: start + .minutes(5))
        #expect(forecast.fullAt == nil)
        forecast.note(freeBytes: 500 << 20, at: start + .minutes(16))
        #expect(forecast.fullAt != nil)
        forecast.note(freeBytes: 2_000 << 20, at: start + .minutes(17))
        #expect(forecast.fullAt == nil)
        forecast.note(freeBytes: 1_900 << 20, at: start)
        #expect(forecast.fullAt == nil)
    }
}

@Suite("the clock")
struct ClockTests {
    @Test("stays within the years that can be written, however fast it runs and from wherever")
    func bounds() {
        let clock = ClockSettings(epoch: .epoch, rate: 1_000_000)
        #expect(clock.time(at: Timestamp(seconds: 1_800_000_000)) == .latestWritten)
    }

    @Test(
        "agrees with the real one at its epoch and runs at its rate from there",
        arguments: [(rate: 1.0, after: 10.0), (rate: 7_200, after: 72_000)])
    func rate(rate: Double, after: Double) {
        let epoch = Timestamp(seconds: 1_772_000_000)
        let clock = DaemonTime(
            ClockSettings(epoch: epoch, rate: rate), newestStored: nil, wall: { epoch + .seconds(10) },
            boot: { .seconds(77) })
        #expect(clock.now() == epoch + .seconds(after))
    }
}

@Suite("the forecast of a disk that is full")
struct FullDiskTests {
    @Test(
        "is now, without having watched", arguments: [(free: Int64(0), isFull: true), (free: 1 << 20, isFull: false)])
    func full(free: Int64, isFull: Bool) {
        let time = Timestamp(seconds: 1_000_000)
        var forecast = DiskForecast()
        forecast.note(freeBytes: free, at: time)
        #expect(forecast.fullAt == (isFull ? time : nil))
    }
}
