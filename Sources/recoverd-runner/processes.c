#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool process_read(pid_t pid, struct process *process) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_text(AT_FDCWD, path, text, sizeof text) <= 0) {
        return false;
    }
    // The second field is the name in parentheses, and a name may contain anything.
    const char *fields = strrchr(text, ')');
    char state;
    int parent, session, threads;
    unsigned long long start;
    if (!fields || sscanf(fields + 1,
                          " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu",
                          &state, &parent, &session, &threads, &start) != 5) {
        return false;
    }
    // A process whose first thread has ended shows as a zombie while its other threads run on.
    bool is_dead = (state == 'Z' && threads <= 1) || state == 'X' || state == 'x';
    *process = (struct process){pid, parent, session, start, !is_dead, false, false};
    return true;
}

bool process_signal(const struct process *process, int signal) {
    int descriptor = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (descriptor < 0) {
        return false;
    }
    struct process same;
    bool is_sent = process_read(process->pid, &same) && same.start == process->start &&
        syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0) == 0;
    close(descriptor);
    return is_sent;
}

bool process_has_run(pid_t pid, uint64_t run) {
    char path[32], wanted[48];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    int length = snprintf(wanted, sizeof wanted, "%s=%016" PRIx64, RUNNER_VARIABLE, run);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    // Byte by byte against what is wanted, its NUL included: variables may be of any length.
    char bytes[4096];
    ssize_t count;
    int matched = 0;
    bool is_found = false;
    while (!is_found && (count = read(file, bytes, sizeof bytes)) > 0) {
        for (ssize_t index = 0; index < count && !is_found; index++) {
            if (matched >= 0 && bytes[index] == wanted[matched]) {
                is_found = matched++ == length;
            } else {
                matched = bytes[index] ? -1 : 0;
            }
        }
    }
    close(file);
    return is_found;
}

ssize_t process_table(struct process **table, size_t *capacity) {
    DIR *directory = opendir("/proc");
    if (!directory) {
        return -1;
    }
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (count == *capacity) {
            size_t wanted = *capacity ? *capacity * 2 : 256;
            struct process *grown = realloc(*table, wanted * sizeof **table);
            if (!grown) {
                break;
            }
            *table = grown;
            *capacity = wanted;
        }
        count += pid > 0 && process_read(pid, &(*table)[count]);
    }
    closedir(directory);
    return (ssize_t)count;
}

size_t process_mark_descendants(struct process *table, size_t count) {
    size_t total = 0, before;
    do {
        before = total;
        for (size_t child = 0; child < count; child++) {
            for (size_t index = 0; index < count && !table[child].marked && !table[child].spared; index++) {
                if (table[index].marked && table[index].pid == table[child].parent) {
                    table[child].marked = true;
                    total++;
                }
            }
        }
    } while (total > before);
    return total;
}
