import FleetModel
import FleetRuntime
import Testing

@testable import FleetConsole

@Suite("The demonstration's page")
struct DemoPageTests {
    @Test(
        "fits its screen and shows each part",
        arguments: [(80, 24), (80, 25), (100, 30), (120, 40), (200, 60)])
    func fits(width: Int, height: Int) {
        let lines = DemoPage.lines(SampleFleet.busy, width: width, height: height, style: .plain, footer: "q ends")
        #expect(lines.count == height)
        #expect(lines.allSatisfy { displayWidth($0) <= width })
        #expect(lines.last == "q ends")
        for part in [
            "Zubr demo  2026-03-01T08:00Z", "812 messages/s", "NO CAPABLE CENTER", "SERVICES", "CENTER", "LAST EVENTS",
        ] {
            #expect(lines.contains { $0.contains(part) }, "\(part) in\n\(lines.joined(separator: "\n"))")
        }
        for family in SampleFleet.families.values { #expect(lines.contains { $0.hasPrefix(family) }) }
    }

    @Test("never overruns even a screen that is too small for it", arguments: [1, 5, 9, 12])
    func tooSmall(height: Int) {
        let lines = DemoPage.lines(SampleFleet.busy, width: 40, height: height, style: .plain, footer: "q")
        #expect(lines.count == height)
        #expect(lines.allSatisfy { displayWidth($0) <= 40 })
    }

    @Test("shows everything when nothing bounds it")
    func unbounded() {
        let text = DemoPage.lines(SampleFleet.busy, width: nil, height: nil, style: .plain).joined(separator: "\n")
        for number in 0..<20 { #expect(text.contains("WO-\(padded(number, 6))")) }
        #expect(
            text.contains("WO-000091 kuzbass-coal/truck-17 TO-2: center-1 declined (no crew free), sent on to center-2")
        )
        #expect(text.contains("nearer center-x: lifts 10 t, the job takes 42 t (assumed)"))
        #expect(text.contains("center-y: 1800 km by road, its crews go 600 km"))
        #expect(text.contains("every 500 h (sourced: belaz_to)"), "a limit is shown with its mark")
    }

    @Test("the most pressing service comes first")
    func pressing() {
        let lines = DemoPage.lines(SampleFleet.busy, width: nil, height: nil, style: .plain)
        let first = lines.firstIndex { $0.hasPrefix("SERVICES") }.map { lines[$0 + 1] }
        #expect(first?.contains("overdue") == true)
    }

    @Test("says when the daemon is degraded, and why")
    func degraded() {
        var snapshot = SampleFleet.busy
        snapshot.status = SampleFleet.status(state: .degraded, problems: ["the disk is full"])
        let lines = DemoPage.lines(snapshot, width: 80, height: 24, style: .plain)
        #expect(lines.contains("DEGRADED: the disk is full"))
    }

    @Test("an empty fleet is a page too")
    func empty() {
        let snapshot = DemoSnapshot(
            status: SampleFleet.status(), machines: [], orders: [], messagesPerSecond: 0, families: [:])
        let lines = DemoPage.lines(snapshot, width: 80, height: 24, style: .plain, footer: "q")
        #expect(lines.count == 24)
        #expect(lines.contains("WORK ORDERS: none open") && lines.contains("SERVICES: none due soon"))
        #expect(!lines.contains { $0.contains("NO CAPABLE CENTER") })
    }
}
