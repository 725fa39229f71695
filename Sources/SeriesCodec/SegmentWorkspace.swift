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
    let compressed: UnsafeMutableRawBufferPointer
    private let compressor: OpaquePointer
    private let patternCompressor: OpaquePointer
    private let decompressor: OpaquePointer

    package init() {
        numbers = .allocate(capacity: SegmentLimits.rows)
        residuals = .allocate(capacity: SegmentLimits.rows)
        values = .allocate(capacity: SegmentLimits.rows)
        numbers.initialize(repeating: 0, count: SegmentLimits.rows)
        residuals.initialize(repeating: 0, count: SegmentLimits.rows)
        values.initialize(repeating: 0, count: SegmentLimits.rows)
        plane = .allocate(byteCount: SegmentLimits.rows, alignment: 8)
        compressed = .allocate(byteCount: ZSTD_compressBound(SegmentLimits.rows), alignment: 8)
        guard let noise = ZSTD_createCCtx(), let pattern = ZSTD_createCCtx(), let back = ZSTD_createDCtx() else {
            fatalError("zstd has no memory for its contexts")
        }
        compressor = noise
        patternCompressor = pattern
        decompressor = back
        // What measurements leave behind is noise: its bytes are of different frequency, but do not repeat in longer
        // strings. A string found by chance costs more than its bytes do, so zstd shall nearly only count
        // frequencies: short strings are not sought, and few of the long ones are remembered.
        for (parameter, value) in [
            (ZSTD_c_compressionLevel, 1), (ZSTD_c_strategy, Int32(ZSTD_fast.rawValue)), (ZSTD_c_minMatch, 7),
            (ZSTD_c_hashLog, 6),
        ] {
            let result = ZSTD_CCtx_setParameter(compressor, parameter, value)
            precondition(ZSTD_isError(result) == 0, "zstd refuses a parameter")
        }
    }

    deinit {
        numbers.deallocate()
        residuals.deallocate()
        values.deallocate()
        plane.deallocate()
        compressed.deallocate()
        ZSTD_freeCCtx(compressor)
        ZSTD_freeCCtx(patternCompressor)
        ZSTD_freeDCtx(decompressor)
    }

    /// Compresses noise, which measurements are, into `compressed`; `nil` when it does not become smaller.
    func compressNoise(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let size = ZSTD_compress2(compressor, compressed.baseAddress, compressed.count, bytes.baseAddress, bytes.count)
        guard ZSTD_isError(size) == 0, size < bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: compressed[..<size])
    }

    /// Compresses bytes that repeat in strings; `nil` when they do not become smaller.
    func compressPattern(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        let compressed = [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            let size = ZSTD_compressCCtx(
                patternCompressor, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count, 3)
            count = ZSTD_isError(size) == 0 ? size : 0
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
