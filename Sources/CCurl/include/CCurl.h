#ifndef ZUBR_CCURL_H
#define ZUBR_CCURL_H

#include <stddef.h>
#include <stdint.h>

/* One HTTP exchange over a Unix socket. libcurl sets its options through a variadic function, which Swift cannot
   call; nothing else is done here. */

typedef struct {
    const char *socket_path;
    const char *method;
    const char *url;
    /* NULL when there is no body. */
    const char *content_type;
    const uint8_t *body;
    size_t body_length;
    /* A longer answer is cut off and is a failure. */
    size_t answer_limit;
    long connect_timeout_milliseconds;
    long total_timeout_milliseconds;
} zubr_curl_request;

enum {
    ZUBR_CURL_OK = 0,
    /* Nobody listens, or the socket may not be opened. */
    ZUBR_CURL_UNREACHABLE = 1,
    ZUBR_CURL_TIMED_OUT = 2,
    ZUBR_CURL_TOO_LARGE = 3,
    ZUBR_CURL_FAILED = 4
};

typedef struct {
    int outcome;
    long status;
    uint8_t *body;
    size_t body_length;
    char content_type[128];
    /* All header lines as they came, for tests and diagnosis; NULL when none came. */
    char *headers;
    size_t headers_length;
    char failure[256];
} zubr_curl_answer;

/* Fills answer, which zubr_curl_release must be given afterwards, whatever the outcome. */
void zubr_curl_perform(const zubr_curl_request *request, zubr_curl_answer *answer);
void zubr_curl_release(zubr_curl_answer *answer);

#endif
