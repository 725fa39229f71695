/// A parsed message as simdjson leaves it: one 64-bit word for each value, in the order of the text.
///
/// The first byte of a word says what it is; the other seven say where it ends (containers) or where its text
/// stands (strings). A number takes a second word, the value itself. Reading it here, and not through calls into
/// C++, is what keeps a value at a few nanoseconds. The layout is simdjson's `doc/tape.md`.
struct JSONTape {
    let words: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>

    /// The place of the message's outermost value.
    static let root = 1

    enum Kind: UInt8 {
        case object = 0x7B
        case array = 0x5B
        case string = 0x22
        case signed = 0x6C
        case unsigned = 0x75
        case double = 0x64
        case yes = 0x74
        case no = 0x66
        case null = 0x6E
    }

    @inline(__always)
    func kind(at place: Int) -> Kind {
        // The parser writes no other kind where a value stands; a tape that has one is a broken promise of ours.
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: words[place] >> 56)) else {
            preconditionFailure("no JSON value at \(place)")
        }
        return kind
    }

    /// The place after this value, with all that is in it.
    @inline(__always)
    func next(after place: Int) -> Int {
        switch kind(at: place) {
        case .object, .array: Int(UInt32(truncatingIfNeeded: words[place]))
        case .signed, .unsigned, .double: place + 2
        case .string, .yes, .no, .null: place + 1
        }
    }

    /// The place of a container's closing bracket.
    @inline(__always)
    func end(of container: Int) -> Int { Int(UInt32(truncatingIfNeeded: words[container])) - 1 }

    /// How many members a container has; 16,777,215 stands for that many and more.
    @inline(__always)
    func count(of container: Int) -> Int { Int(words[container] >> 32 & 0xFF_FFFF) }

    /// The bytes of a string, unescaped; they hold as long as the tape.
    @inline(__always)
    func text(at place: Int) -> UnsafeBufferPointer<UInt8> {
        let start = strings + Int(words[place] & 0x00FF_FFFF_FFFF_FFFF)
        let count = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return UnsafeBufferPointer(start: start + 4, count: Int(UInt32(littleEndian: count)))
    }

    /// A number as the nearest double; `nil` when it is none.
    @inline(__always)
    func number(at place: Int) -> Double? {
        switch kind(at: place) {
        case .double: Double(bitPattern: words[place + 1])
        case .signed: Double(Int64(bitPattern: words[place + 1]))
        case .unsigned: Double(words[place + 1])
        case .object, .array, .string, .yes, .no, .null: nil
        }
    }

    /// A number written without fraction and exponent; `nil` for anything else.
    @inline(__always)
    func integer(at place: Int) -> WholeNumber? {
        switch kind(at: place) {
        case .signed:
            words[place + 1] >> 63 == 0
                ? .magnitude(words[place + 1]) : .negative(Int64(bitPattern: words[place + 1]))
        case .unsigned: .magnitude(words[place + 1])
        case .double, .object, .array, .string, .yes, .no, .null: nil
        }
    }

    /// JSON has one kind of whole number, Swift has two.
    enum WholeNumber {
        case magnitude(UInt64)
        case negative(Int64)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes are this word.
    @inline(__always)
    func spell(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != word.utf8Start[index] { return false }
        return true
    }
}
