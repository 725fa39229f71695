import FoundationEssentials

/// How our documents are written and read: snake_case keys in a stable order, times as RFC 3339.
package enum FleetJSON {
    package static func encode(_ document: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document))
    }

    package static func decode<Document: Decodable>(_ type: Document.Type, from bytes: some Sequence<UInt8>) throws
        -> Document
    {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(bytes))
    }
}
