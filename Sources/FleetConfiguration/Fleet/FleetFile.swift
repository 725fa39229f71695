import FleetModel

/// What `fleet.yaml` says: owners, sites and machines with their meters and last services.
struct FleetFile {
    var machines: [Machine] = []

    /// `now` is what `ago` counts from.
    static func read(_ root: Entry, catalog: CatalogFile?, plans: ServicePlansFile?, now: Timestamp) -> FleetFile? {
        root.fields { fields in
            let fleets = fields.required("fleets")?.fleetOwners() ?? [:]
            let sites = fields.required("sites")?.sites() ?? [:]
            let reader = MachineReader(fleets: fleets, sites: sites, catalog: catalog, plans: plans, now: now)
            let machines = fields.required("machines")?.list { entry in
                reader.machine(entry).map { (machine: $0, entry: entry) }
            }
            guard let machines else { return nil }
            var seen: Set<MachineKey> = []
            for (machine, entry) in machines where !seen.insert(machine.key).inserted {
                entry.report("the machine \(machine.key) is listed twice", "remove one, or rename its equipment")
            }
            return FleetFile(machines: machines.map(\.machine))
        }
    }
}

private struct FleetOwner {
    var owner: String
    var contact: String
}

private struct Site {
    var title: String
    var position: Coordinate
}

extension Entry {
    fileprivate func fleetOwners() -> [String: FleetOwner]? {
        let pairs = named { name, key, value -> (String, FleetOwner)? in
            guard let id = FleetID(name), id != .centers else {
                key.report(
                    "\"\(name)\" cannot be a fleet's id",
                    "use 1 to 64 of A-Z a-z 0-9 _ . : - and not the reserved id centers")
                return nil
            }
            return value.fields { fields in
                let owner = fields.required("owner")?.text()
                let contact = fields.required("contact")?.text()
                return (name, FleetOwner(owner: owner ?? "", contact: contact ?? ""))
            }
        }
        return pairs.map { Dictionary($0) { first, _ in first } }
    }

    fileprivate func sites() -> [String: Site]? {
        let pairs = named { name, _, value in
            value.fields { fields -> (String, Site)? in
                let title = fields.required("title")?.text()
                let position = fields.required("position")?.position()
                guard let title, let position else { return nil }
                return (name, Site(title: title, position: position))
            }
        }
        return pairs.map { Dictionary($0) { first, _ in first } }
    }
}

private struct MachineReader {
    let fleets: [String: FleetOwner]
    let sites: [String: Site]
    let catalog: CatalogFile?
    let plans: ServicePlansFile?
    let now: Timestamp

    func machine(_ entry: Entry) -> Machine? {
        entry.fields { fields in
            let fleet = fields.required("fleet")?.reference(FleetID.self, to: "fleet", in: Set(fleets.keys))
            let equipment = fields.required("equipment")?.id(EquipmentID.self)
            let model = fields.required("model")?
                .reference(ModelID.self, to: "model", in: catalog?.declared.models)
            let pin = fields.optional("pin")?.text()
            let vin = fields.optional("vin")?.vin()
            let site = fields.required("site").flatMap(site)
            let owner = fields.optional("owner")?.text()
            let contact = fields.optional("contact")?.text()
            let inService = fields.optional("in_service")?.date()
            let meters = fields.optional("meters")?.meters() ?? [:]
            let codes = model.flatMap { knownServices(of: $0) }
            let last =
                fields.optional("last")?.named { code, key, value -> (String, ServiceRecord)? in
                    if let codes, !codes.contains(code) {
                        key.report(
                            "the model's plan has no service \"\(code)\"", suggestion(for: code, among: codes))
                    }
                    return value.serviceRecord(now: now).map { (code, $0) }
                } ?? []
            guard let fleet, let equipment, let model else { return nil }
            return Machine(
                key: MachineKey(fleet: fleet, equipment: equipment), model: model, pin: pin, vin: vin,
                site: site?.title ?? "", sitePosition: site?.position, owner: owner ?? fleets[fleet.text]?.owner ?? "",
                contact: contact ?? fleets[fleet.text]?.contact ?? "", inService: inService?.description,
                meters: meters, lastServices: Dictionary(last) { first, _ in first })
        }
    }

    private func site(_ entry: Entry) -> Site? {
        guard let name = entry.text() else { return nil }
        guard let site = sites[name] else {
            entry.report("unknown site \"\(name)\"", suggestion(for: name, among: sites.keys))
            return nil
        }
        return site
    }

    /// The codes of the model's plan; `nil` when the plan is not known, or faulty itself.
    private func knownServices(of model: ModelID) -> Set<String>? {
        guard let catalog, let plans, let found = catalog.models[model] else { return nil }
        let plan = found.plan ?? catalog.classes[found.machineClass]?.plan
        return plan.flatMap { plans.plans[$0] }.map { Set($0.services.map(\.code)) }
    }
}

extension Entry {
    /// A vehicle identification number: 17 characters, without I, O and Q (ISO 3779).
    fileprivate func vin() -> String? {
        guard let text = text() else { return nil }
        guard isVehicleNumber(text) else {
            report("\"\(text)\" is not a VIN", "a VIN has 17 letters and digits, none of them I, O or Q")
            return nil
        }
        return text
    }

    /// `{engine_hours: 12340, fuel_used_total: 1800000}`
    fileprivate func meters() -> [Meter: Double]? {
        fields { fields in fields.meters() }
    }

    /// `{at: 2026-05-02, engine_hours: 12100}`; `ago: 9d` in place of `at` counts from the daemon's start.
    fileprivate func serviceRecord(now: Timestamp) -> ServiceRecord? {
        fields { fields in
            let when = fields.exactlyOne(of: ["at", "ago"])
            let meters = fields.meters()
            switch when?.name {
            case "at": return when?.value.date().map { ServiceRecord(performedAt: $0.startOfDay, meters: meters) }
            case "ago": return when?.value.duration().map { ServiceRecord(performedAt: now - $0, meters: meters) }
            default: return nil
            }
        }
    }
}

extension Fields {
    fileprivate func meters() -> [Meter: Double] {
        var meters: [Meter: Double] = [:]
        for meter in Meter.allCases {
            if let entry = optional(meter.rawValue) { meters[meter] = entry.number(in: 0...1e9) }
        }
        return meters
    }
}

func isVehicleNumber(_ text: String) -> Bool {
    text.utf8.count == 17
        && text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || ((0x41...0x5A).contains(byte) && !"IOQ".utf8.contains(byte))
        }
}
