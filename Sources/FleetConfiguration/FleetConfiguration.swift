import FleetModel
import FoundationEssentials
import ServiceDesk

/// Everything the operator wrote down, read and checked: the daemon starts with all of it or not at all.
package struct FleetConfiguration: Sendable, Hashable {
    package var daemon: DaemonSettings
    package var desk: DeskRules
    package var catalog: Catalog
    package var rules: [Rule]
    package var network: ServiceNetwork
    package var machines: [Machine]
    /// What is allowed but probably not meant.
    package var warnings: [ConfigurationProblem]
    /// How many values carry which mark, over all files.
    package var marks: [Mark.Kind: Int]

    /// Reads `zubrd.yaml` and the files it names; throws every problem of all of them together.
    ///
    /// - Parameters:
    ///   - now: what a service done some days `ago` counts from.
    ///   - credentials: the folder of what systemd hands to the daemon; `nil` where it hands over nothing.
    package static func load(
        _ daemonFile: String, now: Timestamp = .system,
        credentials: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    ) throws(ConfigurationProblems) -> FleetConfiguration {
        let log = ReadingLog()
        let folder = folder(of: daemonFile)
        let root = document(
            at: daemonFile, log: log, whenMissing: "name zubrd's configuration file, such as /etc/zubr/zubrd.yaml")
        // One that is not there does not say where the others lie: their absence would be our invention.
        if root == nil, FileManager.default.contents(atPath: daemonFile) == nil { try log.throwIfAny() }
        let daemon = root.flatMap { DaemonFile.read($0, folder: folder, credentials: credentials) }
        // A faulty zubrd.yaml does not hide the faults of the files that lie where they usually do.
        let knowledge = Knowledge.read(daemon?.files ?? DaemonFile.Files(in: folder), now: now, log: log)
        try log.throwIfAny()
        guard let daemon, let catalog = knowledge.catalog, let rules = knowledge.rules,
            let network = knowledge.network, let machines = knowledge.machines
        else { preconditionFailure("a file was not read, and no problem says why") }
        warn(of: catalog, network, machines, log)
        if daemon.settings.clock.rate != 1 {
            root?.warn("the clock runs \(shortest(daemon.settings.clock.rate)) times as fast as the real one")
        }
        return FleetConfiguration(
            daemon: daemon.settings, desk: daemon.desk, catalog: catalog, rules: rules, network: network,
            machines: machines, warnings: log.warnings, marks: log.marks)
    }

    /// Reads the catalog and the service plans of a folder that has them under their usual names.
    package static func loadCatalog(_ directory: String) throws(ConfigurationProblems) -> Catalog {
        let log = ReadingLog()
        let files = DaemonFile.Files(in: directory)
        let (catalog, plans) = readCatalog(files, log: log)
        try log.throwIfAny()
        guard let catalog, let plans else { preconditionFailure("a file was not read, and no problem says why") }
        return Catalog(catalog, plans)
    }
}

/// What the files beside `zubrd.yaml` say; `nil` where one could not be read.
private struct Knowledge {
    var catalog: Catalog?
    var rules: [Rule]?
    var network: ServiceNetwork?
    var machines: [Machine]?

    static func read(_ files: DaemonFile.Files, now: Timestamp, log: ReadingLog) -> Knowledge {
        let (catalog, plans) = readCatalog(files, log: log)
        let rules = document(at: files.rules, log: log)
            .flatMap { RulesFile.read($0, catalog: catalog, folder: folder(of: files.rules)) }
        let centers = document(at: files.serviceCenters, log: log)
            .flatMap { ServiceCentersFile.read($0, catalog: catalog) }
        let fleet = document(at: files.fleet, log: log)
            .flatMap { FleetFile.read($0, catalog: catalog, plans: plans, now: now) }
        var whole: Catalog?
        if let catalog, let plans { whole = Catalog(catalog, plans) }
        return Knowledge(
            catalog: whole, rules: rules?.rules, network: centers?.network, machines: fleet?.machines)
    }
}

/// The catalog names plans, and the plans name the catalog's sources.
private func readCatalog(_ files: DaemonFile.Files, log: ReadingLog) -> (CatalogFile?, ServicePlansFile?) {
    let plansRoot = document(at: files.servicePlans, log: log)
    let planNames = plansRoot.flatMap { ServicePlansFile.names($0) }
    let catalog = document(at: files.catalog, log: log).flatMap { CatalogFile.read($0, plans: planNames) }
    let plans = plansRoot.flatMap { ServicePlansFile.read($0, sources: catalog?.declared.sources) }
    return (catalog, plans)
}

extension Catalog {
    fileprivate init(_ catalog: CatalogFile, _ plans: ServicePlansFile) {
        self.init(classes: catalog.classes, models: catalog.models, plans: plans.plans, sources: catalog.sources)
    }
}

extension Timestamp {
    /// What the machine's own clock says now.
    package static var system: Timestamp {
        Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1e6).rounded()))
    }
}

/// Things that are allowed, and that somebody should look at.
private func warn(of catalog: Catalog, _ network: ServiceNetwork, _ machines: [Machine], _ log: ReadingLog) {
    let operating = network.centers.filter { $0.status == .operating }
    func warn(_ key: String, _ message: String) {
        log.warn(ConfigurationProblem(file: "configuration", key: key, message: message))
    }
    if operating.isEmpty { warn("centers", "no service center is operating: every work order will be uncovered") }
    for model in Set(machines.map(\.model)).sorted() {
        guard let found = catalog.models[model] else { continue }
        guard let plan = catalog.plan(of: model) else {
            warn(model.text, "the model has no service plan: its machines will never be due for anything")
            continue
        }
        let certified = operating.filter {
            $0.brands.value.contains(found.brand) && ($0.models.isEmpty || $0.models.contains(model))
        }
        for service in plan.services where service.performer == .center {
            if !certified.contains(where: { $0.meets(service.requirement) }) {
                warn(model.text, "no operating service center can do \(service.code) of \(plan.id)")
            }
        }
    }
}

extension ServiceCenter {
    /// Whether it does the kind of work, and has the permit and the lift; where it is does not matter here.
    package func meets(_ requirement: JobRequirement) -> Bool {
        jobs.value.contains(requirement.job) && (hasHighVoltagePermit.value || !requirement.needsHighVoltagePermit)
            && liftTonnes.value >= requirement.liftTonnes && (tier != .field || !requirement.needsWorkshop)
    }
}
