import FleetModel

@testable import FleetConfiguration

/// The configuration's files. The first byte chooses which.
final class ConfigurationFuzzer: Fuzzer {
    static let name = "configuration"

    func run(_ bytes: [UInt8]) {
        guard let first = bytes.first, let text = String(validating: bytes.dropFirst(), as: UTF8.self) else { return }
        let log = ReadingLog()
        let root = document(text, name: "fuzzed.yaml", log: log)
        var wasRead = false
        if let root {
            switch first % 6 {
            case 0: wasRead = DaemonFile.read(root, folder: "/etc/zubr", credentials: nil) != nil
            case 1: wasRead = CatalogFile.read(root, plans: nil) != nil
            case 2: wasRead = ServicePlansFile.read(root, sources: nil) != nil
            case 3: wasRead = RulesFile.read(root, catalog: nil, folder: nil) != nil
            case 4: wasRead = ServiceCentersFile.read(root, catalog: nil) != nil
            default: wasRead = FleetFile.read(root, catalog: nil, plans: nil, now: .fuzzed) != nil
            }
        }
        do {
            try log.throwIfAny()
            require(wasRead, "a file that is not taken has a problem that says why")
        } catch {
            require(!error.problems.isEmpty, "a file that is not taken has a problem that says why")
        }
    }
}
