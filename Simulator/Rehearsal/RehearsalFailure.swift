/// Why a rehearsal cannot be set up: what failed, why, and what to do about it.
package struct RehearsalFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
