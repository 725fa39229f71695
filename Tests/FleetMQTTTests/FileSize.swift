import FoundationEssentials

/// The size of a file in bytes; 0 when there is none.
func fileSize(_ path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? Int) ?? Int((attributes?[.size] as? UInt64) ?? 0)
}
