#include "CSimdJSON.h"
#include <simdjson.h>
int zubr_json_placeholder(void) { return 0; }
