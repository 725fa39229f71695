/// What is wrong with the bytes of a segment. Who stores them adds the machine, the signal and the time.
package struct Damage: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
