/// The bytes of a file that is imported, in parts.
package protocol ImportSource: Sendable {
    /// The next part, which stays where it is until the part after it is asked for; `nil` after the last.
    ///
    /// Before it `ImportLines.lineMax` bytes may be written to, and 64 bytes behind it may be read.
    func next() throws -> UnsafeMutableRawBufferPointer?
}
