/// `1 machine`, `2 machines`: a count with its noun.
///
/// - Parameter plural: for nouns that do not just take an `s`.
package func quantity(_ count: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
}
