import FleetModel

/// The keys that one kind of object may have.
protocol MemberKey: RawRepresentable<Int>, Sendable {
    /// The key these bytes spell, if they spell one.
    init?(spelled text: UnsafeBufferPointer<UInt8>)
}

/// Where the values of an object stand, by key, whatever their order was.
///
/// Each key at most once and none besides: a key that we would not read is a misunderstanding, and it is better
/// told at once than found in the data a year later.
struct Members<Key: MemberKey> {
    private var places = InlineArray<12, Int>(repeating: 0)

    @inline(__always)
    init(of object: Int, in tape: JSONTape) throws(Rejection) {
        var place = object + 1
        let end = tape.end(of: object)
        while place < end {
            let name = tape.text(at: place)
            guard let key = Key(spelled: name) else {
                throw Rejection(.unknownKey, "\(excerpt(name)) is no key of this protocol here; leave it out")
            }
            guard places[key.rawValue] == 0 else {
                throw Rejection(.duplicateKey, "\(excerpt(name)) is given twice; send it once")
            }
            places[key.rawValue] = place + 1
            place = tape.next(after: place + 1)
        }
    }

    /// The place of a key's value; `nil` when the object does not have it.
    @inline(__always)
    subscript(key: Key) -> Int? {
        let place = places[key.rawValue]
        return place == 0 ? nil : place
    }

    /// The place of a key's value that must be there.
    @inline(__always)
    func required(_ key: Key, _ name: StaticString) throws(Rejection) -> Int {
        guard let place = self[key] else { throw Rejection(.missingKey, "\(name) is missing; it is required") }
        return place
    }
}
