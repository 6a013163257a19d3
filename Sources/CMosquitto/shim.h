#pragma once

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
/// Glibc's Swift module has no <sys/eventfd.h>.
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// What a call returned, and the errno it left: between a C call and Swift's reading of errno, memory may be released.
typedef struct {
    int code;
    int error;
} cmosquitto_result;

/// libmosquitto tells only by errno that a socket has nothing more to read, so an old value must not be there.
static inline cmosquitto_result cmosquitto_read(struct mosquitto *client) {
    errno = 0;
    int code = mosquitto_loop_read(client, 1);
    return (cmosquitto_result){code, errno};
}

/// As above: "would block" is known by errno alone.
static inline cmosquitto_result cmosquitto_write(struct mosquitto *client) {
    errno = 0;
    int code = mosquitto_loop_write(client, 1);
    return (cmosquitto_result){code, errno};
}

/// The reason of MOSQ_ERR_ERRNO is in errno.
static inline cmosquitto_result cmosquitto_connect(
    struct mosquitto *client, const char *host, int port, int keepalive, const mosquitto_property *properties
) {
    errno = 0;
    int code = mosquitto_connect_bind_v5(client, host, port, keepalive, NULL, properties);
    return (cmosquitto_result){code, errno};
}

/// Makes a descriptor that wakes a poll; its flags are an enumeration that Swift would have to cast.
static inline int cmosquitto_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/// Names the calling thread, at most 15 bytes; prctl is variadic, and pthread_setname_np is hidden from Swift.
static inline void cmosquitto_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
