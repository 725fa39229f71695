/// How far a value of the catalog can be trusted.
package struct Mark: Hashable, Sendable, Codable, CustomStringConvertible {
    package var kind: Kind
    /// The source's id in the catalog, or where a borrowed value was taken from.
    package var source: String?

    package init(_ kind: Kind, source: String? = nil) {
        self.kind = kind
        self.source = source
    }

    package enum Kind: String, CaseIterable, Sendable, Codable {
        /// Read in the named source.
        case sourced
        /// Arithmetic on a sourced value.
        case derived
        /// True for another machine, used here in its place.
        case borrowed
        /// An engineering assumption: plausible, not evidence, never a maker's limit.
        case assumed
    }

    package static let assumed = Mark(.assumed)

    /// `sourced: mtz_82_to`, `assumed`.
    package var description: String { source.map { "\(kind.rawValue): \($0)" } ?? kind.rawValue }
}

/// A value with its mark; shown together wherever it is shown.
package struct Marked<Value: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    package var value: Value
    package var mark: Mark

    package init(_ value: Value, _ mark: Mark) {
        self.value = value
        self.mark = mark
    }
}
