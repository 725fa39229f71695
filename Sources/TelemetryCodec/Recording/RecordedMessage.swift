import FleetModel

/// A message as a recording keeps it: where it was published, when, and its body.
///
/// A recording is a text of one JSON object a line: `{"topic":"zubr/v1/north/truck-17/telemetry","body":{...}}`.
package struct RecordedMessage: Sendable, Hashable {
    package var topic: Topic
    /// When it was published; `nil` when the recording does not say.
    package var at: Timestamp?
    /// JSON, as it was sent.
    package var body: [UInt8]

    package init(topic: Topic, at: Timestamp? = nil, body: [UInt8]) {
        self.topic = topic
        self.at = at
        self.body = body
    }

    /// Its line, without the line's end.
    package var line: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + 128)
        bytes.append("{\"topic\":")
        bytes.append(quoted: topic.description)
        if let at {
            bytes.append(",\"at\":")
            bytes.append(time: at)
        }
        bytes.append(",\"body\":")
        // JSON may break lines only between its values, where a space says the same.
        let start = bytes.count
        bytes.append(contentsOf: body)
        for index in start..<bytes.count where bytes[index] == 0x0A || bytes[index] == 0x0D {
            bytes[index] = UInt8(ascii: " ")
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
