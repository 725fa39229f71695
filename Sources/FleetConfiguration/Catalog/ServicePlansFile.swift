import FleetModel

/// What `service-plans.yaml` says: which services a machine gets, and when.
///
/// A plan may extend another one: it has all its services, changes some by `adjust` and adds its own.
struct ServicePlansFile {
    var plans: [ServicePlanID: ServicePlan] = [:]
    /// Also the faulty ones.
    var declared: Set<String> = []

    /// The plans' names alone, which the catalog refers to before its sources are known to the plans.
    static func names(_ root: Entry) -> Set<String>? {
        guard let plans = root.node.mapping?["plans"] else { return nil }
        return plans.mapping.map { Set($0.keys.compactMap(\.string)) }
    }

    static func read(_ root: Entry, sources: Set<String>?) -> ServicePlansFile? {
        root.fields { fields in
            guard let entry = fields.required("plans") else { return nil }
            var file = ServicePlansFile()
            let drafts = entry.named { name, key, value in
                ServicePlanDraft(name, key: key, value, sources: sources)
            }
            guard let drafts else { return nil }
            file.declared = Set(drafts.map(\.id.text))
            let byID = Dictionary(drafts.map { ($0.id, $0) }) { first, _ in first }
            for draft in drafts {
                if let plan = draft.plan(among: byID, declared: file.declared) { file.plans[plan.id] = plan }
            }
            return file
        }
    }
}

/// A plan as written, before what it extends is put in.
private struct ServicePlanDraft {
    var id: ServicePlanID
    var entry: Entry
    var title: String?
    var base: (id: ServicePlanID, entry: Entry)?
    var services: [Slot]
    var adjustments: [ServiceAdjustment]

    /// A service by its code; one whose own values are faulty still has its place, so that nothing else about the
    /// plan is reported because of them.
    struct Slot {
        var code: String
        var interval: ServiceInterval?
        var entry: Entry
    }

    init?(_ name: String, key: Entry, _ entry: Entry, sources: Set<String>?) {
        guard let id = ServicePlanID(name) else {
            key.report("\"\(name)\" cannot be an id", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
            return nil
        }
        self.id = id
        self.entry = entry
        let read = entry.fields { fields in
            let title = fields.required("title")?.text()
            let base = fields.optional("extends").flatMap { entry in
                entry.id(ServicePlanID.self).map { (id: $0, entry: entry) }
            }
            _ = fields.optional("note")?.text()
            let services =
                fields.optional("services")?.list { entry -> Slot? in
                    let interval = entry.serviceInterval(sources: sources)
                    let code = interval?.code ?? entry.node.mapping?["code"]?.string
                    return code.map { Slot(code: $0, interval: interval, entry: entry) }
                } ?? []
            let adjustments =
                fields.optional("adjust")?.named { code, key, value in
                    ServiceAdjustment(code: code, key: key, value, sources: sources)
                } ?? []
            return (title, base, services, adjustments)
        }
        (title, base, services, adjustments) = read ?? (nil, nil, [], [])
    }

    /// The whole plan, checked; problems are recorded where they stand.
    func plan(among drafts: [ServicePlanID: ServicePlanDraft], declared: Set<String>) -> ServicePlan? {
        var chain: [ServicePlanDraft] = []
        var next: ServicePlanDraft? = self
        while let draft = next {
            guard !chain.contains(where: { $0.id == draft.id }) else {
                base?.entry.report(
                    "the plans extend each other in a circle: \(chain.map(\.id.text).joined(separator: ", "))",
                    "let one of them stand on its own")
                return nil
            }
            chain.append(draft)
            guard let base = draft.base else { break }
            next = drafts[base.id]
            if next == nil, draft.id == id {
                base.entry.report(
                    "unknown service plan \"\(base.id)\"", suggestion(for: base.id.text, among: declared))
            }
        }
        var slots: [Slot] = []
        for draft in chain.reversed() {
            for adjustment in draft.adjustments {
                guard let index = slots.firstIndex(where: { $0.code == adjustment.code }) else {
                    if draft.id == id { adjustment.reportUnknown(among: slots.map(\.code)) }
                    continue
                }
                if let interval = slots[index].interval { slots[index].interval = adjustment.applied(to: interval) }
            }
            for slot in draft.services {
                guard !slots.contains(where: { $0.code == slot.code }) else {
                    if draft.id == id {
                        slot.entry.report("the code \"\(slot.code)\" is used twice in this plan", "rename one")
                    }
                    continue
                }
                slots.append(slot)
            }
        }
        checkIncludes(slots)
        let intervals = slots.compactMap(\.interval)
        guard let title, intervals.count == slots.count else { return nil }
        return ServicePlan(id: id, title: title, services: intervals)
    }

    /// What is included must exist, and no service may include itself, however far round.
    private func checkIncludes(_ slots: [Slot]) {
        let codes = Set(slots.map(\.code))
        let plan = ServicePlan(id: id, title: "", services: slots.compactMap(\.interval))
        for slot in services {
            guard let interval = slot.interval else { continue }
            for code in interval.includes where !codes.contains(code) {
                slot.entry.report(
                    "\(slot.code) includes the unknown service \"\(code)\"", suggestion(for: code, among: codes))
            }
            if interval.includes.contains(where: { plan.covered(by: $0).contains(slot.code) }) {
                slot.entry.report(
                    "\(slot.code) includes itself by way of \(interval.includes.joined(separator: ", "))",
                    "a service may only include smaller ones")
            }
        }
    }
}

/// What an extending plan changes of an inherited service.
private struct ServiceAdjustment {
    var code: String
    var key: Entry
    var moreTriggers: [ServiceTrigger]
    var requirement: JobRequirement?

    init(code: String, key: Entry, _ entry: Entry, sources: Set<String>?) {
        self.code = code
        self.key = key
        let read = entry.fields { fields in
            let triggers = fields.optional("more_triggers")?.list { $0.serviceTrigger(sources: sources) } ?? []
            return (triggers, fields.optional("requires")?.jobRequirement())
        }
        (moreTriggers, requirement) = read ?? ([], nil)
    }

    func applied(to interval: ServiceInterval) -> ServiceInterval {
        var adjusted = interval
        adjusted.triggers += moreTriggers
        if let requirement { adjusted.requirement = requirement }
        return adjusted
    }

    func reportUnknown(among codes: [String]) {
        key.report("there is no inherited service \"\(code)\" to adjust", suggestion(for: code, among: codes))
    }
}
