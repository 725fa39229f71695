#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_LIMIT = 64 * 1024 };

typedef struct {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    size_t limit;
    int overflowed;
} buffer;

/* libcurl's initialisation is not thread-safe before 7.84 and is needed once. */
static pthread_once_t initialised = PTHREAD_ONCE_INIT;

static void initialise(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) atexit(curl_global_cleanup);
}

static int append(buffer *to, const void *bytes, size_t length) {
    if (length > to->limit - to->length) {
        to->overflowed = 1;
        return 0;
    }
    if (to->length + length > to->capacity) {
        size_t capacity = to->capacity ? to->capacity : 4096;
        while (capacity < to->length + length) capacity *= 2;
        uint8_t *grown = realloc(to->bytes, capacity);
        if (!grown) return 0;
        to->bytes = grown;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    return 1;
}

/* Returning less than was given makes libcurl end the transfer. */
static size_t receive(char *bytes, size_t size, size_t count, void *context) {
    return append(context, bytes, size * count) ? size * count : 0;
}

static int outcome_of(CURLcode code, int overflowed) {
    if (overflowed) return ZUBR_CURL_TOO_LARGE;
    switch (code) {
    case CURLE_OK: return ZUBR_CURL_OK;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: return ZUBR_CURL_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT: return ZUBR_CURL_TIMED_OUT;
    default: return ZUBR_CURL_FAILED;
    }
}

void zubr_curl_perform(const zubr_curl_request *request, zubr_curl_answer *answer) {
    memset(answer, 0, sizeof *answer);
    pthread_once(&initialised, initialise);
    CURL *curl = curl_easy_init();
    if (!curl) {
        answer->outcome = ZUBR_CURL_FAILED;
        snprintf(answer->failure, sizeof answer->failure, "libcurl could not be started");
        return;
    }
    char failure[CURL_ERROR_SIZE] = "";
    buffer body = {.limit = request->answer_limit};
    buffer headers = {.limit = HEADERS_LIMIT};
    struct curl_slist *fields = NULL;

    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, failure);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    /* A proxy from the environment must not come between us and a local socket. */
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->socket_path);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_milliseconds);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->total_timeout_milliseconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &headers);
    if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)request->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    /* Without this libcurl waits a second before it sends a large body. */
    fields = curl_slist_append(fields, "Expect:");
    if (request->content_type) {
        char field[192];
        snprintf(field, sizeof field, "Content-Type: %s", request->content_type);
        fields = curl_slist_append(fields, field);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);

    CURLcode code = curl_easy_perform(curl);
    answer->outcome = outcome_of(code, body.overflowed);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    char *content_type = NULL;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &content_type);
    if (content_type) snprintf(answer->content_type, sizeof answer->content_type, "%s", content_type);
    if (code != CURLE_OK) {
        long system = 0;
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &system);
        /* libcurl's own words speak of a port, which a socket does not have. */
        const char *reason = code == CURLE_COULDNT_CONNECT && system ? strerror((int)system)
                             : failure[0]                            ? failure
                                                                     : curl_easy_strerror(code);
        snprintf(answer->failure, sizeof answer->failure, "%s", reason);
    }
    answer->body = body.bytes;
    answer->body_length = body.length;
    answer->headers = (char *)headers.bytes;
    answer->headers_length = headers.length;
    curl_slist_free_all(fields);
    curl_easy_cleanup(curl);
}

void zubr_curl_release(zubr_curl_answer *answer) {
    free(answer->body);
    free(answer->headers);
    memset(answer, 0, sizeof *answer);
}
