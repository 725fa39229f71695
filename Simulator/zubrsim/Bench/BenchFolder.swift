import FleetConfiguration
import FleetModel
import Foundation
import Rehearsal

/// The folder a benchmark works in.
enum BenchFolder {
    /// Leaves nothing of an earlier run in it and writes the daemon's configuration: the shipped one with this fleet.
    static func prepare(_ folder: String, machines: Int) throws {
        try WorkFolder.prepare(folder)
        let shipped = try shippedConfigurationFolder()
        // Registered machines, or there would be no service to foresee and the evaluator would have less to do.
        var fleet = "fleets:\n  \(BenchLoad.fleet): {owner: Bench, contact: nobody}\n"
        fleet += "sites:\n  pit: {title: Pit, position: [54.3, 86.2]}\nmachines:\n"
        for machine in BenchLoad.machines(machines) {
            fleet +=
                "  - {fleet: \(BenchLoad.fleet), equipment: \(machine.key.equipment), model: \(machine.model), site: pit}\n"
        }
        try fleet.write(toFile: "\(folder)/fleet.yaml", atomically: true, encoding: .utf8)
        try """
        database: zubr.db
        socket: zubrd.sock
        files:
          catalog: \(shipped)/catalog.yaml
          service_plans: \(shipped)/service-plans.yaml
          rules: \(shipped)/rules.yaml
          service_centers: \(shipped)/service-centers.yaml
          fleet: fleet.yaml

        """.write(toFile: "\(folder)/zubrd.yaml", atomically: true, encoding: .utf8)
    }
}
