import FleetRuntime

extension Page {
    /// A table that came as CSV (RFC 4180), its header first; columns of numbers stand to the right.
    package mutating func show(csv bytes: [UInt8]) {
        let rows = Page.rows(of: String(decoding: bytes, as: UTF8.self))
        guard let header = rows.first, rows.count > 1 else {
            add("Nothing was found.")
            return
        }
        let body = rows.dropFirst()
        let columns = header.enumerated().map { index, name in
            TextTable.Column(
                name.replacing("_", with: " ").uppercased(),
                number: body.allSatisfy { index < $0.count && ($0[index].isEmpty || Double($0[index]) != nil) })
        }
        add(
            TextTable(
                columns,
                rows: body.filter { $0.count == header.count }.map { row in
                    zip(row, columns).map { text, column in
                        Cell(column.isNumber ? Double(text).map { trimmedNumber($0) } ?? text : text)
                    }
                }))
    }

    private static func rows(of text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var characters = text.unicodeScalars.makeIterator()
        var pending = characters.next()
        while let scalar = pending {
            pending = characters.next()
            switch scalar {
            case "\"" where isQuoted && pending == "\"":
                field.unicodeScalars.append(scalar)
                pending = characters.next()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case "\n" where !isQuoted:
                rows.append(row + [field])
                row = []
                field = ""
            default: field.unicodeScalars.append(scalar)
            }
        }
        return rows
    }
}
