/// One line of a table with commas, as RFC 4180 quotes it: `a,"b, and ""c""",d` has three cells.
///
/// Reading line after line into the same row allocates nothing.
package struct TableRow: Sendable {
    private var text: [UInt8] = []
    private var ends: [Int] = []

    package init() {}

    package var count: Int { ends.count }

    /// The bytes of a cell without its quotation marks.
    package subscript(cell: Int) -> ArraySlice<UInt8> { text[(cell == 0 ? 0 : ends[cell - 1])..<ends[cell]] }

    package func string(_ cell: Int) -> String { String(decoding: self[cell], as: UTF8.self) }

    /// Reads a line without its newline; `false` when a quotation mark is left open, as when a cell goes on in the next line.
    package mutating func read(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        var isQuoted = false
        let count = line.last == UInt8(ascii: "\r") ? line.count - 1 : line.count
        var next = 0
        while next < count {
            let byte = line[next]
            next += 1
            if byte == UInt8(ascii: "\"") {
                if isQuoted, next < count, line[next] == UInt8(ascii: "\"") {
                    text.append(byte)
                    next += 1
                } else {
                    isQuoted.toggle()
                }
            } else if byte == UInt8(ascii: ","), !isQuoted {
                ends.append(text.count)
            } else {
                text.append(byte)
            }
        }
        ends.append(text.count)
        return !isQuoted
    }

    /// Writes a cell, in quotation marks only where it has a comma, a quotation mark or a line break.
    package static func append(_ cell: String, to line: inout [UInt8]) {
        let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D]
        guard cell.utf8.contains(where: { special.contains($0) }) else { return line.append(contentsOf: cell.utf8) }
        line.append(UInt8(ascii: "\""))
        for byte in cell.utf8 {
            if byte == UInt8(ascii: "\"") { line.append(byte) }
            line.append(byte)
        }
        line.append(UInt8(ascii: "\""))
    }
}

/// The cells of a line; `nil` when a quotation mark is left open.
package func tableRow(_ line: ArraySlice<UInt8>) -> [String]? {
    var row = TableRow()
    guard line.withUnsafeBufferPointer({ row.read($0) }) else { return nil }
    return (0..<row.count).map { row.string($0) }
}
