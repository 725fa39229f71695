/// One field of a table.
package struct Cell: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    package let text: String
    package let tone: Tone

    package init(_ text: String, _ tone: Tone = .plain) {
        self.text = harmless(text)
        self.tone = tone
    }

    package init(stringLiteral value: String) { self.init(value) }
}
