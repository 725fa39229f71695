import FleetModel
import Prognosis

/// A small pit: one haul truck of one class, a plan like a maker's, and the words the tests speak.
enum Pit {
    static let truck = MachineKey("kuzbass-coal/truck-17")!
    static let model = ModelID("BELAZ-75131")!
    static let haul = MachineClassID("haul_truck")!
    static let start = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
    static let coolant = Signal("coolant_temp")
    static let oil = Signal("oil_pressure")
    static let rpm = Signal("engine_speed")

    static func catalog(_ services: [ServiceInterval] = []) -> Catalog {
        let plan = ServicePlanID("belaz_hours")!
        return Catalog(
            classes: [
                haul: MachineClass(
                    id: haul, title: "Haul truck", family: "haul truck", plan: plan,
                    signals: [
                        coolant: SignalSpecification(
                            signal: coolant, title: "Coolant", unit: "°C", range: -40...210),
                        oil: SignalSpecification(signal: oil, title: "Oil pressure", unit: "kPa", range: 0...1_000),
                    ])
            ],
            models: [model: MachineModel(id: model, machineClass: haul, brand: "BELAZ")],
            plans: [plan: ServicePlan(id: plan, title: "BELAZ, hours", services: services)])
    }

    static func service(
        _ code: String, _ triggers: [ServiceTrigger], schedule: ServiceInterval.Schedule = .fixed,
        once: Bool = false, performer: ServiceInterval.Performer = .center, includes: [String] = [],
        window: Double = 0.1
    ) -> ServiceInterval {
        ServiceInterval(
            code: code, title: "Service \(code)", triggers: triggers, schedule: schedule, isOnce: once,
            dueSoonShare: window, performer: performer, includes: includes,
            tasks: Marked(["change oil"], .assumed), parts: Marked(["oil"], .assumed),
            durationHours: Marked(4.5, .assumed), labourPersonHours: Marked(14, .assumed),
            requirement: JobRequirement(job: .minorService))
    }

    static func hours(_ every: Double) -> ServiceTrigger { .meter(.engineHours, every: Marked(every, .assumed)) }
    static func kilometres(_ every: Double) -> ServiceTrigger { .meter(.odometer, every: Marked(every, .assumed)) }

    static func machine(
        meters: [Meter: Double] = [:], lastServices: [String: ServiceRecord] = [:], inService: String? = nil
    ) -> Machine {
        Machine(key: truck, model: model, inService: inService, meters: meters, lastServices: lastServices)
    }

    static func frame(
        _ second: Double, _ readings: [(Signal, Double)] = [], faults: [DiagnosticTroubleCode]? = nil
    ) -> Frame {
        Frame(
            boot: 1, seq: 0, observedAt: start + .seconds(second), readings: readings.map { Reading($0.0, $0.1) },
            faults: faults)
    }

    static func code(_ spn: UInt32, _ fmi: UInt8, from source: UInt8 = 0) -> DiagnosticTroubleCode {
        DiagnosticTroubleCode(spn: SPN(spn)!, fmi: FMI(fmi)!, sourceAddress: SourceAddress(source), occurrenceCount: 3)
    }

    /// The findings of a run of frames, in the order given.
    static func watch(_ rules: [Rule], _ frames: [Frame], model: ModelID? = model) -> (
        findings: [Finding], condition: MachineCondition
    ) {
        let monitor = ConditionMonitor(rules: rules, catalog: catalog())
        var condition = MachineCondition()
        var findings: [Finding] = []
        for frame in frames {
            findings += monitor.observe(
                frame, receivedAt: frame.observedAt, machine: truck, model: model, condition: &condition)
        }
        return (findings, condition)
    }

    /// A machine whose engine hours started at `from` and grew by each of `daily` in whole UTC days, an hourly
    /// reading each, from 2026-03-02.
    static func used(_ daily: [Double], from first: Double = 0, meter: Meter = .engineHours) -> MachineCondition {
        let monitor = ConditionMonitor(rules: [], catalog: catalog())
        var condition = MachineCondition()
        var (shown, time) = (first, Timestamp(iso8601: "2026-03-01T23:00:00Z")!)
        func send() {
            let frame = Frame(boot: 1, seq: 0, observedAt: time, readings: [Reading(meter.signal, shown)])
            _ = monitor.observe(frame, receivedAt: time, machine: truck, model: model, condition: &condition)
        }
        send()
        time += .hours(1)
        send()
        for use in daily {
            for _ in 0..<24 {
                time += .hours(1)
                shown += use / 24
                send()
            }
        }
        return condition
    }
}
