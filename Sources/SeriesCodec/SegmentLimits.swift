/// The sizes on which the format of a segment rests.
package enum SegmentLimits {
    /// The most rows of a segment. It bounds what reading a damaged segment can allocate.
    package static let rows = 65_536

    /// The most bytes that the notes of a segment's rows can have together, uncompressed.
    package static let noteBytes = 67_108_864

    /// Rows of a block, the least that is unpacked at once.
    package static let blockRows = 1_024
}
