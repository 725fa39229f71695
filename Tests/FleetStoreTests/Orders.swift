import FleetModel
import FleetRuntime

@testable import FleetStore

func order(
    _ number: Int, machine: MachineKey = truck, code: String = "TO-2", state: WorkOrder.State = .open
) -> WorkOrder {
    let need = Need(
        machine: machine, key: .service(code: code, done: 0), title: code, reason: "250 h since the last",
        severity: .minor, durationHours: 8, labourPersonHours: 16,
        requirement: JobRequirement(job: .majorService, liftTonnes: 10))
    return WorkOrder(
        id: WorkOrderID("WO-\(number)")!, need: need, state: state, openedAt: start + .seconds(number), center: belovo,
        mode: .fieldCrew)
}

func alert(
    _ rule: String, machine: MachineKey = truck, severity: Severity = .major, number: Int = 1,
    state: Alert.State = .firing
) -> Alert {
    let finding = Finding(
        machine: machine, episode: EpisodeKey(rule: RuleID(rule)!, number: number), title: rule, severity: severity,
        raisedAt: start, evidence: "seen")
    return Alert(finding: finding, state: state, firedAt: start)
}

func evaluation(cursor: Int64 = 1, replies: Int64 = 0, at time: Timestamp = start, orders: Int64 = 0) -> Evaluation {
    Evaluation(cursor: JournalCursor(cursor), replyCursor: replies, at: time, lastOrderNumber: orders)
}
