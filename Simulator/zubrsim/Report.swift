import ArgumentParser
import FleetModel
import Foundation

/// How a command prints what it found.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// What a command says last, in both forms.
protocol Report: Encodable {
    /// For people: a name and a value a line.
    var table: [(name: String, value: String)] { get }
}

extension Report {
    func print(as form: OutputForm) throws {
        switch form {
        case .json:
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
        case .table:
            let width = table.map(\.name.count).max() ?? 0
            for (name, value) in table {
                Swift.print(name + String(repeating: " ", count: width - name.count + 2) + value)
            }
        }
    }
}
