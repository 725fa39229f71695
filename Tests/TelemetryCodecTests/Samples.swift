import FleetModel
import TelemetryCodec

/// The machine and the instant that the tests of this folder speak of.
enum Samples {
    static let machine = MachineKey("north/truck-17")!
    static let receivedAt = Timestamp(iso8601: "2026-03-01T08:00:30Z")!
    static let center = ServiceCenterID("ru-kuz-belovo")!
}

/// Frames of a telemetry body by a decoder of its own.
func frames(
    _ body: String, on kind: TopicKind = .telemetry, limits: IngestLimits = IngestLimits()
) throws(Rejection) -> [Frame] {
    var decoder = TelemetryDecoder(limits: limits)
    return try decoder.frames(
        in: Array(body.utf8), of: Samples.machine, on: kind, receivedAt: Samples.receivedAt)
}

/// Why a telemetry body is rejected; `nil` when it is not.
func whyRejected(
    _ body: String, on kind: TopicKind = .telemetry, limits: IngestLimits = IngestLimits()
) -> Rejection? {
    do throws(Rejection) {
        _ = try frames(body, on: kind, limits: limits)
        return nil
    } catch {
        return error
    }
}

/// A frame with these members besides boot, seq and at.
func frameBody(_ members: String, boot: Int = 17, seq: Int = 4_211) -> String {
    #"{"boot":\#(boot),"seq":\#(seq),"at":"2026-03-01T08:00:00Z",\#(members)}"#
}
