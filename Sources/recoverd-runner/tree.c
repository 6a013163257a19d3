#include "runner.h"

#include <errno.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// A process that descends from us, as it was listed.
struct descendant {
    pid_t pid;
    pid_t parent;
};

enum {
    /// More are found in the next round, when these are gone.
    MOST_DESCENDANTS = 4096,
};

struct list {
    size_t count;
    /// The kernel does not list children.
    bool is_blind;
    struct descendant members[MOST_DESCENDANTS];
};

static void add(struct list *list, pid_t pid, pid_t parent) {
    if (list->count < MOST_DESCENDANTS) {
        list->members[list->count++] = (struct descendant){pid, parent};
    }
}

/// Adds the children that one thread has made (or was given).
static void add_children_of_thread(struct list *list, pid_t parent, const char *thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)parent, thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        list->is_blind |= errno == ENOENT && parent == getpid();
        return;
    }
    char text[4096];
    ssize_t count;
    pid_t pid = 0;
    while ((count = read(file, text, sizeof text)) > 0) {
        for (ssize_t index = 0; index < count; index++) {
            if (isdigit((unsigned char)text[index])) {
                pid = pid * 10 + (text[index] - '0');
            } else if (pid) {
                add(list, pid, parent);
                pid = 0;
            }
        }
    }
    close(file);
}

static void add_children(struct list *list, pid_t parent) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/task", (int)parent);
    DIR *threads = opendir(path);
    if (!threads) {
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(threads))) {
        if (isdigit((unsigned char)entry->d_name[0])) {
            add_children_of_thread(list, parent, entry->d_name);
        }
    }
    closedir(threads);
}

/// The same from a look at all processes.
static void add_from_table(struct list *list) {
    struct process *table = NULL;
    size_t capacity = 0;
    ssize_t count = process_table(&table, &capacity);
    for (ssize_t index = 0; index < count; index++) {
        table[index].marked = table[index].parent == getpid();
    }
    if (count > 0) {
        process_mark_descendants(table, (size_t)count);
    }
    for (ssize_t index = 0; index < count; index++) {
        if (table[index].marked) {
            add(list, table[index].pid, table[index].parent);
        }
    }
    free(table);
}

/// Signals one where it is still the same; whether it lives.
static bool signal_one(const struct descendant *member, int signal, int second) {
    struct process process;
    if (!process_read(member->pid, &process) || !process.alive) {
        return false;
    }
    if (process.parent == getpid()) {
        // Nobody else reaps it, so nobody else has its pid.
        kill(member->pid, signal);
        if (second) {
            kill(member->pid, second);
        }
        return true;
    }
    if (process.parent != member->parent) {
        // Another process by now, or one that came to us: the next round knows.
        return true;
    }
    process_signal(&process, signal);
    if (second) {
        process_signal(&process, second);
    }
    return true;
}

uint32_t tree_signal(int signal, int second) {
    // Asked for when it is needed: most commands end by themselves.
    struct list *list = malloc(sizeof *list);
    if (!list) {
        return 1;
    }
    list->count = 0;
    list->is_blind = false;
    add_children(list, getpid());
    for (size_t index = 0; index < list->count; index++) {
        add_children(list, list->members[index].pid);
    }
    if (list->is_blind) {
        add_from_table(list);
    }
    uint32_t living = 0;
    for (size_t index = 0; index < list->count; index++) {
        living += signal_one(&list->members[index], signal, second);
    }
    free(list);
    return living;
}
