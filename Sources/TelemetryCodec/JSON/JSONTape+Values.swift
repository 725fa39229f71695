import FleetModel

// Values of the protocol's few types, each with what to say when it is another.
extension JSONTape {
    func object(at place: Int, _ name: StaticString) throws(Rejection) {
        guard kind(at: place) == .object else { throw wrongType(at: place, "\(name)", expected: "an object") }
    }

    func array(at place: Int, _ name: StaticString) throws(Rejection) {
        guard kind(at: place) == .array else { throw wrongType(at: place, "\(name)", expected: "an array") }
    }

    func string(at place: Int, _ name: StaticString) throws(Rejection) -> UnsafeBufferPointer<UInt8> {
        guard kind(at: place) == .string else { throw wrongType(at: place, "\(name)", expected: "a string") }
        return text(at: place)
    }

    /// A whole number from 0 to `max`.
    @inline(__always)
    func whole(at place: Int, _ name: StaticString, max: UInt64) throws(Rejection) -> UInt64 {
        switch integer(at: place) {
        case .magnitude(let number) where number <= max: return number
        case nil: throw wrongType(at: place, "\(name)", expected: "a whole number")
        case .magnitude, .negative:
            throw Rejection(.outOfRange, "\(name) is \(excerpt(at: place)); send 0 to \(max)")
        }
    }

    /// RFC 3339, or whole milliseconds since 1970.
    @inline(__always)
    func time(at place: Int, _ name: StaticString) throws(Rejection) -> Timestamp {
        if kind(at: place) == .string {
            guard let time = Timestamp(iso8601: text(at: place)) else {
                throw Rejection(
                    .outOfRange,
                    "\(name) is \(excerpt(at: place)); send a time of RFC 3339 such as 2026-03-01T08:00:00Z")
            }
            return time
        }
        // The last millisecond of the year 9999: times beyond it cannot be written as RFC 3339.
        let last: Int64 = 253_402_300_799_999
        switch integer(at: place) {
        case .magnitude(let number) where number <= last: return Timestamp(milliseconds: Int64(number))
        case .negative(let number) where number >= -last: return Timestamp(milliseconds: number)
        case nil: throw wrongType(at: place, "\(name)", expected: "a time of RFC 3339 or whole milliseconds since 1970")
        case .magnitude, .negative:
            throw Rejection(
                .outOfRange, "\(name) is \(excerpt(at: place)); send milliseconds since 1970, not micro- or nanoseconds"
            )
        }
    }

    func wrongType(at place: Int, _ path: String, expected: String) -> Rejection {
        Rejection(.wrongType, "\(path) is \(excerpt(at: place)); send \(expected)")
    }
}
