import FleetModel

/// What `catalog.yaml` says: sources, groups of signals, classes and models.
struct CatalogFile {
    var sources: [String: String] = [:]
    /// By group and signal.
    var groups: [String: [Signal: SignalSpecification]] = [:]
    var classes: [MachineClassID: MachineClass] = [:]
    /// Which group a class took a signal from: what rules of several limits are told apart by.
    var origins: [MachineClassID: [Signal: String]] = [:]
    var models: [ModelID: MachineModel] = [:]
    /// Every name that is written there, also where what it names is faulty: a second problem about a name
    /// that only its own fault made unknown would mislead.
    var declared = Declared()

    struct Declared {
        var sources: Set<String> = []
        var signals: Set<String> = []
        var groups: Set<String> = []
        var classes: Set<String> = []
        var families: Set<String> = []
        var models: Set<String> = []
        var brands: Set<String> = []
    }

    /// `nil` when the file cannot be read at all; `plans` are the names that may be referred to.
    static func read(_ root: Entry, plans: Set<String>?) -> CatalogFile? {
        root.fields { fields in
            let sources = fields.required("sources")
            let groups = fields.required("signals")
            let classes = fields.required("classes")
            let models = fields.required("models")
            var file = CatalogFile()
            if let sources { file.readSources(sources) }
            if let groups { file.readGroups(groups) }
            if let classes { file.readClasses(classes, plans: plans) }
            if let models { file.readModels(models, plans: plans) }
            return file
        }
    }

    private mutating func readSources(_ entry: Entry) {
        let pairs = entry.named { name, _, value in (name, value.text()) } ?? []
        declared.sources = Set(pairs.map(\.0))
        for case (let name, let text?) in pairs { sources[name] = text }
    }

    // MARK: Signals

    private mutating func readGroups(_ entry: Entry) {
        // The names first: a condition may speak of a signal that stands further down.
        let names =
            entry.named { group, _, signals in
                (group, signals.named { signal, key, _ in key.signalName(signal) } ?? [])
            } ?? []
        declared.groups = Set(names.map(\.0))
        declared.signals = Set(names.flatMap(\.1))
        let declared = declared
        let read =
            entry.named { group, _, signals in
                (
                    group,
                    signals.named { name, _, value in
                        value.signalSpecification(Signal(name), declared: declared)
                    } ?? []
                )
            } ?? []
        for (group, specifications) in read {
            groups[group] = Dictionary(specifications.map { ($0.signal, $0) }) { first, _ in first }
        }
    }

    // MARK: Classes

    private mutating func readClasses(_ entry: Entry, plans: Set<String>?) {
        let file = self
        let read =
            entry.named { name, key, value -> (String, MachineClass?, [Signal: String])? in
                guard let id = MachineClassID(name) else {
                    key.report("\"\(name)\" cannot be an id", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
                    return nil
                }
                let (found, origins) = file.readClass(id, value, plans: plans) ?? (nil, [:])
                return (name, found, origins)
            } ?? []
        declared.classes = Set(read.map(\.0))
        for case (_, let found?, let origins) in read {
            classes[found.id] = found
            self.origins[found.id] = origins
            declared.families.insert(found.family)
        }
    }

    private func readClass(
        _ id: MachineClassID, _ entry: Entry, plans: Set<String>?
    ) -> (MachineClass, [Signal: String])? {
        entry.fields { fields in
            let title = fields.required("title")?.text()
            let family = fields.required("family")?.text()
            let plan = fields.optional("plan")?.reference(ServicePlanID.self, to: "service plan", in: plans)
            let names =
                fields.required("signals")?.list { item -> String? in
                    guard let name = item.text() else { return nil }
                    guard declared.groups.contains(name) else {
                        item.report(
                            "unknown group of signals \"\(name)\"", suggestion(for: name, among: declared.groups))
                        return nil
                    }
                    return name
                } ?? []
            let isAutonomous = fields.optional("autonomous")?.flag() ?? false
            let isHighVoltage = fields.optional("high_voltage")?.flag() ?? false
            let isRoadLegal = fields.optional("road_legal")?.flag() ?? false
            guard let title, let family else { return nil }
            var signals: [Signal: SignalSpecification] = [:]
            var origins: [Signal: String] = [:]
            // A later group has the last word on a signal that an earlier one has too.
            for group in names {
                for (signal, specification) in groups[group] ?? [:] {
                    signals[signal] = specification
                    origins[signal] = group
                }
            }
            let found = MachineClass(
                id: id, title: title, family: family, plan: plan, signals: signals, isAutonomous: isAutonomous,
                isHighVoltage: isHighVoltage, isRoadLegal: isRoadLegal)
            return (found, origins)
        }
    }

    // MARK: Models

    private mutating func readModels(_ entry: Entry, plans: Set<String>?) {
        let declared = declared
        let read =
            entry.named { name, key, value -> (String, MachineModel?)? in
                guard let id = ModelID(name) else {
                    key.report("\"\(name)\" cannot be an id", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
                    return nil
                }
                return (name, value.machineModel(id, declared: declared, plans: plans))
            } ?? []
        self.declared.models = Set(read.map(\.0))
        for case (_, let model?) in read {
            models[model.id] = model
            self.declared.brands.insert(model.brand)
        }
    }
}

extension Entry {
    fileprivate func machineModel(
        _ id: ModelID, declared: CatalogFile.Declared, plans: Set<String>?
    ) -> MachineModel? {
        fields { fields in
            let sources = declared.sources
            let machineClass = fields.required("class")?
                .reference(MachineClassID.self, to: "class of machines", in: declared.classes)
            let brand = fields.required("brand")?.text()
            let plan = fields.optional("plan")?.reference(ServicePlanID.self, to: "service plan", in: plans)
            let emptyMass = fields.optional("empty_mass_tonnes")?.markedNumber(sources: sources, in: 0.1...1_000)
            let payload = fields.optional("payload_tonnes")?.markedNumber(sources: sources, in: 0...1_000)
            let power = fields.optional("power_kilowatts")?.markedNumber(sources: sources, in: 0...10_000)
            let facts =
                fields.optional("facts")?.named { name, _, value in
                    value.marked(sources: sources) { $0.text() }.map { (name, $0) }
                } ?? []
            guard let machineClass, let brand else { return nil }
            return MachineModel(
                id: id, machineClass: machineClass, brand: brand, plan: plan, emptyMassTonnes: emptyMass,
                payloadTonnes: payload, powerKilowatts: power, facts: Dictionary(facts) { first, _ in first })
        }
    }
}
