import FleetModel
import FleetRuntime

/// One request, checked as far as its route can tell.
struct Call: Sendable {
    /// From the path.
    var segments: [String: String]
    var query: Query
    var body: [UInt8]

    /// The body as a document; throws where and why it is not one.
    func document<Document: Decodable>(_ type: Document.Type = Document.self) throws -> Document {
        do {
            return try DocumentCoding.decode(type, from: body)
        } catch let error as DecodingError {
            throw APIFailure.badBody(error.place)
        }
    }

    /// The machine that the path names.
    func machine() throws -> MachineKey {
        guard let fleet = segments["fleet"].flatMap({ FleetID($0) }) else {
            throw APIFailure.badParameter("fleet", "takes 1 to 64 of A-Z a-z 0-9 _ . : -")
        }
        guard let equipment = segments["equipment"].flatMap({ EquipmentID($0) }) else {
            throw APIFailure.badParameter("equipment", "takes 1 to 64 of A-Z a-z 0-9 _ . : -")
        }
        return MachineKey(fleet: fleet, equipment: equipment)
    }
}

extension DecodingError {
    /// `[3].model: expected a text`, in the words of the document and not of the decoder.
    fileprivate var place: String {
        let (context, reason): (Context, String) =
            switch self {
            case .keyNotFound(let key, let context): (context, "the key \(key.stringValue) is missing")
            case .typeMismatch(let type, let context): (context, "expected \(type)")
            case .valueNotFound(let type, let context): (context, "expected \(type), found null")
            case .dataCorrupted(let context): (context, context.debugDescription)
            @unknown default: (Context(codingPath: [], debugDescription: ""), "not a document of this kind")
            }
        let path = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
        let trimmed = path.hasPrefix(".") ? String(path.dropFirst()) : path
        return trimmed.isEmpty ? reason : "\(trimmed): \(reason)"
    }
}
