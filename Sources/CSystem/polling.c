#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int csystem_poll_create(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

bool csystem_poll_add(int poll, int descriptor, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = tag}};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void csystem_poll_remove(int poll, int descriptor) {
    epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL);
}

int csystem_poll_wait(int poll, uint64_t *tags, int capacity, int milliseconds) {
    // As many as one turn handles before it looks at requests and deadlines again.
    enum { MOST = 64 };
    struct epoll_event events[MOST];
    int count = epoll_wait(poll, events, capacity < MOST ? capacity : MOST, milliseconds);
    for (int index = 0; index < count; index++) {
        tags[index] = events[index].data.u64;
    }
    return count < 0 ? 0 : count;
}

int csystem_event_create(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void csystem_event_signal(int event) {
    uint64_t one = 1;
    // It fails only when the counter is full, and then the event is readable already.
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
}

void csystem_event_clear(int event) {
    uint64_t count;
    ssize_t ignored = read(event, &count, sizeof count);
    (void)ignored;
}
