/// In documents, meters are keys: `{"engine_hours": 4210.5}`.
extension Meter: CodingKeyRepresentable {
    package var codingKey: any CodingKey { Key(stringValue: rawValue) }

    /// Also takes a key that a reader of snake_case documents has already turned into `engineHours`.
    package init?(codingKey: some CodingKey) {
        let key = codingKey.stringValue
        guard let meter = Meter.allCases.first(where: { [$0.rawValue, $0.camelCased].contains(key) }) else {
            return nil
        }
        self = meter
    }

    /// `fuelUsedTotal`
    private var camelCased: String {
        let words = rawValue.split(separator: "_")
        return words[0] + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
