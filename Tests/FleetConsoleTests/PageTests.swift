import FleetModel
import FleetRuntime
import Testing

@testable import FleetConsole

@Suite("Pages")
struct PageTests {
    @Test("work orders: those without a center come first and loud, the others say why that center")
    func workOrders() {
        var page = Page.plain
        page.show(WorkOrdersDocument(now: SampleFleet.now, workOrders: SampleFleet.busy.orders), isVerbose: false)
        #expect(page.lines[0] == "NO CAPABLE CENTER IN REACH: 1 work orders that somebody must place")
        #expect(page.lines[2].contains("center-y: 1800 km by road"))
        let declined = page.lines.first { $0.hasPrefix("WO-000091") }
        #expect(declined?.contains("center-1 declined: no crew free") == true)
        #expect(declined?.contains("in 3 d") == true)
    }

    @Test("verbose adds every refusal, every offer and the estimate with its mark")
    func verbose() {
        let order = SampleFleet.order(
            7, refused: [SampleFleet.refusal("x", "not certified for BELAZ", kilometres: 12)],
            offers: [SampleFleet.offer("y", .declined, "no crew"), SampleFleet.offer("ru-kuz-belovo", .accepted)])
        var page = Page.plain
        page.show(WorkOrdersDocument(now: SampleFleet.now, workOrders: [order]), isVerbose: true)
        let text = page.lines.joined(separator: "\n")
        #expect(text.contains("not x (12 km): not certified for BELAZ"))
        #expect(text.contains("offered to y 5 h ago: declined, no crew"))
        #expect(text.contains("back at work in 21 h: travel 3.0"))
        #expect(text.contains("130 km by road (assumed)"))
        #expect(text.contains("500 h since the last (sourced: belaz_to)"))
    }

    @Test("a machine's page shows limits and due dates with their marks")
    func machine() {
        let summary = SampleFleet.machine("kuzbass-coal/truck-17", "BELAZ-75131", service: .dueSoon)
        let detail = MachineDetailDocument(
            summary: summary, registration: nil, services: [summary.nextService!],
            signals: [
                SignalDocument(
                    signal: Signal("coolant_temp"), value: 91.5, observedAt: SampleFleet.now - .minutes(2), unit: "°C",
                    limits: "normal 80 to 95 (assumed); critical > 103 (assumed)")
            ], faults: ["SPN 110 FMI 0 SA 0"], alerts: [], orders: [SampleFleet.order(1)],
            gaps: [GapDocument(equipment: summary.equipment, boot: 1, firstSeq: 5, lastSeq: 7)])
        var page = Page.plain
        page.show(detail, now: SampleFleet.now)
        let text = page.lines.joined(separator: "\n")
        for part in [
            "critical > 103 (assumed)", "every 500 h (sourced: belaz_to)", "12 h left", "in 2 d: 2026-03-03",
            "SPN 110 FMI 0 SA 0", "WO-000001", "2 min ago",
        ] { #expect(text.contains(part), "\(part) in\n\(text)") }
    }

    @Test(
        "whether a machine is connected is said in the words of its status topic",
        arguments: [
            (true, "connected", "connected"), (false, "disconnected", "disconnected"), (nil, "-", "never said"),
        ]
            as [(Bool?, String, String)])
    func connection(isConnected: Bool?, inList: String, onPage: String) {
        var machine = SampleFleet.machine("a/truck", "MTZ-82")
        machine.isConnected = isConnected
        var list = Page.plain
        list.show(MachinesDocument(now: SampleFleet.now, machines: [machine]))
        #expect(list.lines[1].split(separator: " ").dropFirst(3).first == Substring(inList))
        var page = Page.plain
        page.show(
            MachineDetailDocument(
                summary: machine, registration: nil, services: [], signals: [], faults: [], alerts: [], orders: [],
                gaps: []), now: SampleFleet.now)
        let line = page.lines.first { $0.hasPrefix("connection") }
        #expect(line?.dropFirst("connection".count).drop { $0 == " " } == Substring(onPage))
    }

    @Test("machines: the worst first, and an estimate is marked as one")
    func machines() {
        var silent = SampleFleet.machine("a/silent", "MTZ-82", health: .silent, service: .due)
        silent.nextService?.due = DueDate(
            p10: SampleFleet.now, p50: SampleFleet.now + .days(4), p90: SampleFleet.now + .days(9), isEstimate: true)
        var page = Page.plain
        page.show(
            MachinesDocument(
                now: SampleFleet.now, machines: [silent, SampleFleet.machine("b/bad", "MTZ-82", health: .critical)]))
        #expect(page.lines[1].hasPrefix("b/bad") && page.lines[2].hasPrefix("a/silent"))
        #expect(page.lines[2].contains("TO-2 due ~in 4 d (sourced)"))
    }

    @Test("status: a broker that is gone, a filling disk and gaps are said in words")
    func status() {
        var status = SampleFleet.status(state: .degraded, problems: ["the disk is full"])
        status.broker.isConnected = false
        status.broker.lastFailure = "connection refused"
        status.store.fullAt = SampleFleet.now + .days(3)
        status.store.gaps = 2
        status.store.missingFrames = 9
        var page = Page.plain
        page.show(status)
        let text = page.lines.joined(separator: "\n")
        for part in [
            "degraded", "the disk is full", "NOT connected to 127.0.0.1:1883: connection refused", "full in 3 d",
            "2, 9 frames missing",
        ] { #expect(text.contains(part), "\(part) in\n\(text)") }
    }

    @Test("every page fits its screen", arguments: [40, 80, 132])
    func width(columns: Int) {
        var page = Page(width: columns, style: .plain)
        page.show(SampleFleet.status(state: .degraded, problems: [String(repeating: "why ", count: 60)]))
        page.show(WorkOrdersDocument(now: SampleFleet.now, workOrders: SampleFleet.busy.orders), isVerbose: true)
        page.show(MachinesDocument(now: SampleFleet.now, machines: SampleFleet.busy.machines))
        #expect(page.lines.allSatisfy { displayWidth($0) <= columns })
    }

    @Test("the quarantine says when messages had to make room, and only then", arguments: [0, 7] as [Int64])
    func dropped(count: Int64) {
        var page = Page.plain
        page.show(
            QuarantineDocument(total: 0, byReason: [:], messages: [], dropped: count), now: SampleFleet.now)
        #expect(page.lines.contains { $0.contains("7 older messages were thrown out") } == (count > 0))
    }

    @Test("replies without effect are listed, also when the quarantine is empty")
    func strayReplies() {
        var page = Page.plain
        let reply = QuarantineDocument.StrayReply(
            receivedAt: SampleFleet.now - .hours(2), center: ServiceCenterID("ru-kuz-belovo")!,
            order: WorkOrderID("WO-000077")!, state: "accepted", why: "there is no such order")
        page.show(
            QuarantineDocument(total: 0, byReason: [:], messages: [], strayReplies: [reply]), now: SampleFleet.now)
        #expect(page.lines.contains("The quarantine is empty."))
        #expect(page.lines.last == "2 h ago   ru-kuz-belovo  WO-000077  accepted  there is no such order")
    }

    @Test("the status tells of jumped meters and stray replies, and counts one as one")
    func attention() {
        var status = SampleFleet.status()
        status.strayReplies = 1
        status.ingest.messages = 1
        status.outbox.waiting = 1
        status.outbox.oldestAt = status.now - .minutes(10)
        status.meterJumps = [
            MeterJumpDocument(
                equipment: MachineKey("north/truck-1")!, meter: .engineHours, at: status.now, from: 10_234.5, to: 12)
        ]
        var page = Page.plain
        page.show(status)
        let text = page.lines.joined(separator: "\n")
        for part in [
            "1 reply to orders that are not theirs", "1 message, 0 frames",
            "1 offer not yet received by a center, the oldest written 10 min ago",
            "north/truck-1 engine_hours 10234.5 → 12 on 2026-03-01: exchanged, or a broken sensor?",
        ] {
            #expect(text.contains(part), "\(text)")
        }
    }

    @Test("an empty list is said to be empty")
    func empty() {
        var page = Page.plain
        page.show(GapsDocument(now: SampleFleet.now, gaps: []))
        page.show(AlertsDocument(now: SampleFleet.now, alerts: []))
        page.show(QuarantineDocument(total: 0, byReason: [:], messages: []), now: SampleFleet.now)
        #expect(page.lines.count == 3 && page.lines.allSatisfy { !$0.isEmpty })
    }
}
