import FleetModel
import GRDB

extension Timestamp {
    /// A time as a column holds it. A damaged row may say any number; brought to between the distant past and the distant
    /// future, two of them still have a difference.
    init(stored microseconds: Int64) {
        self.init(
            microseconds: min(
                max(microseconds, Timestamp.distantPast.microseconds), Timestamp.distantFuture.microseconds))
    }
}

extension Row {
    func time(_ column: Int) throws -> Timestamp { Timestamp(stored: try decode(atIndex: column)) }

    /// `nil` for NULL.
    func timeIfAny(_ column: Int) throws -> Timestamp? {
        try decode(Int64?.self, atIndex: column).map { Timestamp(stored: $0) }
    }
}
