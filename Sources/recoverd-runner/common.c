#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void say_list(const char *format, va_list list) {
    char line[512] = "recoverd-runner: ";
    size_t begin = strlen(line);
    int count = vsnprintf(line + begin, sizeof line - begin - 1, format, list);
    if (count >= 0) {
        strcat(line, "\n");
        // Nobody to tell when this fails.
        (void)!write(2, line, strlen(line));
    }
}

void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    say_list(format, list);
    va_end(list);
}

void give_up(const char *format, ...) {
    va_list list;
    va_start(list, format);
    say_list(format, list);
    va_end(list);
    exit(1);
}

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }
uint64_t now_milliseconds(void) { return nanoseconds(CLOCK_MONOTONIC) / 1000000; }
uint64_t wall_milliseconds(void) { return nanoseconds(CLOCK_REALTIME) / 1000000; }

uint64_t later(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

int wait_until(uint64_t then) {
    uint64_t now = now_milliseconds();
    uint64_t left = then > now ? then - now : 0;
    // Whoever waits longer looks at the clock again.
    return left > 3600000 ? 3600000 : (int)left;
}

ssize_t read_text(int directory, const char *path, char *text, size_t size) {
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    ssize_t count;
    do {
        count = read(file, text, size - 1);
    } while (count < 0 && errno == EINTR);
    int error = errno;
    close(file);
    errno = error;
    if (count >= 0) {
        text[count] = 0;
    }
    return count;
}

struct run_name run_name(uint64_t run, const char *ending) {
    struct run_name name;
    snprintf(name.text, sizeof name.text, "%016" PRIx64 "%s", run, ending);
    return name;
}

uint64_t run_of_name(const char *name) {
    return strlen(name) == 16 && strspn(name, "0123456789abcdef") == 16 ? strtoull(name, NULL, 16) : 0;
}
