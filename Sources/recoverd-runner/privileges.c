#include "rights.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const char score_file[] = "/proc/self/oom_score_adj";

void network_leave(struct runner *runner) {
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    runner->has_left_network = runner->options.leaves_network && network >= 0 && unshare(CLONE_NEWNET) == 0;
    if (runner->options.leaves_network && !runner->has_left_network) {
        say("stays in the network of the host: %s", strerror(errno));
    }
    if (!runner->has_left_network) {
        close(network);
        network = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (network != FD_NETWORK && (dup3(network, FD_NETWORK, O_CLOEXEC) < 0 || close(network) < 0)) {
        give_up("cannot keep a descriptor: %s", strerror(errno));
    }
}

bool return_to_network(void) { return syscall(SYS_setns, FD_NETWORK, CLONE_NEWNET) == 0; }

void memory_look(struct runner *runner) {
    char text[16];
    runner->is_spared = read_text(AT_FDCWD, score_file, text, sizeof text) > 0 && atoi(text) < 0;
}

bool be_as_others_for_memory(void) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, score_file, O_WRONLY | O_CLOEXEC);
    return file >= 0 && syscall(SYS_write, file, "0", 1UL) == 1;
}

void manager_notify(void) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof name.sun_path) {
        return;
    }
    strcpy(name.sun_path, path);
    // An address without a file begins with NUL instead of '@', and its length says where it ends.
    size_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path) + (*path == '/');
    name.sun_path[0] = *path == '@' ? 0 : *path;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sendto(descriptor, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&name, (socklen_t)size) < 0) {
        say("cannot tell %s that it is ready: %s", path, strerror(errno));
    }
    close(descriptor);
}
