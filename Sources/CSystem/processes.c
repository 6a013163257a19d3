#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <sys/wait.h> has it from glibc 2.36 on, as an enumerator.
enum { ID_OF_PIDFD = 3 };

bool csystem_reap(int pidfd, bool waits, struct csystem_exit *ending) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid((idtype_t)ID_OF_PIDFD, (id_t)pidfd, &info, WEXITED | (waits ? 0 : WNOHANG));
    } while (result < 0 && errno == EINTR);
    if (result < 0 || info.si_pid == 0) {
        return false;
    }
    bool exited = info.si_code == CLD_EXITED;
    *ending = (struct csystem_exit){exited ? info.si_status : 0, exited ? 0 : info.si_status};
    return true;
}

int csystem_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool csystem_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0;
}

static ssize_t read_again(int descriptor, void *buffer, size_t size) {
    ssize_t count;
    do {
        count = read(descriptor, buffer, size);
    } while (count < 0 && errno == EINTR);
    return count;
}

static int open_file(int proc, pid_t pid, const char *name) {
    char path[48];
    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    return openat(proc, path, O_RDONLY | O_CLOEXEC);
}

bool csystem_process(int proc, pid_t pid, struct csystem_process *process) {
    int descriptor = open_file(proc, pid, "stat");
    if (descriptor < 0) {
        return false;
    }
    char text[1024];
    ssize_t count = read_again(descriptor, text, sizeof text - 1);
    int error = errno;
    close(descriptor);
    if (count <= 0) {
        errno = count == 0 ? ESRCH : error;
        return false;
    }
    text[count] = 0;
    // The second field is the name in parentheses, and a name may contain anything.
    const char *fields = strrchr(text, ')');
    char state;
    int parent, session, threads;
    unsigned long long start;
    if (!fields || sscanf(fields + 1,
                          " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu",
                          &state, &parent, &session, &threads, &start) != 5) {
        errno = EBADMSG;
        return false;
    }
    // A process whose first thread has ended shows as a zombie while its other threads run on.
    bool dead = (state == 'Z' && threads <= 1) || state == 'X' || state == 'x';
    *process = (struct csystem_process){pid, parent, session, start, !dead};
    return true;
}

/// The value of the variable in the first `count` bytes of an environment, or NULL.
static const char *find(const char *environment, size_t count, const char *prefix, size_t length) {
    const char *end = environment + count, *variable = environment;
    while (variable < end) {
        if ((size_t)(end - variable) >= length && memcmp(variable, prefix, length) == 0) {
            return variable + length;
        }
        const char *next = memchr(variable, 0, (size_t)(end - variable));
        if (!next) {
            return NULL;
        }
        variable = next + 1;
    }
    return NULL;
}

bool csystem_process_variable(int proc, pid_t pid, const char *prefix, char *value, size_t size,
                              void *buffer, size_t buffer_size) {
    int descriptor = open_file(proc, pid, "environ");
    if (descriptor < 0) {
        return false;
    }
    char *bytes = buffer;
    size_t length = strlen(prefix), kept = 0;
    // A variable that is as long as the whole buffer is not ours: only what follows the last NUL is carried over, and
    // when that fills the buffer it is dropped.
    const char *found = NULL;
    ssize_t count;
    while (!found && (count = read_again(descriptor, bytes + kept, buffer_size - kept)) > 0) {
        size_t filled = kept + (size_t)count;
        const char *last = memrchr(bytes, 0, filled);
        size_t complete = last ? (size_t)(last - bytes) + 1 : 0;
        found = find(bytes, complete, prefix, length);
        if (!found) {
            kept = filled - complete;
            memmove(bytes, bytes + complete, kept);
            kept = kept == buffer_size ? 0 : kept;
        }
    }
    close(descriptor);
    if (!found) {
        return false;
    }
    snprintf(value, size, "%s", found);
    return true;
}
