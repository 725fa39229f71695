/* simdjson is C++; the CSimdJSON target includes it. This module only links it. */
