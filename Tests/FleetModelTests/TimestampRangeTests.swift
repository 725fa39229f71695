import FleetModel
import Foundation
import Testing

@Suite("times that can be written again")
struct TimestampRangeTests {
    @Test(
        "an offset may not carry a time out of the years 0000 to 9999",
        arguments: [
            (text: "9999-12-31T23:59:59Z", isRead: true), (text: "9999-12-31T23:59:59-00:01", isRead: false),
            (text: "0000-01-01T00:00:00Z", isRead: true), (text: "0000-01-01T00:00:00+00:01", isRead: false),
        ])
    func offsets(text: String, isRead: Bool) {
        #expect((Timestamp(iso8601: text) != nil) == isRead)
    }

    @Test(
        "what is computed beyond them is written as the last that can be read",
        arguments: [Timestamp.distantFuture, .distantPast])
    func documents(time: Timestamp) throws {
        let written = try JSONEncoder().encode([time])
        let read = try JSONDecoder().decode([Timestamp].self, from: written)
        #expect(read == [time == .distantFuture ? .latestWritten : .earliestWritten])
    }
}
