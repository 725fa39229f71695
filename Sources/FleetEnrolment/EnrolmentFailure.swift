/// Why somebody could not be enrolled or withdrawn: what, why, and what to do about it.
package struct EnrolmentFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
