import FleetModel

extension Mark {
    /// `assumed`, `sourced ID`, `derived ID`, `borrowed ID`
    init<Key: CodingKey>(
        words text: String, _ fields: KeyedDecodingContainer<Key>, _ key: Key
    ) throws {
        let words = text.split(separator: " ").map(String.init)
        guard let kind = words.first.flatMap(Kind.init(rawValue:)), words.count == (kind == .assumed ? 1 : 2) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: fields,
                debugDescription: "\(text) is no mark; write assumed, or sourced, derived or borrowed and a source's id"
            )
        }
        self.init(kind, source: words.dropFirst().first)
    }
}
