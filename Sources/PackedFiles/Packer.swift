import CCompression

/// Takes plain bytes and gives packed ones.
protocol Packer: AnyObject {
    /// - Parameter isLast: Whether no more input will come; then it is called until all is out.
    func pack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool)
}

extension Packing {
    /// `nil` for what is not packed. The levels are those of the programs of these names.
    func packer() -> (any Packer)? {
        switch self {
        case .none: nil
        case .gzip: GzipPacker()
        case .xz: XZPacker()
        case .zstd: ZstdPacker()
        }
    }
}

private final class GzipPacker: Packer {
    private var stream = z_stream()

    init() { precondition(zubr_deflate_begin(&stream, 6) == Z_OK, "zlib has no memory") }
    deinit { deflateEnd(&stream) }

    func pack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool) {
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        let code = deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        guard code != Z_STREAM_ERROR else { throw PackedFileFailure("zlib cannot pack") }
        return (input.count - Int(stream.avail_in), output.count - Int(stream.avail_out), code == Z_STREAM_END)
    }
}

private final class XZPacker: Packer {
    private var stream = lzma_stream()

    init() { precondition(lzma_easy_encoder(&stream, 6, LZMA_CHECK_CRC64) == LZMA_OK, "liblzma has no memory") }
    deinit { lzma_end(&stream) }

    func pack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool) {
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = input.count
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = output.count
        let code = lzma_code(&stream, isLast ? LZMA_FINISH : LZMA_RUN)
        guard code == LZMA_OK || code == LZMA_STREAM_END else { throw PackedFileFailure("liblzma cannot pack") }
        return (input.count - stream.avail_in, output.count - stream.avail_out, code == LZMA_STREAM_END)
    }
}

private final class ZstdPacker: Packer {
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("zstd has no memory") }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }
    deinit { ZSTD_freeCCtx(context) }

    func pack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let code = ZSTD_compressStream2(context, &target, &source, isLast ? ZSTD_e_end : ZSTD_e_continue)
        guard ZSTD_isError(code) == 0 else { throw PackedFileFailure(String(cString: ZSTD_getErrorName(code))) }
        return (source.pos, target.pos, isLast && code == 0)
    }
}
