#pragma once

#include <jansson.h>

/// `json_decref` is a static inline function that Swift imports, but whose atomics it cannot always see through.
static inline void cjansson_release(json_t *value) {
    json_decref(value);
}
