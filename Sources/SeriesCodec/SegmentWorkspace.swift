import CCompression

/// Memory and compression contexts that writing and reading of segments use again and again.
///
/// About 2 MB. One thread uses it at a time; every connection that reads or writes segments has its own.
package final class SegmentWorkspace {
    /// Numbers of a whole segment, in the order of the rows that have one.
    let numbers: UnsafeMutablePointer<Int64>
    /// What is left of the numbers after prediction.
    let residuals: UnsafeMutablePointer<UInt64>
    let values: UnsafeMutablePointer<Double>
    let plane: UnsafeMutableRawBufferPointer
    /// A plane's coded bytes, and the table by which they are read.
    let coded: UnsafeMutableRawBufferPointer
    let table: UnsafeMutablePointer<UInt32>
    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer

    package init() {
        numbers = .allocate(capacity: SegmentLimits.rows)
        residuals = .allocate(capacity: SegmentLimits.rows)
        values = .allocate(capacity: SegmentLimits.rows)
        table = .allocate(capacity: SymbolFrequencies.total)
        numbers.initialize(repeating: 0, count: SegmentLimits.rows)
        residuals.initialize(repeating: 0, count: SegmentLimits.rows)
        values.initialize(repeating: 0, count: SegmentLimits.rows)
        table.initialize(repeating: 0, count: SymbolFrequencies.total)
        plane = .allocate(byteCount: SegmentLimits.rows, alignment: 8)
        coded = .allocate(byteCount: EntropyCoder.bufferSize, alignment: 8)
        guard let compressor = ZSTD_createCCtx(), let decompressor = ZSTD_createDCtx() else {
            fatalError("zstd has no memory for its contexts")
        }
        self.compressor = compressor
        self.decompressor = decompressor
    }

    deinit {
        numbers.deallocate()
        residuals.deallocate()
        values.deallocate()
        table.deallocate()
        plane.deallocate()
        coded.deallocate()
        ZSTD_freeCCtx(compressor)
        ZSTD_freeDCtx(decompressor)
    }

    /// Compresses bytes that repeat in strings; `nil` when they do not become smaller.
    func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        let compressed = [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            let size = ZSTD_compressCCtx(
                compressor, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count, 3)
            count = ZSTD_isError(size) == 0 && size < bytes.count ? size : 0
        }
        return compressed.isEmpty ? nil : compressed
    }

    /// Fills `target` with what was compressed.
    func decompress(
        _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(Damage) {
        let size = ZSTD_decompressDCtx(
            decompressor, target.baseAddress, target.count, bytes.baseAddress, bytes.count)
        guard ZSTD_isError(size) == 0 else {
            throw Damage("zstd cannot unpack the bytes: \(String(cString: ZSTD_getErrorName(size)))")
        }
        guard size == target.count else {
            throw Damage("\(target.count) bytes were compressed, and \(size) come out")
        }
    }
}
