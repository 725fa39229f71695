import FleetModel
import Prognosis
import Testing

@Suite("Silence")
struct SilenceRuleTests {
    let silent = Rule(
        id: RuleID("silent")!, title: "Nothing heard", condition: .silence(.minutes(30)), severity: .minor,
        clearAfter: .minutes(5))

    @Test("a machine that was never heard is not silent")
    func neverHeard() {
        let monitor = ConditionMonitor(rules: [silent], catalog: Pit.catalog())
        var condition = MachineCondition()
        #expect(monitor.watch(now: Pit.start, machine: Pit.truck, model: Pit.model, condition: &condition).isEmpty)
    }

    @Test(
        "silence is judged on our clock, whatever the machine's says",
        arguments: [(after: 1_799.0, raised: 0), (after: 1_800.0, raised: 1)] as [(after: Double, raised: Int)]
    )
    func raising(after: Double, raised: Int) {
        let monitor = ConditionMonitor(rules: [silent], catalog: Pit.catalog())
        var condition = MachineCondition()
        // Its own clock is two hours behind.
        _ = monitor.observe(
            Pit.frame(-7_200, [(Pit.coolant, 90)]), receivedAt: Pit.start, machine: Pit.truck, model: Pit.model,
            condition: &condition)
        let findings = monitor.watch(
            now: Pit.start + .seconds(after), machine: Pit.truck, model: Pit.model, condition: &condition)
        #expect(findings.count == raised)
        if raised == 1 { #expect(findings[0].evidence == "nothing received for 30 min, limit 30 min (assumed)") }
        #expect(
            monitor.watch(
                now: Pit.start + .seconds(after), machine: Pit.truck, model: Pit.model, condition: &condition
            ).isEmpty)
    }

    @Test("it clears once frames have come for the clearing time, late ones too")
    func clearing() {
        let monitor = ConditionMonitor(rules: [silent], catalog: Pit.catalog())
        var condition = MachineCondition()
        func hear(_ observed: Double, at received: Double) {
            _ = monitor.observe(
                Pit.frame(observed, [(Pit.coolant, 90)]), receivedAt: Pit.start + .seconds(received),
                machine: Pit.truck, model: Pit.model, condition: &condition)
        }
        func watch(_ second: Double) -> [Finding] {
            monitor.watch(
                now: Pit.start + .seconds(second), machine: Pit.truck, model: Pit.model, condition: &condition)
        }
        hear(0, at: 0)
        #expect(watch(1_800).count == 1)
        hear(-100, at: 2_000)
        #expect(watch(2_000).isEmpty)
        #expect(watch(2_299).isEmpty)
        #expect(watch(2_300).map(\.clearedAt) == [Pit.start + .seconds(2_300)])
    }
}
