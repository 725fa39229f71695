/// Whether colour is drawn. What colour says is always also said by a word.
package struct Style: Sendable, Hashable {
    package var hasColor: Bool

    package init(hasColor: Bool) { self.hasColor = hasColor }

    package static let plain = Style(hasColor: false)

    package func callAsFunction(_ text: String, _ tone: Tone) -> String {
        guard hasColor, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// What a text means, for the eye.
package enum Tone: Sendable, Hashable {
    case plain, heading, faint, good, notice, warning, alarm

    /// Select Graphic Rendition of ECMA-48.
    var code: String? {
        switch self {
        case .plain: nil
        case .heading: "1"
        case .faint: "2"
        case .good: "32"
        case .notice: "36"
        case .warning: "33"
        case .alarm: "1;31"
        }
    }
}
