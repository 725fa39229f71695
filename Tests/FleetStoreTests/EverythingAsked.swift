import FleetModel
import FleetRuntime
import Support

@testable import FleetStore

/// Rows that are imported with tags, twice the same measurement, and a line that cannot be taken.
let importedRows = """
    readings,name=truck-4,fleet=fleet-1,driver=Ann velocity=1.5,fuel_state=0.5 1772352000000000000
    readings,name=truck-4,fleet=fleet-1,driver=Bob velocity=2.5 1772352001000000000
    readings,fleet=fleet-1 velocity=2.5 1772352002000000000

    """

/// The same as an import that is interrupted after its first lines.
let interruptedRows =
    importedRows + """
        diagnostics,name=truck-9,fleet=fleet-2 status=1 1772352003000000000
        readings,name=truck-4,fleet=fleet-1 velocity=3 1772352004000000000

        """

/// Whatever the answers are: a trap would end the tests.
extension FleetDatabase {
    func askEverything() async {
        _ = try? await counts()
        _ = try? await machines()
        for machine in (try? await machineKeys()) ?? [] {
            _ = try? await self.machine(machine)
            _ = try? await exportFrames(of: machine, tags: (try? await tagSets()) ?? [:]) { _ in }
        }
        _ = try? await workOrders(includingFinal: true)
        _ = try? await alerts(includingResolved: true)
        _ = try? await gaps()
        _ = try? await quarantine(limit: 100)
        _ = try? await quarantined([1, 2])
        _ = try? await turnedAwayForTime(after: 0, limit: 10)
        _ = try? await lastTurnedAway()
        _ = try? await newestArrival()
        _ = try? await registryVersion()
        _ = try? await registeredMachines()
        _ = try? await pendingAcknowledgements()
        _ = try? await dueDispatches(at: start + .days(1), limit: 10)
        _ = try? await journal(after: .start, limit: 1_000)
        _ = try? await rejectedLines(limit: 100)
        let fleet = MachineSelection(fleets: [FleetID("fleet-1")!])
        let forms: [SeriesQuestion.Form] = [
            .readings, .last, .steps(.minutes(1), [.mean, .first, .rate, .percentile(0.5)]),
            .steps(.hours(1), [.count, .sum, .timeWeightedMean]),
        ]
        for form in forms {
            for (from, to) in [(start, start + .days(1)), (.distantPast, .distantFuture)] {
                _ = try? await answer(SeriesQuestion(machines: fleet, from: from, to: to, form: form))
            }
        }
        for kind in FleetQuestion.Kind.allCases {
            let question = FleetQuestion(
                kind, at: start + .hours(1.3), fleet: kind.takesFleet ? "fleet-1" : nil,
                equipment: kind.takesEquipment ? MachineKey("fleet-1/truck-4") : nil)
            _ = try? await answer(question)
        }
        for text in [
            "SELECT count(*), avg(value) FROM samples",
            "SELECT *, boot, seq FROM samples WHERE equipment = 'fleet-1/truck-4' ORDER BY observed_at DESC LIMIT 5",
            "SELECT equipment, signal, max(value) FROM samples WHERE fleet = 'fleet-2' GROUP BY 1, 2",
            "SELECT fleet, count(*) FROM machine GROUP BY 1", "SELECT * FROM segment", "SELECT * FROM import",
        ] {
            _ = try? await ask(text)
        }
    }

    func doEverything() async {
        let truck = MachineKey("fleet-1/truck-4")!
        let now = start + .hours(2)
        _ = try? await resume()
        var incoming = batch(truck, [frame(900), frame(901, boot: 2)], at: now)
        incoming.rejected = [
            RejectedMessage(
                topic: "zubr/v1/a/b/telemetry", body: [1], rejection: Rejection(.notJSON, "why"), receivedAt: now)
        ]
        _ = try? await commit(incoming)
        _ = try? await load(interruptedRows, .lineProtocol)
        _ = try? await load(
            "observed_at,equipment,signal,value\n2026-03-01T08:00:00Z,fleet-1/truck-4,speed,3\n", .csv)
        let seen = (try? await onWriter("test") { try Cursor.journal.value($0) }) ?? 1
        var round = evaluation(cursor: seen, at: now)
        round.orders = [order(1, machine: truck, state: .closed), order(7, machine: truck, code: "TO-3")]
        round.alerts = [alert("a", machine: truck, state: .resolved)]
        round.conditions[truck] = .init()
        _ = try? await commit(round)
        _ = try? await register([Machine(key: truck, model: ModelID("BELAZ-7513R")!, site: "Pit 4")])
        _ = try? await acknowledge(
            AlertAcknowledgement(
                machine: truck, episode: EpisodeKey(rule: RuleID("a")!, number: 1), by: "Ann", at: now))
        _ = try? await bringForward(to: now, now: now)
        _ = try? await noteClockMoved(upTo: 1)
        _ = try? await transfer(MachineTransfer(from: truck, to: MachineKey("fleet-7/truck-4")!, at: now))
        _ = try? await sealAll()
        _ = try? await compact()
        take(
            catalog: Catalog(), limits: IngestLimits(),
            retention: RetentionSettings(readings: .days(1), minutes: .days(2), hours: .days(30)))
        // Minutes first, then hours, then nothing.
        for days in [1.5, 3, 40] {
            for _ in 0..<5 {
                guard (try? await expire(at: start + .days(days))) == true else { break }
            }
            take(
                catalog: Catalog(), limits: IngestLimits(),
                retention: RetentionSettings(readings: .days(1), minutes: .days(2), hours: .days(30)))
        }
    }
}
