/// Rows of comma-separated text with quoting as RFC 4180 has it, each field with its place in the file.
///
/// Written here because a table of machines is corrected by hand, line by line: the readers at hand lose the line
/// numbers once a quoted field spans lines, and take a quote that is never closed for the rest of the file.
struct DelimitedText {
    struct Field: Hashable {
        var text: String
        var line: Int
        var column: Int
    }

    private(set) var rows: [[Field]] = []

    init(_ text: String) throws(DelimitedTextFault) {
        var row: [Field] = []
        var field = Field(text: "", line: 1, column: 1)
        var (line, column) = (1, 1)
        var state = State.start

        func finishField() {
            row.append(field)
            field = Field(text: "", line: line, column: column + 1)
            state = .start
        }
        func finishRow(_ rows: inout [[Field]]) {
            finishField()
            // A line without anything is no row.
            if row.count > 1 || !row[0].text.isEmpty { rows.append(row) }
            row = []
        }

        // CR LF is one character in Swift, and ends a line as LF does.
        for character in text {
            switch (state, character) {
            case (.quoted, "\""): state = .quoteSeen
            case (.quoted, _): field.text.append(character)
            case (.quoteSeen, "\""):
                field.text.append("\"")
                state = .quoted
            case (_, ","): finishField()
            case (_, _) where character.isNewline:
                finishRow(&rows)
            case (.start, "\""): state = .quoted
            case (.quoteSeen, _):
                throw DelimitedTextFault(line: line, column: column, message: "text after a closing quote")
            case (.plain, "\""):
                throw DelimitedTextFault(
                    line: line, column: column, message: "a quote in the middle of a field that does not begin with one")
            default:
                field.text.append(character)
                state = .plain
            }
            if character.isNewline {
                line += 1
                column = 1
                if row.isEmpty, field.text.isEmpty { (field.line, field.column) = (line, 1) }
            } else {
                column += 1
            }
        }
        if case .quoted = state {
            throw DelimitedTextFault(line: field.line, column: field.column, message: "this quote is never closed")
        }
        if !row.isEmpty || !field.text.isEmpty || state == .quoteSeen { finishRow(&rows) }
    }

    private enum State { case start, plain, quoted, quoteSeen }
}

/// What is wrong with the text as such.
struct DelimitedTextFault: Error {
    var line: Int
    var column: Int
    var message: String
}
