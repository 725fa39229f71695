import CSimdJSON
import FleetModel

/// Turns the bytes of a message into a tape, or says why they are not JSON.
///
/// It keeps its buffers, so that the steady state allocates nothing.
struct JSONParser: ~Copyable, @unchecked Sendable {
    // It cannot be copied, so whoever has it is the only one that has the C++ parser behind the pointer.

    /// Nothing we read is nested deeper than five; a deeper one is an attack or a mistake.
    static let depthMax = 32

    private let parser: OpaquePointer

    init() {
        guard let parser = zubr_json_parser_create(JSONParser.depthMax) else {
            preconditionFailure("no memory for a JSON parser")
        }
        self.parser = parser
    }

    deinit { zubr_json_parser_destroy(parser) }

    /// The tape of this text. It holds until the next call.
    mutating func parse(_ text: [UInt8]) throws(Rejection) -> JSONTape {
        let parser = self.parser
        let document = text.withUnsafeBufferPointer { zubr_json_parse(parser, $0.baseAddress, $0.count) }
        guard document.error == 0, let tape = document.tape, let strings = document.strings else {
            throw Rejection(.notJSON, String(cString: zubr_json_error_message(document.error)))
        }
        return JSONTape(words: tape, strings: strings)
    }
}
