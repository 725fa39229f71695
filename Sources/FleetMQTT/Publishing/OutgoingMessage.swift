/// A message to be published.
package struct OutgoingMessage: Sendable, Hashable {
    package var topic: String
    package var body: [UInt8]
    /// The broker keeps it and gives it to whoever subscribes later.
    package var isRetained: Bool

    package init(topic: String, body: [UInt8], isRetained: Bool = false) {
        self.topic = topic
        self.body = body
        self.isRetained = isRetained
    }
}
