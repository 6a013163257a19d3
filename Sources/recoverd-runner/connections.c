#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void connections_prepare(struct runner *runner) {
    for (size_t index = 0; index < MOST_CONNECTIONS; index++) {
        runner->connections[index].descriptor = -1;
    }
}

/// Only root and our own user may have commands started.
static bool may_connect(int descriptor, struct ucred *peer) {
    socklen_t size = sizeof *peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0 &&
        (peer->uid == 0 || peer->uid == geteuid());
}

static struct connection *free_place(struct runner *runner) {
    for (size_t index = 0; index < MOST_CONNECTIONS; index++) {
        if (runner->connections[index].descriptor < 0) {
            return &runner->connections[index];
        }
    }
    return NULL;
}

static void turn_away(struct runner *runner, int descriptor, const struct ucred *peer, const char *why) {
    runner->refused++;
    say("refused process %d of user %u: %s (%u so far)", (int)peer->pid, (unsigned)peer->uid, why, runner->refused);
    close(descriptor);
}

void connection_accept(struct runner *runner) {
    int descriptor = accept4(runner->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            runner->deaf_until = later(now_milliseconds(), 100);
        }
        return;
    }
    struct ucred peer = {0};
    if (!may_connect(descriptor, &peer)) {
        turn_away(runner, descriptor, &peer, "neither root nor my own");
        return;
    }
    struct connection *connection = free_place(runner);
    char *input = connection ? malloc(USUAL_BUFFER) : NULL;
    if (!input) {
        turn_away(runner, descriptor, &peer, "no room");
        return;
    }
    *connection = (struct connection){
        .descriptor = descriptor,
        .number = ++runner->accepted,
        .peer = (uint32_t)peer.pid,
        .input = input,
        .input_size = USUAL_BUFFER,
    };
    runner->connection_count++;
    struct runner_hello hello = {RUNNER_PROTOCOL, (uint32_t)getpid()};
    connection_answer(runner, connection, RUNNER_HELLO, 0, &hello, sizeof hello);
}

void connection_close(struct runner *runner, struct connection *connection) {
    if (connection->descriptor >= 0) {
        close(connection->descriptor);
        free(connection->input);
        *connection = (struct connection){.descriptor = -1};
        runner->connection_count--;
        runner->idle_since = now_milliseconds();
    }
}

void connection_write(struct runner *runner, struct connection *connection) {
    ssize_t count = send(connection->descriptor, connection->answers, connection->answer_count,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
        connection->answer_count -= (size_t)count;
        memmove(connection->answers, connection->answers + count, connection->answer_count);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection_close(runner, connection);
    }
}

void connection_answer(struct runner *runner, struct connection *connection, uint32_t type, uint64_t run,
                       const void *body, size_t size) {
    struct runner_frame frame = {(uint32_t)(sizeof frame + size), type, run};
    if (connection->descriptor < 0) {
        return;
    }
    if (connection->answer_count + frame.length > sizeof connection->answers) {
        say("process %u does not read its answers: cut off", connection->peer);
        connection_close(runner, connection);
        return;
    }
    bool waits = connection->answer_count > 0;
    memcpy(connection->answers + connection->answer_count, &frame, sizeof frame);
    memcpy(connection->answers + connection->answer_count + sizeof frame, body, size);
    connection->answer_count += frame.length;
    if (!waits) {
        connection_write(runner, connection);
    }
}

/// Whether the buffer has room for what is to come; a long frame gets a long one, and nothing else does.
static bool fit(struct connection *connection) {
    size_t wanted = USUAL_BUFFER;
    if (connection->input_count >= sizeof(struct runner_frame)) {
        struct runner_frame frame;
        memcpy(&frame, connection->input, sizeof frame);
        wanted = frame.length > wanted ? frame.length : wanted;
    }
    if (wanted == connection->input_size || connection->input_count > wanted) {
        return true;
    }
    char *input = realloc(connection->input, wanted);
    if (!input) {
        return wanted < connection->input_size;
    }
    connection->input = input;
    connection->input_size = wanted;
    return true;
}

/// Takes one frame from the buffer where there is a whole one.
static enum frame_result take_frame(struct runner *runner, struct connection *connection) {
    struct runner_frame frame;
    if (connection->input_count < sizeof frame) {
        return FRAME_LATER;
    }
    memcpy(&frame, connection->input, sizeof frame);
    if (frame.length < sizeof frame || frame.length > RUNNER_LONGEST_FRAME) {
        return FRAME_WRONG;
    }
    if (connection->input_count < frame.length) {
        return FRAME_LATER;
    }
    enum frame_result result = frame_take(runner, connection, &frame, connection->input + sizeof frame);
    if (result == FRAME_DONE && connection->descriptor >= 0) {
        connection->input_count -= frame.length;
        memmove(connection->input, connection->input + frame.length, connection->input_count);
    }
    return result;
}

/// Takes what is in the buffer; the answer to one frame may close the connection.
static void take_frames(struct runner *runner, struct connection *connection) {
    enum frame_result result = FRAME_DONE;
    while (connection->descriptor >= 0 && result == FRAME_DONE) {
        result = take_frame(runner, connection);
    }
    if (connection->descriptor < 0) {
        return;
    }
    if (result == FRAME_WRONG) {
        say("process %u makes no sense: cut off", connection->peer);
        connection_close(runner, connection);
    } else if (!fit(connection)) {
        say("no memory for a frame of process %u: cut off", connection->peer);
        connection_close(runner, connection);
    }
}

void connection_read(struct runner *runner, struct connection *connection) {
    // No room: we did not ask for input, so it hung up while its frames wait for a sweep.
    size_t room = connection->input_size - connection->input_count;
    ssize_t count = room == 0 ? 0 :
        recv(connection->descriptor, connection->input + connection->input_count, room, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (count <= 0) {
        connection_close(runner, connection);
        return;
    }
    connection->input_count += (size_t)count;
    take_frames(runner, connection);
}

void connections_resume(struct runner *runner) {
    for (size_t index = 0; index < MOST_CONNECTIONS; index++) {
        take_frames(runner, &runner->connections[index]);
    }
}
