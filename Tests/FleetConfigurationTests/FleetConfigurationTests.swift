import FleetConfiguration
import FleetModel
import Testing

@Test("probe")
func probe() throws {
    for file in ["Config/zubrd.yaml", "Config/demo/zubrd.yaml"] {
        do throws(ConfigurationProblems) {
            let c = try FleetConfiguration.load(file)
            print(c.notes().joined(separator: "\n"))
            for w in c.warnings { print("WARN", w) }
            if file == "Config/zubrd.yaml" { for r in c.rules { print(r.id, r.condition, r.classes.sorted(), r.mark) } }
        } catch { print(error); Issue.record("problems") }
    }
}
