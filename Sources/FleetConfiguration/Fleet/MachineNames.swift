import FleetModel
import FoundationEssentials

extension FleetConfiguration {
    /// The machines that a table names in its columns `fleet` and `equipment`; its other columns are passed over.
    ///
    /// The file of `zubr machines import` is one such table, and so is one that has nothing but the names.
    package static func loadMachineNames(csv file: String) throws(ConfigurationProblems) -> [MachineKey] {
        func problem(_ message: String, line: Int? = nil, suggestion: String? = nil) -> ConfigurationProblems {
            ConfigurationProblems([
                ConfigurationProblem(file: file, line: line, message: message, suggestion: suggestion)
            ])
        }
        guard let bytes = FileManager.default.contents(atPath: file),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw problem("there is no such file, or it is not UTF-8 text") }
        let table: DelimitedText
        do {
            table = try DelimitedText(text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        } catch { throw problem(error.message, line: error.line) }
        let header = (table.rows.first ?? []).map(\.text)
        guard let fleet = header.firstIndex(of: "fleet"), let equipment = header.firstIndex(of: "equipment") else {
            throw problem(
                "the first line does not name the columns fleet and equipment", line: 1,
                suggestion: "begin with: fleet,equipment")
        }
        var names: [MachineKey] = []
        for row in table.rows.dropFirst() {
            let line = row[0].line
            guard row.count > max(fleet, equipment),
                let name = MachineKey("\(row[fleet].text)/\(row[equipment].text)")
            else { throw problem("fleet and equipment take 1 to 64 of A-Z a-z 0-9 _ . : -", line: line) }
            names.append(name)
        }
        guard !names.isEmpty else { throw problem("the table has no machines") }
        return names
    }
}
