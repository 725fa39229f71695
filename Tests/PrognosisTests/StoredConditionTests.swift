import FleetModel
import FoundationEssentials
import Prognosis
import Testing

@Suite("A machine's condition in storage")
struct StoredConditionTests {
    @Test("it comes back as it was, and a monitor that goes on with it finds the same", arguments: 0..<30)
    func restart(after count: Int) throws {
        let rules = [ThresholdRuleTests.hot(), FaultRuleTests.rule("all")]
        let monitor = ConditionMonitor(rules: rules, catalog: Pit.catalog())
        let frames = (0..<30).map { (second: Int) -> Frame in
            let temperature: Double = second % 20 < 10 ? 110 : 90
            let hours = Double(second) / 1_000
            return Pit.frame(
                Double(second) * 3, [(Pit.coolant, temperature), (.engineHours, hours)],
                faults: second % 7 < 3 ? [Pit.code(110, 0)] : [])
        }
        var condition = MachineCondition()
        var findings: [Finding] = []
        for (index, frame) in frames.enumerated() {
            if index == count {
                let stored = try JSONEncoder().encode(condition)
                let copy = try JSONDecoder().decode(MachineCondition.self, from: stored)
                #expect(copy == condition)
                condition = copy
            }
            findings += monitor.observe(
                frame, receivedAt: frame.observedAt, machine: Pit.truck, model: Pit.model, condition: &condition)
        }
        let undisturbed = Pit.watch(rules, frames)
        #expect(findings == undisturbed.findings)
        #expect(condition == undisturbed.condition)
        #expect(findings.count >= 4)
    }
}
