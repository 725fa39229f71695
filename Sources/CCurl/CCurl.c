#include "CCurl.h"
#include <curl/curl.h>
int zubr_curl_placeholder(void) { return 0; }
