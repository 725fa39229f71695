/// Rows under headings, aligned by what the eye sees.
package struct TextTable: Sendable {
    package struct Column: Sendable {
        package var title: String
        package var isNumber: Bool
        /// Gives way when the line is too long; the others keep their width.
        package var isFlexible: Bool

        package init(_ title: String, number: Bool = false, flexible: Bool = false) {
            self.title = title
            isNumber = number
            isFlexible = flexible
        }
    }

    package var columns: [Column]
    package var rows: [[Cell]]
    /// A sentence under each row, over the whole width; none when empty.
    package var notes: [Cell]

    package init(_ columns: [Column], rows: [[Cell]] = [], notes: [Cell] = []) {
        precondition(notes.isEmpty || notes.count == rows.count, "a note for each row or none at all")
        self.columns = columns
        self.rows = rows
        self.notes = notes
    }

    /// No flexible column gets narrower while another is wider.
    private static let narrowest = 6
    private static let gap = "  "
    private static let indent = "    "

    /// - Parameter width: of the terminal; `nil` prints everything in full.
    package func lines(width: Int?, style: Style) -> [String] {
        let widths = fitted(to: width)
        func line(_ cells: [Cell]) -> String {
            let fields = zip(zip(cells, widths), columns).map { pair, column in
                let (cell, columns) = pair
                let text = truncated(cell.text, to: columns)
                let blank = String(repeating: " ", count: columns - displayWidth(text))
                return column.isNumber ? blank + style(text, cell.tone) : style(text, cell.tone) + blank
            }
            return trimmed(fields.joined(separator: TextTable.gap))
        }
        func note(_ index: Int) -> [String] {
            guard notes.indices.contains(index), !notes[index].text.isEmpty else { return [] }
            let text = TextTable.indent + notes[index].text
            return [style(width.map { truncated(text, to: $0) } ?? text, notes[index].tone)]
        }
        let heading = line(columns.map { Cell($0.title, .heading) })
        return ([heading] + rows.indices.flatMap { [line(rows[$0])] + note($0) }).map { line in
            // Even the columns that do not give way cannot be wider than the screen.
            guard let width, !style.hasColor else { return line }
            return truncated(line, to: width)
        }
    }

    private func fitted(to width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(displayWidth(columns[index].title)) { max($0, displayWidth($1[index].text)) }
        }
        guard let width else { return widths }
        let gaps = TextTable.gap.count * (columns.count - 1)
        func shrink(_ candidates: [Int], downTo least: Int) {
            while widths.reduce(gaps, +) > width,
                let widest = candidates.filter({ widths[$0] > least }).max(by: { widths[$0] < widths[$1] })
            {
                widths[widest] -= 1
            }
        }
        shrink(columns.indices.filter { columns[$0].isFlexible }, downTo: TextTable.narrowest)
        shrink(Array(columns.indices), downTo: 1)
        return widths
    }

    private func trimmed(_ line: String) -> String {
        guard let last = line.lastIndex(where: { $0 != " " }) else { return "" }
        return String(line[...last])
    }
}
