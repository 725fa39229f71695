import FleetModel
import FleetRuntime

@testable import FleetAPI

/// The part of an address behind the question mark.
final class QueryFuzzer: Fuzzer {
    static let name = "query"

    func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            let query = try Query(text, allowed: ["equipment", "signal", "from", "to", "limit", "all"])
            _ = try query.flag("all")
            let limit = try query.integer("limit", within: 1...100_000, else: 10_000)
            require((1...100_000).contains(limit), "the limit lies within its range")
            _ = try query.time("from")
            _ = MachineKey(try query.required("equipment", "fleet/equipment"))
        } catch is APIFailure {
        } catch { require(false, "a bad parameter is named: \(error)") }
    }
}

/// Bodies that people send to the API. The first byte chooses which.
final class DocumentFuzzer: Fuzzer {
    static let name = "document"

    func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let body = Array(bytes.dropFirst())
        switch first & 3 {
        case 0: check([Machine].self, body)
        case 1: check(RetryRequest.self, body)
        case 2: check(AcknowledgementDocument.self, body)
        default: check(TransferDocument.self, body)
        }
    }

    private func check<Document: Codable & Equatable>(_ type: Document.Type, _ body: [UInt8]) {
        guard let document = try? DocumentCoding.decode(type, from: body) else { return }
        guard let written = try? DocumentCoding.encode(document) else {
            return require(false, "a document that was read can be written")
        }
        guard let again = try? DocumentCoding.decode(type, from: written) else {
            return require(
                false, "a document that was written is read again: \(String(decoding: written, as: UTF8.self))")
        }
        require(again == document, "a document reads as it was written: \(String(decoding: written, as: UTF8.self))")
    }
}
