import FleetModel
import TelemetryCodec
import Testing

@Suite("Status messages")
struct StatusTests {
    private func status(_ body: String) -> Result<Bool, Rejection> {
        var decoder = TelemetryDecoder(limits: IngestLimits(bodyBytes: 100))
        do throws(Rejection) {
            return .success(try decoder.status(in: Array(body.utf8), of: Samples.machine))
        } catch {
            return .failure(error)
        }
    }

    @Test("a machine says that it is connected, or its last will that it is not", arguments: [true, false])
    func states(isConnected: Bool) throws {
        let body = String(decoding: TelemetryEncoder.statusBody(isConnected: isConnected), as: UTF8.self)
        #expect(try status(body).get() == isConnected)
        #expect(try status(body.dropLast() + #","fleet":"north","equipment":"truck-17"}"#).get() == isConnected)
    }

    @Test(
        "anything else is rejected with its reason",
        arguments: [
            ("connected", Rejection.Reason.notJSON), (#""connected""#, .wrongType), ("{}", .missingKey),
            (#"{"state":true}"#, .wrongType), (#"{"state":"CONNECTED"}"#, .outOfRange),
            (#"{"state":"connected","state":"connected"}"#, .duplicateKey),
            (#"{"state":"connected","since":1}"#, .unknownKey),
            (#"{"state":"connected","equipment":"truck-18"}"#, .identityMismatch),
            (#"{"state":"connected"}"# + String(repeating: " ", count: 80), .oversize),
        ])
    func rejections(body: String, reason: Rejection.Reason) {
        guard case .failure(let rejection) = status(body) else {
            Issue.record("\(body) was accepted")
            return
        }
        #expect(rejection.reason == reason)
    }
}
