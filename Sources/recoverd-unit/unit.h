// A transient unit of systemd: what it is made of, and what became of it.

#ifndef RECOVERD_UNIT_H
#define RECOVERD_UNIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sd_bus sd_bus;

enum { UNIT_MOST_LIMITS = 32, UNIT_MOST_GROUPS = 65536 };

struct unit_limit {
    const char *name; // as systemd calls it: LimitNOFILE …
    uint64_t value;
};

struct unit {
    const char *name;
    const char *user; // NULL: root
    const char *group;
    const char *also[UNIT_MOST_GROUPS];
    size_t also_count;
    const char *directory;
    uint32_t umask;
    struct unit_limit limits[UNIT_MOST_LIMITS];
    size_t limit_count;
    bool has_capabilities;
    uint64_t capabilities;
    bool no_new_privileges;
    uint64_t stop_usec; // between SIGTERM and SIGKILL
    uint64_t most_usec; // after this time systemd ends it, whatever became of us; 0: never
    char **words;

    sd_bus *bus;
    char *path;
};

struct unit_end {
    bool has_ended;
    bool was_started;
    int status;
    int number; // of the signal that ended it; 0: none
    char result[64]; // in systemd's words
};

// Has systemd start it. A negative errno where it did not, and perhaps what it says.
int unit_start(struct unit *unit, const char **reason);

// Looks whether it has ended. A negative errno where that cannot be known.
int unit_look(struct unit *unit, struct unit_end *end);

// What to wait for before the next look, and for how many milliseconds at most.
struct pollfd unit_poll(struct unit *unit, int *milliseconds);

// Has systemd stop it; its end is seen by the next looks.
void unit_stop(struct unit *unit);

#endif
