#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static bool address(const char *path, struct sockaddr_un *name) {
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof name->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(name->sun_path, path);
    return true;
}

/// Closes the descriptor and keeps the errno of what failed before.
static int give_up(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

/// A stream socket, and the address that the path is; -1 with errno.
static int make_socket(const char *path, struct sockaddr_un *name) {
    return address(path, name) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
}

int csystem_connect_local(const char *path) {
    struct sockaddr_un name;
    int descriptor = make_socket(path, &name);
    if (descriptor < 0) {
        return -1;
    }
    // A local socket never leaves a connection in progress: it is there, or it is not.
    return connect(descriptor, (struct sockaddr *)&name, sizeof name) == 0 ? descriptor : give_up(descriptor);
}

int csystem_listen_local(const char *path) {
    struct sockaddr_un name;
    int descriptor = make_socket(path, &name);
    if (descriptor < 0) {
        return -1;
    }
    mode_t before = umask(0077);
    unlink(path);
    bool bound = bind(descriptor, (struct sockaddr *)&name, sizeof name) == 0 && listen(descriptor, 16) == 0;
    int error = errno;
    umask(before);
    errno = error;
    return bound ? descriptor : give_up(descriptor);
}

int csystem_accept_local(int listener) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int64_t csystem_peer_user(int descriptor) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (int64_t)peer.uid : -1;
}

bool csystem_notify(const char *path, const char *text) {
    struct sockaddr_un name;
    if (!address(path, &name)) {
        return false;
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (*path == '@') {
        // An address without a file: it begins with NUL, and its length says where it ends.
        name.sun_path[0] = 0;
    } else {
        size++;
    }
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return false;
    }
    size_t count = strlen(text);
    bool sent = sendto(descriptor, text, count, MSG_NOSIGNAL, (struct sockaddr *)&name, size) == (ssize_t)count;
    give_up(descriptor);
    return sent;
}
