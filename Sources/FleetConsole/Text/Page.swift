/// Lines for a person: headings, tables and sentences, made for one width and style.
package struct Page: Sendable {
    /// `nil`: as wide as it takes, for a pipe or a file.
    package let width: Int?
    package let style: Style
    package private(set) var lines: [String] = []

    package init(width: Int?, style: Style) {
        self.width = width
        self.style = style
    }

    /// A page for something that is not a terminal.
    package static var plain: Page { Page(width: nil, style: .plain) }

    package mutating func add(_ text: String, _ tone: Tone = .plain) {
        let text = harmless(text)
        lines.append(style(width.map { truncated(text, to: $0) } ?? text, tone))
    }

    /// The text after `lead`, in as many lines as it takes, the later ones moved in: for what must not be cut off.
    package mutating func add(_ text: String, after lead: String, indent: Int, _ tone: Tone, lead leadTone: Tone) {
        let room = width.map { max(20, $0 - indent) } ?? .max
        let moved = String(repeating: " ", count: indent)
        for (index, line) in wrapped(harmless(text), to: room).enumerated() {
            lines.append((index == 0 ? style(harmless(lead), leadTone) : moved) + style(line, tone))
        }
    }

    package mutating func add(_ table: TextTable) {
        lines += table.lines(width: width, style: style)
    }

    package mutating func blank() { lines.append("") }

    package mutating func section(_ title: String, _ tone: Tone = .heading) {
        if !lines.isEmpty { blank() }
        add(title, tone)
    }

    /// Names on the left, what they are on the right.
    package mutating func facts(_ facts: [(name: String, value: Cell)]) {
        let column = facts.reduce(0) { max($0, displayWidth($1.name)) }
        for (name, value) in facts {
            let label = name + String(repeating: " ", count: column - displayWidth(name)) + "  "
            let text = width.map { truncated(value.text, to: max(1, $0 - column - 2)) } ?? value.text
            lines.append(label + style(text, value.tone))
        }
    }
}
