import FleetModel
import Foundation
import TelemetryCodec

/// A message on its way to a broker or a file.
struct SentMessage {
    var topic: String
    var body: [UInt8]
    /// When it reaches the broker.
    var at: Timestamp
    var isRetained = false
    /// Neither its topic nor its body need be what our protocol allows.
    var isHostile = false

    /// Its line in a recording. A hostile one is written as bytes, which `replay` leaves out and counts as rejected.
    func line() throws -> [UInt8] {
        guard isHostile else { return RecordedMessage(topic: try Topic(topic), at: at, body: body).line }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(
            try encoder.encode(
                HostileLine(
                    at: at.iso8601, bodyBase64: Data(body).base64EncodedString(), retain: isRetained, topic: topic)))
    }

    private struct HostileLine: Encodable {
        var at: String
        var bodyBase64: String
        var retain: Bool
        var topic: String
    }
}
