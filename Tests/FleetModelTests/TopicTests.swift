import FleetModel
import Testing

@Suite("A topic")
struct TopicTests {
    @Test(
        "is read and written as itself",
        arguments: [
            ("zubr/v1/north/truck-17/telemetry", Topic.machine(MachineKey("north/truck-17")!, .telemetry)),
            ("zubr/v1/north/truck-17/faults", .machine(MachineKey("north/truck-17")!, .faults)),
            ("zubr/v1/a.b/c:d_e/status", .machine(MachineKey("a.b/c:d_e")!, .status)),
            ("zubr/v1/centers/ru-kuz-belovo/replies", .replies(ServiceCenterID("ru-kuz-belovo")!)),
            ("zubr/v1/centers/ru-kuz-belovo/work-orders", .workOrders(ServiceCenterID("ru-kuz-belovo")!)),
        ])
    func roundTrip(text: String, topic: Topic) throws {
        #expect(try Topic(text) == topic)
        #expect(topic.description == text)
    }

    @Test(
        "of any other form is refused",
        arguments: [
            ("", Rejection.Reason.badTopic), ("zubr", .badTopic), ("zubr/v1/a/b", .badTopic),
            ("zubr/v1/a/b/telemetry/x", .badTopic),
            ("/zubr/v1/a/b/telemetry", .badTopic), ("zubr/v2/a/b/telemetry", .badTopic),
            ("ZUBR/v1/a/b/telemetry", .badTopic),
            ("zubr/v1//b/telemetry", .badTopic), ("zubr/v1/a//telemetry", .badTopic), ("zubr/v1/a/b/", .badTopic),
            ("zubr/v1/a/b/Telemetry", .badTopic), ("zubr/v1/a b/c/telemetry", .badTopic),
            ("zubr/v1/+/b/telemetry", .badTopic),
            ("zubr/v1/a/#/telemetry", .badTopic), ("zubr/v1/a/b\n/telemetry", .badTopic),
            ("zubr/v1/a/é/telemetry", .badTopic),
            ("zubr/v1/\(String(repeating: "a", count: 65))/b/telemetry", .badTopic),
            ("zubr/v1/centers/a b/replies", .badTopic),
            ("zubr/v1/centers/truck-17/telemetry", .reservedFleet), ("zubr/v1/centers/truck-17/status", .reservedFleet),
        ])
    func refusing(text: String, reason: Rejection.Reason) throws {
        let rejection = try #require(throws: Rejection.self) { try Topic(text) }
        #expect(rejection.reason == reason)
        #expect(!rejection.detail.isEmpty && rejection.detail.utf8.count <= 160)
    }

    @Test("every topic that comes in is subscribed to, the outgoing ones are not")
    func subscriptions() {
        #expect(
            Topic.subscriptions == [
                "zubr/v1/+/+/telemetry", "zubr/v1/+/+/faults", "zubr/v1/+/+/status", "zubr/v1/centers/+/replies",
            ])
    }
}
