#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    /// NGROUPS_MAX of the kernel.
    MOST_GROUPS = 65536,
    /// Each resource once.
    MOST_LIMITS = RLIM_NLIMITS,
    /// More than the kernel takes with its usual limit of the stack.
    MOST_STRINGS = 1 << 18,
};

/// What is left to read.
struct reader {
    char *next;
    size_t left;
};

static bool read_bytes(struct reader *reader, void *bytes, size_t size) {
    if (size > reader->left) {
        return false;
    }
    if (size > 0) {
        memcpy(bytes, reader->next, size);
    }
    reader->next += size;
    reader->left -= size;
    return true;
}

static char *read_string(struct reader *reader) {
    char *string = reader->next;
    char *end = reader->left > 0 ? memchr(string, 0, reader->left) : NULL;
    if (end) {
        reader->left -= (size_t)(end + 1 - string);
        reader->next = end + 1;
    }
    return end ? string : NULL;
}

/// Reads as many strings and ends the list by NULL.
static bool read_strings(struct reader *reader, char **strings, size_t count) {
    for (size_t index = 0; index < count; index++) {
        strings[index] = read_string(reader);
        if (!strings[index]) {
            return false;
        }
    }
    strings[count] = NULL;
    return true;
}

static bool counts_make_sense(const struct runner_start *start, size_t left) {
    uint64_t strings = (uint64_t)start->argument_count + start->fallback_count + start->variable_count;
    uint64_t fixed = start->limit_count * sizeof(struct runner_limit) + start->group_count * sizeof(uint32_t);
    return start->limit_count <= MOST_LIMITS && start->group_count <= MOST_GROUPS && strings <= MOST_STRINGS &&
        start->argument_count > 0 && fixed + strings < left && !(start->umask & ~0777u);
}

int command_read(struct command *command, char *body, size_t size) {
    struct reader reader = {body, size};
    *command = (struct command){0};
    struct runner_start *start = &command->start;
    if (!read_bytes(&reader, start, sizeof *start) || !counts_make_sense(start, reader.left)) {
        return EINVAL;
    }
    size_t strings = start->argument_count + start->fallback_count + start->variable_count + 3;
    size_t limits = start->limit_count * sizeof(struct runner_limit);
    size_t groups = start->group_count * sizeof(uint32_t);
    char *memory = malloc(limits + strings * sizeof(char *) + groups);
    if (!memory) {
        return ENOMEM;
    }
    command->memory = memory;
    command->limits = (struct runner_limit *)memory;
    command->arguments = (char **)(memory + limits);
    command->fallback = command->arguments + start->argument_count + 1;
    command->environment = command->fallback + start->fallback_count + 1;
    command->groups = (uint32_t *)(memory + limits + strings * sizeof(char *));
    bool is_read = read_bytes(&reader, command->limits, limits) && read_bytes(&reader, command->groups, groups) &&
        (command->directory = read_string(&reader)) &&
        read_strings(&reader, command->arguments, start->argument_count) &&
        read_strings(&reader, command->fallback, start->fallback_count) &&
        read_strings(&reader, command->environment, start->variable_count) && reader.left == 0;
    // No program is looked for: what is executed, and where, is said in full.
    if (!is_read || command->directory[0] != '/' || command->arguments[0][0] != '/' ||
        (command->fallback[0] && command->fallback[0][0] != '/')) {
        free(memory);
        *command = (struct command){0};
        return EINVAL;
    }
    if (start->fallback_count == 0) {
        command->fallback = NULL;
    }
    return 0;
}
