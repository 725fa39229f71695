#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

// Macros that Swift cannot read.
static inline uint32_t zubr_lzma_concatenated(void) { return LZMA_CONCATENATED; }
static inline int zubr_inflate_begin(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int zubr_deflate_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

// The processor's own CRC-32C. Swift can neither name the instruction nor compile one function for a newer processor
// than the rest of the program.
#if defined(__x86_64__)
static inline int zubr_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) static inline uint32_t zubr_crc32c(uint32_t remainder, const void *bytes, size_t count) {
    const unsigned char *next = (const unsigned char *)bytes;
    uint64_t wide = remainder;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; count > 0; count -= 1, next += 1) narrow = __builtin_ia32_crc32qi(narrow, *next);
    return narrow;
}
#else
static inline int zubr_has_crc32c(void) { return 0; }
static inline uint32_t zubr_crc32c(uint32_t remainder, const void *bytes, size_t count) { return remainder; }
#endif
