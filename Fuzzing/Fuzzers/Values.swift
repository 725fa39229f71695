import FleetModel
import TelemetryCodec

/// Times as text.
final class TimeFuzzer: Fuzzer {
    static let name = "time"

    func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let time = Timestamp(iso8601: text) {
            require(Timestamp(iso8601: time.iso8601) == time, "a time that was read reads again: \(time.iso8601)")
        }
        if let date = CivilDate(text) {
            require(date.description == text, "a date that was read is written the same: \(text)")
            require(CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date, "a date is the day it counts to")
        }
    }
}
