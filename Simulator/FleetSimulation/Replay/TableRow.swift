/// One line of a table with commas, as RFC 4180 quotes it: `a,"b, and ""c""",d` has three cells.
///
/// `nil` when a quotation mark is left open, as when a cell goes on in the next line.
package func tableRow(_ line: ArraySlice<UInt8>) -> [String]? {
    var cells: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var rest = line
    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "\"") where isQuoted && rest.first == UInt8(ascii: "\""):
            cell.append(byte)
            rest.removeFirst()
        case UInt8(ascii: "\""): isQuoted.toggle()
        case UInt8(ascii: ",") where !isQuoted:
            cells.append(String(decoding: cell, as: UTF8.self))
            cell.removeAll(keepingCapacity: true)
        default: cell.append(byte)
        }
    }
    cells.append(String(decoding: cell, as: UTF8.self))
    return isQuoted ? nil : cells
}
