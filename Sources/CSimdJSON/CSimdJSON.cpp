#include "CSimdJSON.h"

#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

// Every function of simdjson called here is noexcept and every allocation is nothrow, so no exception reaches Swift.

struct zubr_json_parser {
    simdjson::dom::parser parser;
    std::unique_ptr<uint8_t[]> text;
    size_t capacity = 0;
    size_t depth_max = 0;

    /// Room for text of `count` bytes, and the bytes behind it that simdjson may read.
    simdjson::error_code reserve(size_t count) noexcept {
        if (count <= capacity && text) { return simdjson::SUCCESS; }
        size_t wanted = 4096;
        while (wanted < count) { wanted *= 2; }
        capacity = 0;
        text.reset(new (std::nothrow) uint8_t[wanted + simdjson::SIMDJSON_PADDING]);
        if (!text) { return simdjson::MEMALLOC; }
        if (auto error = parser.allocate(wanted, depth_max)) { return error; }
        if (auto error = parser.doc.allocate(wanted)) { return error; }
        capacity = wanted;
        return simdjson::SUCCESS;
    }
};

extern "C" zubr_json_parser *zubr_json_parser_create(size_t depth_max) {
    auto *parser = new (std::nothrow) zubr_json_parser;
    if (parser) { parser->depth_max = depth_max; }
    return parser;
}

extern "C" void zubr_json_parser_destroy(zubr_json_parser *parser) { delete parser; }

extern "C" zubr_json_document zubr_json_parse(zubr_json_parser *parser, const uint8_t *text, size_t count) {
    if (count == 0) { return {nullptr, nullptr, simdjson::EMPTY}; }
    // A tape addresses with 32 bits.
    if (count > simdjson::SIMDJSON_MAXSIZE_BYTES) { return {nullptr, nullptr, simdjson::CAPACITY}; }
    if (auto error = parser->reserve(count)) { return {nullptr, nullptr, error}; }
    std::memcpy(parser->text.get(), text, count);
    std::memset(parser->text.get() + count, 0, simdjson::SIMDJSON_PADDING);
    if (auto error = parser->parser.parse(parser->text.get(), count, false).error()) {
        return {nullptr, nullptr, error};
    }
    const auto &document = parser->parser.doc;
    return {document.tape.get(), document.string_buf.get(), simdjson::SUCCESS};
}

extern "C" const char *zubr_json_error_message(int32_t error) {
    return simdjson::error_message(static_cast<simdjson::error_code>(error));
}
