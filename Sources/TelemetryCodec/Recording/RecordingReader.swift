import FleetModel

/// Reads the lines of a recording, one after the other.
package struct RecordingReader: ~Copyable, Sendable {
    private var parser = JSONParser()

    package init() {}

    /// The message of a line, its body byte for byte as it stands there.
    package mutating func message(in line: [UInt8]) throws(Rejection) -> RecordedMessage {
        let tape = try parser.parse(line)
        do throws(Rejection) {
            try tape.object(at: JSONTape.root, "the line")
            let members = try Members<RecordingKey>(of: JSONTape.root, in: tape)
            let topic = try tape.string(at: try members.required(.topic, "topic"), "topic")
            let at: Timestamp? = if let place = members[.at] { try tape.time(at: place, "at") } else { nil }
            let body = try members.required(.body, "body")
            var ordinal = 0
            var place = JSONTape.root + 1
            while place + 1 != body {
                place = tape.next(after: place + 1)
                ordinal += 1
            }
            return RecordedMessage(
                topic: try Topic(String(decoding: topic, as: UTF8.self)), at: at,
                body: Array(RecordingReader.value(ordinal, of: line)))
        } catch {
            throw error.inside("")
        }
    }

    /// The text of an object's `ordinal`-th value. The line must be a JSON object that has it.
    ///
    /// The tape does not say where in the text a value stood, and writing it anew would not give the same bytes.
    private static func value(_ ordinal: Int, of line: [UInt8]) -> ArraySlice<UInt8> {
        var depth = 0
        var isText = false
        var isAfterColon = false
        var count = 0
        var start = 0
        var next = 0
        while next < line.count {
            let byte = line[next]
            if isText {
                if byte == UInt8(ascii: "\\") { next += 1 }
                if byte == UInt8(ascii: "\"") { isText = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: ":") where depth == 1:
                    isAfterColon = true
                    start = next + 1
                case UInt8(ascii: ",") where depth == 1, UInt8(ascii: "}") where depth == 1:
                    if isAfterColon, count == ordinal { return trimmed(line[start..<next]) }
                    count += 1
                    isAfterColon = false
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
            next += 1
        }
        preconditionFailure("the parser found a value that the text does not have")
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}

/// The keys of a recording's line.
enum RecordingKey: Int, MemberKey {
    case topic, at, body

    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        if text.spell("topic") {
            self = .topic
        } else if text.spell("at") {
            self = .at
        } else if text.spell("body") {
            self = .body
        } else {
            return nil
        }
    }
}
