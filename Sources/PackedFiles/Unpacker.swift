import CCompression

/// Takes packed bytes and gives plain ones, as many of either as there is room for.
protocol Unpacker: AnyObject {
    /// - Parameter isLast: Whether no more input will come.
    /// - Returns: How many bytes were taken and made, and whether what was packed is complete for now.
    func unpack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool)
}

extension Packing {
    /// `nil` for what is not packed.
    func unpacker() -> (any Unpacker)? {
        switch self {
        case .none: nil
        case .gzip: GzipUnpacker()
        case .xz: XZUnpacker()
        case .zstd: ZstdUnpacker()
        }
    }
}

private final class GzipUnpacker: Unpacker {
    private var stream = z_stream()
    /// Between two members of a file.
    private var isBetween = true

    init() { precondition(zubr_inflate_begin(&stream) == Z_OK, "zlib has no memory") }
    deinit { inflateEnd(&stream) }

    func unpack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool) {
        guard !input.isEmpty || !isBetween else { return (0, 0, true) }
        stream.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        isBetween = false
        let code = inflate(&stream, Z_NO_FLUSH)
        switch code {
        case Z_STREAM_END:
            isBetween = true
            inflateReset(&stream)
        case Z_OK, Z_BUF_ERROR: break
        default: throw PackedFileFailure(stream.msg.map { String(cString: $0) } ?? "zlib error \(code)")
        }
        return (input.count - Int(stream.avail_in), output.count - Int(stream.avail_out), isBetween)
    }
}

private final class XZUnpacker: Unpacker {
    /// What `xz -9` needs is a quarter of this.
    private static let memoryMax: UInt64 = 256 << 20
    private var stream = lzma_stream()
    private var isComplete = false

    init() {
        let code = lzma_stream_decoder(&stream, XZUnpacker.memoryMax, zubr_lzma_concatenated())
        precondition(code == LZMA_OK, "liblzma has no memory")
    }
    deinit { lzma_end(&stream) }

    func unpack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool) {
        guard !isComplete else { return (0, 0, true) }
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = input.count
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = output.count
        let code = lzma_code(&stream, isLast ? LZMA_FINISH : LZMA_RUN)
        switch code {
        case LZMA_STREAM_END: isComplete = true
        case LZMA_OK, LZMA_BUF_ERROR: break
        case LZMA_FORMAT_ERROR: throw PackedFileFailure("it is no xz file")
        case LZMA_DATA_ERROR: throw PackedFileFailure("the packed bytes are damaged")
        case LZMA_MEMLIMIT_ERROR:
            throw PackedFileFailure(
                "unpacking it takes more than 256 MB of memory; pack it again with a smaller dictionary")
        default: throw PackedFileFailure("liblzma error \(code.rawValue)")
        }
        return (input.count - stream.avail_in, output.count - stream.avail_out, isComplete)
    }
}

private final class ZstdUnpacker: Unpacker {
    private let context: OpaquePointer
    /// Between two frames of a file.
    private var isBetween = true

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("zstd has no memory") }
        self.context = context
    }
    deinit { ZSTD_freeDCtx(context) }

    func unpack(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
    ) throws(PackedFileFailure) -> (taken: Int, made: Int, isComplete: Bool) {
        guard !input.isEmpty || !isBetween else { return (0, 0, true) }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let code = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(code) == 0 else { throw PackedFileFailure(String(cString: ZSTD_getErrorName(code))) }
        isBetween = code == 0
        return (source.pos, target.pos, isBetween)
    }
}
