/// Refuses keys that nobody reads: a misspelled one would silently do nothing.
func refuseUnknownKeys<Key: CodingKey & CaseIterable>(_ decoder: any Decoder, _: Key.Type) throws {
    let known = Key.allCases.map(\.stringValue)
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath + [key],
                debugDescription: "unknown key \(key.stringValue); known are \(known.joined(separator: ", "))"))
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue _: Int) { nil }
}

/// What is wrong with a YAML file, in one line that names the place.
func explanation(of error: any Error, in path: String) -> CommandFailure {
    guard let error = error as? DecodingError else { return CommandFailure("\(path): \(error)") }
    let context: DecodingError.Context
    var missing: String?
    switch error {
    case .keyNotFound(let key, let found): (context, missing) = (found, key.stringValue)
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    @unknown default: return CommandFailure("\(path): \(error)")
    }
    let place = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    let what = missing.map { "the key \($0) is missing" } ?? context.debugDescription
    return CommandFailure("\(path): \(place.isEmpty ? "" : place + ": ")\(what)")
}
