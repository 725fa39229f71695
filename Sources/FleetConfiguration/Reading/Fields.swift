import Yams

/// The keys of one mapping, asked for one by one; what nobody asked for is unknown.
final class Fields {
    let entry: Entry
    private let pairs: [(name: String, key: Entry, value: Node)]
    private var asked: [String] = []
    private var toleratesOthers = false

    init(of entry: Entry, pairs: [(String, Entry, Node)]) {
        self.entry = entry
        self.pairs = pairs
    }

    func optional(_ name: String) -> Entry? {
        asked.append(name)
        return pairs.first { $0.name == name }.map { entry.child($0.value, name) }
    }

    func required(_ name: String) -> Entry? {
        let value = optional(name)
        if value == nil {
            entry.report("the key \"\(name)\" is missing")
        }
        return value
    }

    /// The one of several keys that is given, such as `above` or `below`; none or two is a problem.
    func exactlyOne(of names: [String]) -> (name: String, value: Entry)? {
        let given = names.compactMap { name in optional(name).map { (name: name, value: $0) } }
        guard given.count == 1 else {
            let all = names.joined(separator: ", ")
            entry.report(
                given.isEmpty ? "one of the keys \(all) is missing" : "only one of the keys \(all) may be given")
            return nil
        }
        return given[0]
    }

    /// Which keys belong here cannot be said, because what decides it is missing.
    func tolerateOthers() { toleratesOthers = true }

    func refuseOthers() {
        guard !toleratesOthers else { return }
        for pair in pairs where !asked.contains(pair.name) && !isDisguised(pair.name) {
            pair.key.report("unknown key \"\(pair.name)\"", suggestion(for: pair.name, among: asked))
        }
    }
}
