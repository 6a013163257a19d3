#pragma once

#include <stddef.h>
#include <stdint.h>

/// libFuzzer, as a function of a program that has a main of its own.
int LLVMFuzzerRunDriver(int *count, char ***words, int (*body)(const uint8_t *bytes, size_t count));
