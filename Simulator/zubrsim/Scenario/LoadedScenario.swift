import FleetConfiguration
import FleetModel
import FleetSimulation
import Foundation
import Rehearsal

/// A scenario with the machines and the catalog it needs.
struct LoadedScenario {
    var scenario: Scenario
    var machines: [Machine]
    var catalog: Catalog
    var failures: FailureLibrary
    /// Where machines that are brought for work stand.
    var centers: [ServiceCenterID: Coordinate] = [:]

    /// `name` is a file, or the name of one that is shipped; `configuration` a folder such as `Config`. Services that
    /// the fleet's file dates by how long ago they were count from `start`.
    static func load(
        _ name: String, configuration: String?, start: (Scenario) -> Timestamp
    ) throws -> LoadedScenario {
        let path = try find(name)
        let file = try ScenarioFile.read(try text(of: path), path: path)
        let failures = try loadFailures()
        let folder = try configuration ?? shippedConfigurationFolder()
        do throws(ConfigurationProblems) {
            if let fleet = file.fleet {
                // The folder itself may be the one that is meant, as when a demo passes its own.
                let below = "\(folder)/\(fleet)/zubrd.yaml"
                let daemon = FileManager.default.fileExists(atPath: below) ? below : "\(folder)/zubrd.yaml"
                let loaded = try FleetConfiguration.load(daemon, now: start(file.scenario))
                return LoadedScenario(
                    scenario: file.scenario, machines: loaded.machines, catalog: loaded.catalog, failures: failures,
                    centers: Dictionary(uniqueKeysWithValues: loaded.network.centers.map { ($0.id, $0.position) }))
            }
            return LoadedScenario(
                scenario: file.scenario, machines: file.machines.flatMap(\.machines),
                catalog: try FleetConfiguration.loadCatalog(folder), failures: failures)
        } catch { throw CommandFailure("\(error)") }
    }

    /// The failure modes, which stand beside the folder of the shipped scenarios.
    static func loadFailures() throws -> FailureLibrary {
        let candidates = shippedFolders().map { "\($0)/../failure-modes.yaml" }
        guard let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw CommandFailure("there is no failure-modes.yaml (looked for \(candidates.joined(separator: ", ")))")
        }
        return try FailureModesFile.read(try text(of: path), path: path).library
    }

    /// The same fleet with so many machines: those it has, again and again under other names.
    mutating func resize(to count: Int) {
        guard !machines.isEmpty else { return }
        let few = machines
        machines = (0..<count).map { index in
            var machine = few[index % few.count]
            let round = index / few.count
            guard round > 0 else { return machine }
            let name = String(machine.key.equipment.text.prefix(55))
            machine.key = MachineKey(fleet: machine.key.fleet, equipment: EquipmentID("\(name).\(round + 1)")!)
            return machine
        }
    }

    static func text(of path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("cannot read \(path): check the name and its rights")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure("\(path) is not UTF-8 text; convert it, for example with iconv")
        }
        return text
    }

    private static func find(_ name: String) throws -> String {
        if name.contains("/") || name.hasSuffix(".yaml") { return name }
        let folders = shippedFolders()
        for folder in folders {
            let path = "\(folder)/\(name).yaml"
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        throw CommandFailure(
            "there is no scenario \(name) (looked in \(folders.joined(separator: ", "))); give the name of a shipped one or a file"
        )
    }

    /// Above the program, as in the build folder; above the working directory; and where it is installed.
    private static func shippedFolders() -> [String] {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var found: [String] = []
        for start in [program, FileManager.default.currentDirectoryPath + "/"] {
            var folder = start[...]
            while let slash = folder.lastIndex(of: "/") {
                folder = folder[..<slash]
                let candidate = "\(folder)/Simulator/scenarios"
                if FileManager.default.fileExists(atPath: candidate), !found.contains(candidate) {
                    found.append(candidate)
                }
            }
        }
        return found + ["\(sharedFolder())/scenarios"]
    }
}
