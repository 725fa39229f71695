/// One line of InfluxDB's line protocol: `readings,name=truck_0 latitude=52.3,velocity=0 1451606400000000000`.
///
/// It keeps the line and where its parts stand, and makes strings only of the parts that are asked for: a recording
/// has millions of lines, and most of their words are the same ones again. Reading line after line into the same
/// point allocates nothing.
package struct LineProtocolPoint: Sendable {
    package private(set) var measurement = Piece(start: 0, end: 0, escapes: .none)
    package private(set) var tags: [(key: Piece, value: Piece)] = []
    package private(set) var fields: [(key: Piece, value: FieldValue)] = []
    /// Since 1970; `nil` when the line has no time.
    package private(set) var nanoseconds: Int64?
    private var line: ArraySlice<UInt8> = []

    package init() {}

    /// A part of the line.
    package struct Piece: Sendable, Hashable {
        fileprivate var start: Int
        fileprivate var end: Int
        fileprivate var escapes: Escapes
    }

    /// Which characters a backslash in a part stands before; before any other it is itself.
    fileprivate enum Escapes {
        case none
        /// `\,`, `\ ` and `\=`.
        case name
        /// `\"` and `\\`.
        case string

        func contains(_ byte: UInt8) -> Bool {
            switch self {
            case .none: false
            case .name: byte == .comma || byte == .space || byte == .equals
            case .string: byte == .quote || byte == .backslash
            }
        }
    }

    /// What a field says, by its spelling: `1.5`, `12i`, `12u`, `t`, `"text"`.
    package enum FieldValue: Sendable, Hashable {
        case float(Double)
        case integer(Int64)
        case unsigned(UInt64)
        case boolean(Bool)
        case string(Piece)

        /// The value as a reading has it; `nil` for text.
        package var number: Double? {
            switch self {
            case .float(let value): value
            case .integer(let value): Double(value)
            case .unsigned(let value): Double(value)
            case .boolean(let value): value ? 1 : 0
            case .string: nil
            }
        }
    }

    /// The text of a part, its escapes taken out.
    package func text(_ piece: Piece) -> String {
        let bytes = line[line.startIndex + piece.start..<line.startIndex + piece.end]
        guard piece.escapes != .none else { return String(decoding: bytes, as: UTF8.self) }
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == .backslash, let next = rest.first, piece.escapes.contains(next) {
                plain.append(next)
                rest.removeFirst()
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// The bytes of a part, when it has no escapes: for comparing without making a string.
    package func bytes(_ piece: Piece) -> ArraySlice<UInt8>? {
        piece.escapes != .none ? nil : line[line.startIndex + piece.start..<line.startIndex + piece.end]
    }

    /// The value of a tag.
    package func tag(_ name: String) -> String? {
        tags.first { text($0.key) == name }.map { text($0.value) }
    }

    /// The value of a field.
    package func field(_ name: String) -> FieldValue? {
        fields.first { text($0.key) == name }?.value
    }

    /// Whether a line is blank or a comment, which is no point and no mistake either.
    package static func isSkipped(_ line: ArraySlice<UInt8>) -> Bool {
        let first = line.first { $0 != .space && $0 != .tab && $0 != .carriageReturn && $0 != .newline }
        return first == nil || first == UInt8(ascii: "#")
    }

    /// Reads a line, with or without its end, in place of what the point held.
    ///
    /// After an error the point holds nothing of use.
    package mutating func read(_ line: ArraySlice<UInt8>) throws(LineProtocolError) {
        self.line = line
        tags.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        nanoseconds = nil
        try line.withUnsafeBufferPointer { (buffer) throws(LineProtocolError) in
            var scanner = LineProtocolScanner(buffer)
            measurement = try scanner.measurement()
            while scanner.take(.comma) { tags.append(try scanner.tag()) }
            try scanner.gap()
            repeat {
                fields.append(try scanner.field())
            } while scanner.take(.comma)
            nanoseconds = try scanner.time()
        }
    }
}

/// Walks a line from left to right; columns count from 1.
private struct LineProtocolScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var next = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var end = bytes.count
        while end > 0, bytes[end - 1] == .newline || bytes[end - 1] == .carriageReturn { end -= 1 }
        self.bytes = UnsafeBufferPointer(rebasing: bytes[..<end])
    }

    private func error(_ problem: LineProtocolError.Problem, at offset: Int? = nil) -> LineProtocolError {
        LineProtocolError(problem: problem, column: (offset ?? next) + 1)
    }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard next < bytes.count, bytes[next] == byte else { return false }
        next += 1
        return true
    }

    /// Up to an unescaped comma or space, or, where that ends the part, an equals sign.
    @inline(__always)
    private mutating func piece(endsAtEquals: Bool) -> LineProtocolPoint.Piece {
        let start = next
        var escapes = LineProtocolPoint.Escapes.none
        while next < bytes.count {
            let byte = bytes[next]
            if byte == .backslash, next + 1 < bytes.count, LineProtocolPoint.Escapes.name.contains(bytes[next + 1]) {
                escapes = .name
                next += 2
                continue
            }
            if byte == .comma || byte == .space || (endsAtEquals && byte == .equals) { break }
            next += 1
        }
        return LineProtocolPoint.Piece(start: start, end: next, escapes: escapes)
    }

    mutating func measurement() throws(LineProtocolError) -> LineProtocolPoint.Piece {
        let piece = piece(endsAtEquals: false)
        guard piece.start < piece.end else { throw error(.missingMeasurement) }
        return piece
    }

    mutating func tag() throws(LineProtocolError) -> (key: LineProtocolPoint.Piece, value: LineProtocolPoint.Piece) {
        let key = piece(endsAtEquals: true)
        guard key.start < key.end else { throw error(.missingTagKey) }
        guard take(.equals) else { throw error(.missingEquals) }
        let value = piece(endsAtEquals: true)
        guard value.start < value.end else { throw error(.missingTagValue) }
        guard next == bytes.count || bytes[next] != .equals else { throw error(.unescapedEquals) }
        return (key, value)
    }

    /// The spaces between two parts.
    mutating func gap() throws(LineProtocolError) {
        guard take(.space) else { throw error(.missingFields) }
        while take(.space) {}
        guard next < bytes.count else { throw error(.missingFields) }
    }

    mutating func field() throws(LineProtocolError) -> (
        key: LineProtocolPoint.Piece, value: LineProtocolPoint.FieldValue
    ) {
        let key = piece(endsAtEquals: true)
        guard key.start < key.end else { throw error(.missingFieldKey) }
        guard take(.equals) else { throw error(.missingEquals) }
        guard next < bytes.count, bytes[next] != .comma, bytes[next] != .space else { throw error(.missingFieldValue) }
        let value = bytes[next] == .quote ? try quoted() : try plain()
        guard next == bytes.count || bytes[next] == .comma || bytes[next] == .space else {
            throw error(.trailingCharacters)
        }
        return (key, value)
    }

    private mutating func quoted() throws(LineProtocolError) -> LineProtocolPoint.FieldValue {
        let open = next
        next += 1
        let start = next
        var escapes = LineProtocolPoint.Escapes.none
        while next < bytes.count {
            switch bytes[next] {
            case .backslash where next + 1 < bytes.count && LineProtocolPoint.Escapes.string.contains(bytes[next + 1]):
                escapes = .string
                next += 2
            case .quote:
                next += 1
                return .string(LineProtocolPoint.Piece(start: start, end: next - 1, escapes: escapes))
            default: next += 1
            }
        }
        throw error(.unterminatedString, at: open)
    }

    private mutating func plain() throws(LineProtocolError) -> LineProtocolPoint.FieldValue {
        let start = next
        while next < bytes.count, bytes[next] != .comma, bytes[next] != .space { next += 1 }
        let text = UnsafeBufferPointer(rebasing: bytes[start..<next])
        let last = text[text.count - 1]
        if last == UInt8(ascii: "i") {
            guard let value: Int64 = whole(text.dropLast()) else { throw error(.badInteger, at: start) }
            return .integer(value)
        }
        if last == UInt8(ascii: "u") {
            guard text[0] != UInt8(ascii: "-"), let value: UInt64 = whole(text.dropLast()) else {
                throw error(.badInteger, at: start)
            }
            return .unsigned(value)
        }
        if let value = boolean(text) { return .boolean(value) }
        guard let value = DecimalNumber.double(text) else { throw error(.badNumber, at: start) }
        return .float(value)
    }

    private func boolean(_ text: UnsafeBufferPointer<UInt8>) -> Bool? {
        switch text[0] {
        case UInt8(ascii: "t"), UInt8(ascii: "T"):
            text.spell("t") || text.spell("T") || text.spell("true") || text.spell("True") || text.spell("TRUE")
                ? true : nil
        case UInt8(ascii: "f"), UInt8(ascii: "F"):
            text.spell("f") || text.spell("F") || text.spell("false") || text.spell("False") || text.spell("FALSE")
                ? false : nil
        default: nil
        }
    }

    /// A whole number with or without a minus; `nil` for anything else and for what does not fit.
    private func whole<Number: FixedWidthInteger>(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Number? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text
        guard !digits.isEmpty else { return nil }
        var value: Number = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Number(byte - 0x30)
            // Downwards when negative: the least number has no positive counterpart.
            let (sum, overflow) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }

    /// The time at the end of the line, and nothing behind it.
    mutating func time() throws(LineProtocolError) -> Int64? {
        while take(.space) {}
        guard next < bytes.count else { return nil }
        let start = next
        while next < bytes.count, bytes[next] != .space { next += 1 }
        guard let time: Int64 = whole(UnsafeBufferPointer(rebasing: bytes[..<next])[start...]) else {
            throw error(.badTime, at: start)
        }
        while take(.space) {}
        guard next == bytes.count else { throw error(.trailingCharacters) }
        return time
    }
}

extension UInt8 {
    fileprivate static let backslash = UInt8(ascii: "\\")
    fileprivate static let carriageReturn: UInt8 = 0x0D
    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let equals = UInt8(ascii: "=")
    fileprivate static let newline: UInt8 = 0x0A
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let tab: UInt8 = 0x09
}
