import FleetModel
import FleetRuntime

@testable import FleetConsole

/// A made-up fleet at one moment.
enum SampleFleet {
    static let now = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
    static let families: [ModelID: String] = [
        ModelID("BELAZ-75131")!: "haul truck", ModelID("MTZ-82")!: "tractor", ModelID("GS-12")!: "harvester",
        ModelID("MAZ-6501")!: "road vehicle", ModelID("BKM-E433")!: "electric bus",
    ]

    static func status(state: StatusDocument.State = .running, problems: [String] = []) -> StatusDocument {
        var broker = BrokerDocument()
        broker.address = "127.0.0.1:1883"
        broker.isConnected = true
        broker.droppedMessages = 0
        var ingest = IngestDocument()
        ingest.readings = 1_234_567
        ingest.lastCommitAt = now
        return StatusDocument(
            version: "0.1.0", state: state, problems: problems, startedAt: now - .hours(2), now: now,
            clock: ClockDocument(epoch: now, rate: 1), broker: broker, ingest: ingest,
            store: StoreDocument(
                path: "/var/lib/zubr/zubr.db", databaseBytes: 1_000_000, walBytes: 1_000, freeBytes: 8 << 30,
                fullAt: nil, frames: 10, quarantined: 0, gaps: 0, missingFrames: 0, duplicateFrames: 12,
                redeliveredMessages: 13),
            machines: MachineCounts(), orders: [:], alertsFiring: 0)
    }

    static func machine(
        _ name: String, _ model: String?, health: MachineHealth = .ok,
        service: ServiceStanding.Status? = nil, remaining: Double = 12, machineClass: String? = nil
    ) -> MachineDocument {
        var machine = MachineDocument(
            equipment: MachineKey(name)!, isRegistered: model != nil, health: health)
        machine.model = model.flatMap { ModelID($0) }
        machine.machineClass = machineClass.flatMap { MachineClassID($0) }
        machine.nextService = service.map {
            ServiceStanding(
                code: "TO-2", title: "TO-2", status: $0, performer: .center, done: 1,
                trigger: "every 500 h (sourced: belaz_to)", mark: Mark(.sourced, source: "belaz_to"),
                remaining: remaining, unit: "h", due: DueDate(exactly: now + .days(2)))
        }
        return machine
    }

    static func order(
        _ number: Int, _ machine: String = "kuzbass-coal/truck-17", family: String? = "haul truck",
        machineClass: String? = nil,
        center: String? = "ru-kuz-belovo", state: WorkOrder.State = .open, refused: [Refusal] = [],
        roadKilometres: Double = 130, offers: [WorkOrder.Offer] = [], openedAt: Timestamp = now
    ) -> WorkOrderDocument {
        var order = WorkOrder(
            id: WorkOrderID("WO-\(padded(number, 6))")!,
            need: Need(
                machine: MachineKey(machine)!, key: .service(code: "TO-2", done: number), title: "TO-2",
                reason: "500 h since the last (sourced: belaz_to)", severity: .minor,
                due: DueDate(exactly: now + .days(3)), durationHours: 8, labourPersonHours: 26,
                requirement: JobRequirement(job: .majorService)),
            state: state, openedAt: openedAt, center: center.flatMap { ServiceCenterID($0) },
            mode: center == nil ? nil : .fieldCrew, offers: offers, refused: refused)
        if let center = order.center {
            order.ranking = [
                Candidate(
                    center: center, mode: .fieldCrew, geodesicKilometres: 100, roadKilometres: roadKilometres,
                    returnToWorkHours: 21, travelHours: 3, waitHours: 2, partsHours: 4, jobHours: 12, mark: .assumed)
            ]
        }
        return WorkOrderDocument(
            order, family: family, machineClass: machineClass.flatMap { MachineClassID($0) })
    }

    static func refusal(_ center: String, _ reason: String, kilometres: Double) -> Refusal {
        Refusal(center: ServiceCenterID(center)!, reason: reason, roadKilometres: kilometres)
    }

    static func offer(_ center: String, _ outcome: WorkOrder.Offer.Outcome, _ reason: String? = nil) -> WorkOrder.Offer
    {
        WorkOrder.Offer(
            center: ServiceCenterID(center)!, offeredAt: now - .hours(5), outcome: outcome, reason: reason,
            answeredAt: now - .hours(4))
    }

    /// Sixty machines and many orders: more than a small screen holds.
    static var busy: DemoSnapshot {
        let models = ["BELAZ-75131", "MTZ-82", "GS-12", "MAZ-6501", "BKM-E433"]
        let machines = (0..<60).map {
            machine(
                "fleet-\($0 % 4)/unit-\($0)", models[$0 % 5], health: MachineHealth.allCases[$0 % 5],
                service: ServiceStanding.Status.allCases[$0 % 5], remaining: Double($0 - 30))
        }
        let placed = (0..<20).map {
            order(
                $0, "fleet-0/unit-\($0)", center: "center-\($0 % 6)",
                refused: [refusal("center-x", "lifts 10 t, the job takes 42 t (assumed)", kilometres: 12)])
        }
        let uncovered = order(
            90, "far-north/truck-1", center: nil, state: .uncovered,
            refused: [refusal("center-y", "1800 km by road, its crews go 600 km", kilometres: 1_800)])
        let declined = order(
            91, center: "center-2",
            offers: [offer("center-1", .declined, "no crew free"), offer("center-2", .received)])
        return DemoSnapshot(
            status: status(), machines: machines, orders: placed + [uncovered, declined], messagesPerSecond: 812,
            families: families)
    }
}
