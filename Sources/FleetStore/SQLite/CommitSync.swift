/// Whether a commit waits for the disk.
package enum CommitSync: String, Sendable, Hashable {
    /// What is committed survives a power cut.
    case full = "FULL"
    /// It survives the end of the program only. A deliberate mistake, for those who check the checker.
    case normal = "NORMAL"
}
