#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum frame_result take_hello(struct runner *runner, struct connection *connection, const char *body,
                                    size_t size) {
    struct runner_hello hello;
    if (size != sizeof hello) {
        return FRAME_WRONG;
    }
    memcpy(&hello, body, sizeof hello);
    if (hello.version != RUNNER_PROTOCOL) {
        // It has our version from our own greeting.
        say("process %u speaks version %u and I %d: cut off", connection->peer, hello.version, RUNNER_PROTOCOL);
        connection_close(runner, connection);
        return FRAME_DONE;
    }
    connection->greeted = true;
    return FRAME_DONE;
}

static enum frame_result take_start(struct runner *runner, struct connection *connection,
                                    const struct runner_frame *frame, char *body) {
    struct command command;
    struct failure failure = {.step = RUNNER_STEP_FRAME};
    int error = command_read(&command, body, frame->length - sizeof *frame);
    if (error) {
        failure.error = (uint32_t)error;
    } else {
        pid_t pid = run_start(runner, frame->run, &command, &failure);
        free(command.memory);
        if (pid >= 0) {
            struct runner_started started = {(uint32_t)pid};
            connection_answer(runner, connection, RUNNER_STARTED, frame->run, &started, sizeof started);
            return FRAME_DONE;
        }
    }
    struct runner_refused refused = {failure.step, failure.error};
    connection_answer(runner, connection, RUNNER_REFUSED, frame->run, &refused, sizeof refused);
    return error && error != ENOMEM ? FRAME_WRONG : FRAME_DONE;
}

/// The agent stops; its own connection does not keep us.
static void take_quit(struct runner *runner) {
    runner->ends |= !runner->options.stays && runner->supervisor_count == 0 && runner->sweep_count == 0 &&
        runner->connection_count == 1;
}

enum frame_result frame_take(struct runner *runner, struct connection *connection, const struct runner_frame *frame,
                             char *body) {
    size_t size = frame->length - sizeof *frame;
    if (frame->type == RUNNER_HELLO) {
        return connection->greeted ? FRAME_WRONG : take_hello(runner, connection, body, size);
    }
    if (!connection->greeted) {
        return FRAME_WRONG;
    }
    bool is_bare = size == 0 && frame->run != 0;
    switch (frame->type) {
    case RUNNER_START:
        return frame->run != 0 ? take_start(runner, connection, frame, body) : FRAME_WRONG;
    case RUNNER_CANCEL:
        if (is_bare) {
            run_cancel(runner, frame->run);
        }
        return is_bare ? FRAME_DONE : FRAME_WRONG;
    case RUNNER_SWEEP:
        if (is_bare) {
            return sweep_start(runner, connection, frame->run) ? FRAME_DONE : FRAME_LATER;
        }
        return FRAME_WRONG;
    case RUNNER_QUIT:
        if (size == 0) {
            take_quit(runner);
        }
        return size == 0 ? FRAME_DONE : FRAME_WRONG;
    default:
        return FRAME_WRONG;
    }
}
