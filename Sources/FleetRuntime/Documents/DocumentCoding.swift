import FoundationEssentials

/// How documents become JSON and come back: keys in snake_case, the same bytes for the same document.
package enum DocumentCoding {
    package static func encode(_ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document))
    }

    package static func decode<Document: Decodable>(
        _ type: Document.Type = Document.self, from body: [UInt8]
    ) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(body))
    }
}
