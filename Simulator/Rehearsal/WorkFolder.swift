import Foundation

/// The folder that a rehearsal works in, and that the next one clears.
///
/// The folder is the user's word and may be one with a fleet's own database in it: what is deleted must be a rehearsal's.
/// So nothing is removed but what rehearsals make, and that only from a folder that a rehearsal has marked; another that has
/// anything of such a name is refused.
package enum WorkFolder {
    /// The file that says that rehearsals may work here.
    package static let mark = "zubr-rehearsal"

    /// How the names of what rehearsals leave begin.
    private static let leftovers = [
        "broker", "fdatasync", "fleet.yaml", "ledger.csv", "null", "samples.csv", "truth.jsonl", "zubr",
    ]

    /// Makes the folder, or removes what an earlier rehearsal left in it; returns its path with all links followed.
    @discardableResult
    package static func prepare(_ folder: String) throws(RehearsalFailure) -> String {
        try check(folder)
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "Rehearsals of Zubr work in this folder. The next one removes: \(leftovers.joined(separator: "*, "))*\n"
                .write(toFile: "\(folder)/\(mark)", atomically: true, encoding: .utf8)
            for name in try files.contentsOfDirectory(atPath: folder)
            where isLeftover(name) {
                try files.removeItem(atPath: "\(folder)/\(name)")
            }
        } catch {
            throw RehearsalFailure("\(folder) cannot be prepared: \(error.localizedDescription); may you write here?")
        }
        return URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    }

    private static func isLeftover(_ name: String) -> Bool {
        name != mark && leftovers.contains(where: name.hasPrefix)
    }

    /// Refuses a folder that has something in it which would be removed and is no rehearsal's.
    package static func check(_ folder: String) throws(RehearsalFailure) {
        guard FileManager.default.fileExists(atPath: folder) else { return }
        let found: [String]
        do { found = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw RehearsalFailure("\(folder) cannot be looked into: \(error.localizedDescription)")
        }
        guard !found.contains(mark), let foreign = found.first(where: isLeftover) else { return }
        throw RehearsalFailure(
            "\(folder) has a \(foreign) in it that is no rehearsal's, and nothing was touched; give an empty or a new folder"
        )
    }
}
