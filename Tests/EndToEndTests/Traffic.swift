import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Support
import Synchronization

/// Machines with true clocks that send without a pause until they are stopped.
final class Traffic: Sendable {
    let machines: [MachineKey]
    private let sent = Mutex<UInt64>(0)
    private let isStopped = Mutex(false)
    private let publisher: MosquittoPublisher

    /// How many frames were published, of all machines together.
    var frames: Int64 { Int64(sent.withLock { $0 }) * Int64(machines.count) }

    init(broker: String, machines: [MachineKey]) throws {
        self.machines = machines
        publisher = MosquittoPublisher(try BrokerSettings(url: broker, clientID: "test-traffic"))
    }

    /// Sends a frame of each machine every `pause` while `body` runs; returns when the broker has them all.
    func flow(every pause: Duration = .milliseconds(20), while body: () async throws -> Void) async throws {
        isStopped.withLock { $0 = false }
        let sending = Task {
            while !isStopped.withLock({ $0 }) {
                let number = sent.withLock { sent in
                    sent += 1
                    return sent
                }
                for machine in machines { try await send(machine, number) }
                try await Task.sleep(for: pause)
            }
            try await publisher.drain()
        }
        do {
            try await body()
        } catch {
            isStopped.withLock { $0 = true }
            try? await sending.value
            throw error
        }
        isStopped.withLock { $0 = true }
        try await sending.value
    }

    func close() async { await publisher.close() }

    private func send(_ machine: MachineKey, _ number: UInt64) async throws {
        let body =
            #"{"boot":1,"seq":\#(number),"at":"\#(Timestamp.systemNow().iso8601)","signals":{"coolant_temp":80}}"#
        try await publisher.publish(
            OutgoingMessage(topic: "zubr/v1/\(machine)/telemetry", body: Array(body.utf8)))
    }
}
