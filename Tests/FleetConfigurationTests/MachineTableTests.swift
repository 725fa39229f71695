import FleetConfiguration
import FleetModel
import Testing

@Suite("machines from a table")
struct MachineTableTests {
    let catalog: Catalog

    init() throws { catalog = try FleetConfiguration.loadCatalog(configFolder) }

    private func read(_ text: String) throws(ConfigurationProblems) -> [Machine] {
        try FleetConfiguration.machines(csv: text, name: "machines.csv", catalog: catalog, now: testNow)
    }

    private func complaint(_ text: String) -> String {
        do throws(ConfigurationProblems) {
            _ = try read(text)
            return "no problem"
        } catch {
            return error.description
        }
    }

    @Test("every column is taken over")
    func whole() throws {
        let machines = try read(
            """
            fleet,equipment,model,pin,site,latitude,longitude,owner,contact,in_service,engine_hours,fuel_used_total,last:TO-1,last:TO-2,last:SO
            coal,truck-1,BELAZ-75131,PIN1,Pit,54.3,86.2,"Coal, Ltd","say ""hello""
            at night",2021-05-14,31240.5,100,2026-02-20 31002,31002,2025-10-16

            """)
        let machine = try #require(machines.first)
        #expect(machines.count == 1)
        #expect(machine.key.description == "coal/truck-1")
        #expect(machine.owner == "Coal, Ltd")
        #expect(machine.contact == "say \"hello\"\nat night")
        #expect(machine.sitePosition == Coordinate(latitude: 54.3, longitude: 86.2))
        #expect(machine.meters == [.engineHours: 31_240.5, .fuelUsed: 100])
        #expect(machine.inService == "2021-05-14")
        #expect(
            machine.lastServices == [
                "TO-1": ServiceRecord(
                    performedAt: Timestamp(iso8601: "2026-02-20T00:00:00Z")!, meters: [.engineHours: 31_002]),
                "TO-2": ServiceRecord(performedAt: testNow, meters: [.engineHours: 31_002]),
                "SO": ServiceRecord(performedAt: Timestamp(iso8601: "2025-10-16T00:00:00Z")!),
            ])
    }

    @Test(
        "line ends, a byte order mark, empty lines and a missing last line end do not matter",
        arguments: [
            "fleet,equipment,model\na,b,GS12\n", "fleet,equipment,model\r\na,b,GS12\r\n",
            "\u{FEFF}fleet,equipment,model\n\na,b,GS12", "model,fleet,equipment\n\"GS12\",\"a\",\"b\"",
        ])
    func forms(_ text: String) throws {
        let machines = try read(text)
        #expect(machines.map(\.key.description) == ["a/b"])
        #expect(machines.map(\.model.text) == ["GS12"])
    }

    @Test(
        "what is wrong is said with its line and column",
        arguments: [
            ("", "machines.csv: the file is empty"),
            ("fleet,equipment\na,b\n", "machines.csv:1:1: the column \"model\" is missing"),
            (
                "fleet,equipment,modle\na,b,c\n",
                "machines.csv:1:17: modle: unknown column \"modle\"; did you mean \"model\"?"
            ),
            ("fleet,equipment,model,model\na,b,GS12,GS12\n", "machines.csv:1:23: model: this column is given twice"),
            (
                "fleet,equipment,model\na,b,GS13\n",
                "machines.csv:2:5: model: unknown model \"GS13\"; did you mean \"GS12\"?"
            ),
            ("fleet,equipment,model\na,b\n", "machines.csv:2:1: the row has 2 fields, the header 3"),
            ("fleet,equipment,model\na,b,GS12\na,b,GS12\n", "machines.csv:3:1: the machine a/b is listed twice"),
            ("fleet,equipment,model\n\"a,b,GS12\n", "machines.csv:2:1: this quote is never closed"),
            ("fleet,equipment,model\n\"a\"x,b,GS12\n", "machines.csv:2:4: text after a closing quote"),
            ("fleet,equipment,model\na\"x,b,GS12\n", "machines.csv:2:2: a quote in the middle of a field"),
            ("fleet,equipment,model\ncenters,b,GS12\n", "machines.csv:2:1: fleet: the id centers is reserved"),
            ("fleet,equipment,model\n\"a\nb\",c,GS12\na,,GS12\n", "machines.csv:4:3: equipment: nothing is given"),
            (
                "fleet,equipment,model,latitude\na,b,GS12,95\n",
                "machines.csv:2:10: latitude: expected a number, found \"95\"; allowed: -90 to 90"
            ),
            (
                "fleet,equipment,model,latitude,longitude\na,b,GS12,54,\n",
                "machines.csv:2:10: latitude: latitude and longitude belong together"
            ),
            (
                "fleet,equipment,model,engine_hours,last:TO-9\na,b,GS12,5,2026-01-01\n",
                "machines.csv:2:12: last:TO-9: the model's plan has no service \"TO-9\""
            ),
            (
                "fleet,equipment,model,last:TO-1\na,b,GS12,soon\n",
                "machines.csv:2:10: last:TO-1: \"soon\" is not a last service"
            ),
            (
                "fleet,equipment,model,last:TO-1\na,b,GS12,240\n",
                "machines.csv:2:10: last:TO-1: a meter is given, but the row has none"
            ),
        ])
    func complaints(_ text: String, _ expected: String) {
        #expect(complaint(text).contains(expected), "said: \(complaint(text))")
    }
}
