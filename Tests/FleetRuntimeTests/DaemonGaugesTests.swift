import FleetModel
import FleetRuntime
import Testing

@Suite("the gauges")
struct DaemonGaugesTests {
    @Test("what the store refused is counted with what was rejected before it")
    func refusedIsCounted() {
        let gauges = DaemonGauges()
        let message = RejectedMessage(
            topic: "t", body: [], rejection: Rejection(.tooManyMachines, "why"), receivedAt: .epoch)
        let receipt = IngestReceipt(
            cursor: .start, storedFrames: 0, duplicateFrames: 0, storedReadings: 0, refused: [message])
        gauges.committed(receipt, messages: 1, rejected: [], took: .zero, at: .epoch)
        #expect(gauges.ingest.rejected == ["too-many-machines": 1])
    }
}
