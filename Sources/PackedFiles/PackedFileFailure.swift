/// Why a file cannot be read or written: what, why, and what to try.
package struct PackedFileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
