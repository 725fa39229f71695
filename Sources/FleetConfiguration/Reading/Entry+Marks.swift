import FleetModel

extension Entry {
    /// How far a value can be trusted: `assumed`, or `sourced`, `derived`, `borrowed` with the id of a source.
    func mark(sources: Set<String>?) -> Mark? {
        let form = "write assumed, or sourced, derived or borrowed with a source's id: sourced mtz_82_to"
        guard let text = text() else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard let kind = words.first.flatMap(Mark.Kind.init(rawValue:)), words.count <= 2 else {
            report("\"\(text)\" is not a mark", form)
            return nil
        }
        guard kind == .assumed || words.count == 2 else {
            report("a value that is \(kind.rawValue) must name its source", form)
            return nil
        }
        let mark = Mark(kind, source: words.count == 2 ? words[1] : nil)
        if let source = mark.source, let sources, !sources.contains(source) {
            report("unknown source \"\(source)\"", suggestion(for: source, among: sources))
            return nil
        }
        log.count(mark)
        return mark
    }

    /// `{value: 55, mark: sourced belaz_7555}`, with a `note` for people when there is one.
    func marked<Value: Hashable & Sendable & Codable>(
        sources: Set<String>?, as key: String = "value", _ read: (Entry) -> Value?
    ) -> Marked<Value>? {
        fields { fields in
            let value = fields.required(key).flatMap(read)
            let mark = fields.required("mark")?.mark(sources: sources)
            _ = fields.optional("note")?.text()
            guard let value, let mark else { return nil }
            return Marked(value, mark)
        }
    }

    func markedNumber(sources: Set<String>?, in range: ClosedRange<Double> = 0...1e12) -> Marked<Double>? {
        marked(sources: sources) { $0.number(in: range) }
    }

    /// `{items: [grease, oil filter], mark: assumed}`
    func markedItems(sources: Set<String>?) -> Marked<[String]>? {
        marked(sources: sources, as: "items") { $0.list { $0.text() } }
    }
}
