#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/// Makes a directory where there is none, and opens it when nobody else may write to it.
static int open_directory(int parent, const char *path) {
    if (mkdirat(parent, path, 0700) < 0 && errno != EEXIST) {
        give_up("cannot make %s: %s", path, strerror(errno));
    }
    int directory = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (directory < 0 || fstat(directory, &status) < 0) {
        give_up("cannot open %s: %s", path, strerror(errno));
    }
    if (status.st_uid != geteuid()) {
        give_up("%s belongs to user %u: it must be ours", path, (unsigned)status.st_uid);
    }
    if (status.st_mode & 022) {
        give_up("%s has mode %o: others may write to it", path, (unsigned)(status.st_mode & 07777));
    }
    return directory;
}

static void take_lock(struct runner *runner) {
    int lock = openat(runner->directory, RUNNER_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock < 0) {
        give_up("cannot open %s: %s", RUNNER_LOCK, strerror(errno));
    }
    // Not flock(2): that is held by copies too, and a supervisor has one for the moment after its fork. A runner that
    // is killed then would seem to live on.
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(lock, F_SETLK, &whole) < 0) {
        if (errno != EACCES && errno != EAGAIN) {
            give_up("cannot lock %s: %s", RUNNER_LOCK, strerror(errno));
        }
        say("another runner has %s", runner->options.runtime);
        exit(runner->options.background ? 0 : 1);
    }
}

/// Nothing below this directory is ever synchronized to a disk: it belongs to one boot, and after a power loss nobody
/// believes what stands there.
void directory_take(struct runner *runner) {
    // The first free descriptor is 3.
    int placeholder = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int second = open("/dev/null", O_RDONLY | O_CLOEXEC);
    runner->directory = open_directory(AT_FDCWD, runner->options.runtime);
    take_lock(runner);
    int runs = open_directory(runner->directory, RUNNER_RUNS);
    if (placeholder != FD_RUNS || second != FD_SIGNALS || dup3(runs, FD_RUNS, O_CLOEXEC) < 0) {
        give_up("cannot arrange descriptors: %s", strerror(errno));
    }
    close(runs);
}

void directory_listen(struct runner *runner) {
    runner->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = RUNNER_SOCKET};
    // By its bare name, because a path may be longer than an address. We have the lock, so what is there is stale.
    if (runner->listener < 0 || fchdir(runner->directory) < 0 ||
        (unlink(RUNNER_SOCKET) < 0 && errno != ENOENT) ||
        bind(runner->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(RUNNER_SOCKET, 0600) < 0 || listen(runner->listener, MOST_CONNECTIONS) < 0) {
        give_up("cannot listen on %s/%s: %s", runner->options.runtime, RUNNER_SOCKET, strerror(errno));
    }
}
