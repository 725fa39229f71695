import FleetConfiguration
import FleetModel
import Foundation
import Testing

@Suite("the shipped configuration")
struct ShippedConfigurationTests {
    let shipped: FleetConfiguration
    let demo: FleetConfiguration

    init() throws {
        shipped = try FleetConfiguration.load("\(configFolder)/zubrd.yaml", now: testNow)
        demo = try FleetConfiguration.load("\(configFolder)/demo/zubrd.yaml", now: testNow)
    }

    @Test("it holds what the facts have")
    func counts() {
        let summary = shipped.summary()
        #expect(summary.classes == 14)
        #expect(summary.models == 28)
        #expect(summary.plans == 13)
        #expect(summary.centers == ["operating": 16, "announced": 11, "invented": 23])
        // What is listed gets orders, and those go to real centers.
        #expect(summary.machines == 0)
        #expect(summary.values.values.allSatisfy { $0 > 0 })
        #expect(shipped.notes().count == 5)
    }

    @Test(
        "the example fleet is a good fleet.yaml with a machine of every kind, and so is what fleet.yaml has commented out"
    )
    func exampleFleet() throws {
        let example = try String(contentsOfFile: "\(configFolder)/fleet.example.yaml", encoding: .utf8)
        try withConfiguration(replacing: "fleet.yaml", by: example) { daemonFile in
            let machines = try FleetConfiguration.load(daemonFile, now: testNow).machines
            #expect(machines.count == 6)
            #expect(Set(machines.map(\.model)).count == 6)
        }
        let comment = try String(contentsOfFile: "\(configFolder)/fleet.yaml", encoding: .utf8)
            .split(separator: "\n").filter { $0.hasPrefix("#") }.drop { $0 != "# fleets:" }
        let text = comment.map { $0.dropFirst(2) + "\n" }.joined()
        try withConfiguration(replacing: "fleet.yaml", by: text) { daemonFile in
            let machines = try FleetConfiguration.load(daemonFile, now: testNow).machines
            #expect(machines.map(\.key.description) == ["kuzbass-coal/truck-17"])
        }
    }

    @Test("an interval and its mark are as read")
    func interval() throws {
        let plan = try #require(shipped.catalog.plans[ServicePlanID("mtz_hours")!])
        let first = try #require(plan.services.first { $0.code == "TO-1" })
        #expect(first.triggers == [.meter(.engineHours, every: Marked(125, Mark(.sourced, source: "mtz_82_to")))])
        #expect(first.schedule == .fixed)
        #expect(plan.covered(by: "TO-3") == ["TO-3", "TO-2", "2TO-1", "TO-1", "ETO"])
    }

    @Test("a plan that extends another one has its services, changed as written")
    func extended() throws {
        let plans = shipped.catalog.plans
        let small = try #require(plans[ServicePlanID("mtz_82_hours")!])
        #expect(small.services.map(\.code) == plans[ServicePlanID("mtz_hours")!]?.services.map(\.code))
        #expect(
            small.services.first { $0.code == "TO-2" }?.triggers.last
                == .meter(.fuelUsed, every: Marked(5_000, Mark(.derived, source: "mtz_82_to"))))
        let robot = try #require(plans[ServicePlanID("belaz_hours_autonomy")!])
        #expect(robot.services.map(\.code) == ["EO", "TO-1", "TO-2", "TO-3", "TO-4", "SO", "AEO", "ATO-1", "ATO-2"])
        #expect(robot.services.first { $0.code == "TO-3" }?.requirement.needsHighVoltagePermit == true)
        #expect(shipped.catalog.plan(of: ModelID("BELAZ-7513R")!)?.id == robot.id)
        #expect(shipped.catalog.plan(of: ModelID("MAZ-5440")!)?.id.text == "maz_road_km")
    }

    @Test("every limit and every normal range names a source of the catalog, or is assumed")
    func marks() {
        for machineClass in shipped.catalog.classes.values {
            for specification in machineClass.signals.values {
                for mark in specification.limits.map(\.mark) + [specification.normal?.mark].compactMap(\.self) {
                    #expect((mark.kind == .assumed) == (mark.source == nil))
                    #expect(mark.source.map { shipped.catalog.sources[$0] != nil } ?? true)
                }
            }
        }
    }

    @Test("a limit keeps its value, time to hold, conditions and mark")
    func limit() throws {
        let truck = try #require(shipped.catalog.classes[MachineClassID("haul_truck_de")!])
        let limits = try #require(truck.signals[Signal("engine_oil_pressure")]).limits
        #expect(
            limits.contains(
                Limit(
                    severity: .critical, comparison: .below, value: 207, hold: .seconds(3),
                    when: [Rule.Guard(Signal("engine_rpm"), .above, 1_500)],
                    mark: Mark(.borrowed, source: "cummins_b"))))
    }

    @Test("a rule by the catalog's limit becomes one rule for every different limit")
    func ruleVariants() throws {
        let hot = shipped.rules.filter { $0.id.text.hasPrefix("coolant-hot") }
        #expect(
            Set(hot.map(\.id.text)) == ["coolant-hot.diesel_haul", "coolant-hot.road_vehicle", "coolant-hot.tractor"])
        let tractor = try #require(hot.first { $0.id.text.hasSuffix("tractor") })
        #expect(
            tractor.condition
                == .threshold(Signal("coolant_temp"), .above, threshold: 105, reset: 100, when: []))
        #expect(tractor.raiseAfter == .seconds(15))
        let pressure = try #require(shipped.rules.first { $0.id.text == "tractor-transmission-pressure-low" })
        #expect(
            pressure.condition
                == .threshold(
                    Signal("trans_oil_pressure"), .below, threshold: 0.7, reset: 0.8,
                    when: [Rule.Guard(Signal("engine_rpm"), .above, 1_200)]))
        #expect(
            tractor.classes.map(\.text).sorted() == ["combine_grain", "forage_harvester", "tractor", "wheel_loader"])
        // One class never has two rules of one id: what is raised is told apart by it.
        #expect(Set(shipped.rules.map(\.id)).count == shipped.rules.count)
    }

    @Test("every family that moves has thresholds, and every one is missed when it is silent")
    func families() {
        for (id, machineClass) in shipped.catalog.classes {
            let mine = shipped.rules.filter { $0.classes.contains(id) }
            #expect(mine.contains { if case .silence = $0.condition { true } else { false } }, "\(id)")
            guard !["car", "trailer"].contains(machineClass.family) else { continue }
            #expect(mine.contains { if case .threshold = $0.condition { true } else { false } }, "\(id)")
        }
    }

    @Test("zubrd.yaml states the defaults")
    func defaults() {
        #expect(shipped.daemon.limits == IngestLimits())
        #expect(shipped.daemon.broker == BrokerSettings())
        #expect(shipped.daemon.clock == .real)
        #expect(shipped.desk == .init())
        #expect(shipped.daemon.socket == "/run/zubr/zubrd.sock")
        #expect(shipped.daemon.database == "/var/lib/zubr/zubr.db")
    }

    @Test("the service network says what of it was read")
    func network() throws {
        let ufa = try #require(shipped.network[ServiceCenterID("ru-ufa-maz")!])
        #expect(ufa.brands == Marked(["MAZ"], Mark(.sourced, source: "ufa")))
        #expect(ufa.hours.utcOffsetMinutes == 300)
        #expect(ufa.jobs.mark == .assumed)
        #expect(!ufa.jobs.value.contains(.overhaulService))
        let khakassia = try #require(shipped.network[ServiceCenterID("ru-khk-tasheba")!])
        #expect(khakassia.liftTonnes.value == 60)
    }

    // MARK: The demonstration

    @Test("the demonstration has sixty machines of every family, each with a plan and a place")
    func demoFleet() {
        #expect(demo.machines.count == 60)
        var families: [String: Int] = [:]
        for machine in demo.machines {
            let found = demo.catalog.machineClass(of: machine.model)
            families[found?.family ?? "?", default: 0] += 1
            #expect(demo.catalog.plan(of: machine.model) != nil)
            #expect(machine.sitePosition != nil)
            #expect(machine.pin != nil || machine.vin != nil)
            #expect(machine.lastServices.values.allSatisfy { $0.performedAt <= testNow })
            for record in machine.lastServices.values {
                for (meter, value) in record.meters { #expect(value <= machine.meters[meter] ?? 0, "\(machine.key)") }
            }
        }
        #expect(
            families == ["haul truck": 16, "tractor": 14, "harvester": 10, "road vehicle": 12, "electric bus": 8])
        #expect(demo.machines.filter { $0.model.text == "BELAZ-7513R" }.count == 5)
        #expect(demo.daemon.clock.rate == 7_200)
    }

    @Test("every service of the demonstration's machines can be done by some hub of its brand")
    func demoServices() {
        for model in Set(demo.machines.map(\.model)) {
            guard let plan = demo.catalog.plan(of: model), let brand = demo.catalog.models[model]?.brand else {
                continue
            }
            for service in plan.services where service.performer == .center {
                #expect(
                    demo.network.centers.contains {
                        $0.tier == .hub && $0.brands.value.contains(brand) && $0.meets(service.requirement)
                    }, "\(model) \(service.code)")
            }
        }
    }

    @Test("in the demonstration something of every family is due within three days")
    func demoDue() {
        let perDay: [String: Double] = [
            "haul truck": 20, "tractor": 10, "harvester": 10, "road vehicle": 200, "electric bus": 190,
        ]
        var due: [String: Int] = [:]
        for machine in demo.machines {
            guard let plan = demo.catalog.plan(of: machine.model),
                let family = demo.catalog.machineClass(of: machine.model)?.family
            else { continue }
            let isDue = plan.services.contains { service in
                guard service.performer == .center, !service.isOnce, let last = machine.lastServices[service.code]
                else { return false }
                return service.triggers.contains { trigger in
                    guard case .meter(let meter, let every) = trigger, let now = machine.meters[meter],
                        let then = last.meters[meter]
                    else { return false }
                    let next =
                        service.schedule == .fixed
                        ? ((then / every.value).rounded(.down) + 1) * every.value : then + every.value
                    return next <= now + 3 * (perDay[family] ?? 0)
                }
            }
            if isDue { due[family, default: 0] += 1 }
        }
        #expect(due.count == 5)
        #expect(due.values.allSatisfy { $0 >= 3 }, "\(due)")
    }

    @Test("the demonstration is patient with silence, and otherwise has the shipped rules")
    func demoRules() {
        #expect(Set(demo.rules.map(\.id)) == Set(shipped.rules.map(\.id)))
        for rule in demo.rules {
            if case .silence(let span) = rule.condition { #expect(span >= .hours(12)) }
        }
    }
}
