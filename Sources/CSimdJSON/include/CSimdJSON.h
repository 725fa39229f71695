#ifndef ZUBR_CSIMDJSON_H
#define ZUBR_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A JSON parser with its buffers, kept from message to message. Not safe to use from two threads at once.
typedef struct zubr_json_parser zubr_json_parser;

/// What a parse left behind: simdjson's tape and the unescaped strings it points into.
///
/// Both belong to the parser and hold until its next parse. `error` is 0 when the text is JSON; else both are null.
typedef struct {
    const uint64_t *_Nullable tape;
    const uint8_t *_Nullable strings;
    int32_t error;
} zubr_json_document;

/// A parser that refuses text nested deeper than `depth_max`; null when there is no memory.
zubr_json_parser *_Nullable zubr_json_parser_create(size_t depth_max);

void zubr_json_parser_destroy(zubr_json_parser *_Nonnull parser);

/// Parses all of the text: a document that comes back is JSON to its last byte, and UTF-8. Never throws.
zubr_json_document zubr_json_parse(zubr_json_parser *_Nonnull parser, const uint8_t *_Nullable text, size_t count);

/// What an error means, in simdjson's words.
const char *_Nonnull zubr_json_error_message(int32_t error);

#ifdef __cplusplus
}
#endif

#endif
