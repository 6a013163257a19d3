#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum phase {
    RUNNING,
    /// It ended; somebody may still hold its pipes.
    DRAINING,
    /// Told to end.
    TERMINATING,
    /// Killed round by round.
    KILLING,
    OVER,
};

/// One supervised run. There is one per process.
struct run {
    uint64_t id;
    pid_t command;
    int cgroup;
    bool has_leaf;
    bool is_asked_to_end;
    /// The command was reaped.
    bool has_ended;
    /// We have no child left.
    bool is_alone;
    enum phase phase;
    uint64_t grace;
    /// When the phase ends by itself, milliseconds.
    uint64_t limit;
    uint64_t began;
    struct stream output;
    struct stream error;
    struct runner_record record;
};

static struct run the_run;
static char buffer[READ_COUNT];

/// Becomes a process of its own kind: nothing of the runner's stays open, orphans of the command come to us.
static void detach(struct runner *runner, int file) {
    if (dup3(file, FD_FILE, O_CLOEXEC) < 0 && file != FD_FILE) {
        _exit(1);
    }
    unsigned first = FD_LEAF;
    if (runner->cgroup >= 0) {
        // For the leaf; it takes the place of its parent when it is made.
        if (runner->cgroup != FD_LEAF && dup3(runner->cgroup, FD_LEAF, O_CLOEXEC) < 0) {
            _exit(1);
        }
        first = FD_FIRST_FREE;
    }
    syscall(SYS_close_range, first, UINT_MAX, 0);
    prctl(PR_SET_NAME, "recoverd-super");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    setsid();
}

static void make_leaf(struct run *run, bool is_wanted) {
    run->cgroup = -1;
    if (!is_wanted) {
        return;
    }
    int leaf = cgroup_leaf(FD_LEAF, run->id);
    if (leaf < 0) {
        return;
    }
    // The leaf gets the fixed number, its parent another: at the end the leaf is removed from there.
    run->cgroup = fcntl(FD_LEAF, F_DUPFD_CLOEXEC, FD_FIRST_FREE);
    run->has_leaf = run->cgroup >= 0 && dup3(leaf, FD_LEAF, O_CLOEXEC) >= 0;
    close(leaf);
}

/// Starts the command between two pipes; the failure is in the record.
static bool start(struct run *run, const struct runner *runner, const struct command *command) {
    struct failure failure = {.step = RUNNER_STEP_PIPE};
    int output[2], error[2];
    run->command = -1;
    if (pipe2(output, O_CLOEXEC) == 0) {
        if (pipe2(error, O_CLOEXEC) == 0) {
            run->command = spawn(runner, command, output[1], error[1], run->has_leaf, &failure);
            close(error[1]);
            run->error.pipe = error[0];
        } else {
            failure.error = (uint32_t)errno;
        }
        close(output[1]);
        run->output.pipe = output[0];
    } else {
        failure.error = (uint32_t)errno;
    }
    if (run->command < 0) {
        run->record.ending = RUNNER_NOT_STARTED;
        run->record.step = failure.step;
        run->record.value = (int32_t)failure.error;
    }
    return run->command >= 0;
}

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static void note_end(struct run *run, int status, const struct rusage *usage) {
    struct runner_record *record = &run->record;
    run->has_ended = true;
    record->user_time = microseconds(usage->ru_utime);
    record->system_time = microseconds(usage->ru_stime);
    record->memory = (uint64_t)usage->ru_maxrss;
    if (run->phase == RUNNING) {
        record->ended = wall_milliseconds();
        record->duration = now_nanoseconds() - run->began;
        record->ending = WIFSIGNALED(status) ? RUNNER_SIGNALED : RUNNER_EXITED;
        record->value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
        run->phase = DRAINING;
        run->limit = later(now_milliseconds(), LONGEST_DRAINING);
    }
}

/// Reaps all that has ended: the command, and orphans that came to us.
static void reap(struct run *run) {
    struct rusage usage;
    int status;
    pid_t pid;
    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
        if (pid == run->command && !run->has_ended) {
            note_end(run, status, &usage);
        }
    }
    run->is_alone = pid < 0 && errno == ECHILD;
}

static void take_signals(struct run *run) {
    struct signalfd_siginfo infos[4];
    ssize_t count = read(FD_SIGNALS, infos, sizeof infos);
    for (size_t index = 0; count > 0 && index < (size_t)count / sizeof *infos; index++) {
        run->is_asked_to_end |= infos[index].ssi_signo != SIGCHLD;
    }
    reap(run);
}

static void begin_ending(struct run *run, enum runner_ending ending) {
    run->record.ending = ending;
    run->phase = TERMINATING;
    run->limit = later(now_milliseconds(), run->grace);
    // A stopped process would not hear the first.
    tree_signal(SIGTERM, SIGCONT);
}

static void kill_round(struct run *run) {
    uint32_t living = tree_signal(SIGKILL, 0);
    if (run->has_leaf) {
        uint32_t inside = cgroup_kill(FD_LEAF);
        living = inside > living ? inside : living;
    }
    reap(run);
    if ((living == 0 && run->is_alone) || now_milliseconds() >= run->limit) {
        run->record.survivors = living;
        run->phase = OVER;
    }
}

/// What the time and the events since ask for.
static void go_on(struct run *run, uint64_t deadline) {
    uint64_t now = now_milliseconds();
    if (run->phase == RUNNING && (run->is_asked_to_end || now >= deadline)) {
        begin_ending(run, run->is_asked_to_end ? RUNNER_CANCELLED : RUNNER_TIMED_OUT);
    }
    if (run->phase == DRAINING && ((run->output.pipe < 0 && run->error.pipe < 0) || now >= run->limit)) {
        run->phase = OVER;
    }
    if (run->phase == TERMINATING && (run->is_alone || now >= run->limit)) {
        run->phase = KILLING;
        run->limit = later(now, LONGEST_KILLING);
    }
    if (run->phase == KILLING) {
        kill_round(run);
    }
}

static void read_streams(struct run *run, const struct pollfd *places) {
    struct stream *streams[] = {&run->output, &run->error};
    for (size_t index = 0; index < 2; index++) {
        if (places[index].revents && streams[index]->pipe >= 0) {
            stream_read(streams[index], buffer);
        }
    }
}

/// Waits for something and takes it.
static void wait_for(struct run *run, int milliseconds) {
    struct pollfd places[] = {
        {.fd = run->output.pipe, .events = POLLIN},
        {.fd = run->error.pipe, .events = POLLIN},
        {.fd = FD_SIGNALS, .events = POLLIN},
    };
    if (poll(places, 3, milliseconds) <= 0) {
        return;
    }
    // Output first: what was written before the end is there before the signal.
    read_streams(run, places);
    if (places[2].revents) {
        take_signals(run);
    }
}

static void watch(struct run *run, uint64_t deadline) {
    while (run->phase != OVER) {
        uint64_t next = run->phase == RUNNING ? deadline : run->limit;
        wait_for(run, run->phase == KILLING ? KILLING_PAUSE : wait_until(next));
        go_on(run, deadline);
    }
    if (run->record.ended == 0) {
        run->record.ended = wall_milliseconds();
        run->record.duration = now_nanoseconds() - run->began;
    }
}

/// What the dead have left in the pipes; whoever else may hold them is not waited for.
static void drain(struct run *run) {
    struct pollfd places[2];
    uint64_t limit = later(now_milliseconds(), LONGEST_DRAINING);
    do {
        places[0] = (struct pollfd){.fd = run->output.pipe, .events = POLLIN};
        places[1] = (struct pollfd){.fd = run->error.pipe, .events = POLLIN};
        if ((run->output.pipe < 0 && run->error.pipe < 0) || poll(places, 2, 0) <= 0) {
            return;
        }
        read_streams(run, places);
    } while (now_milliseconds() < limit);
}

/// Gives back what was only needed for the start.
static void forget_start(struct runner *runner, struct command *command) {
    free(command->memory);
    for (size_t index = 0; index < MOST_CONNECTIONS; index++) {
        free(runner->connections[index].input);
    }
}

void supervise(struct runner *runner, uint64_t id, struct command *command, int file) {
    struct run *run = &the_run;
    run->id = id;
    run->grace = command->start.grace;
    detach(runner, file);
    // The runner notes it too, and may die before it does: without a number nothing counts as started.
    claim_note_supervisor(FD_FILE, (uint32_t)getpid());
    make_leaf(run, runner->cgroup >= 0);
    stream_prepare(&run->output, id, RUNNER_STDOUT, command);
    stream_prepare(&run->error, id, RUNNER_STDERR, command);
    uint64_t deadline = later(now_milliseconds(), command->start.timeout);
    run->began = now_nanoseconds();
    if (start(run, runner, command)) {
        run->record.started = wall_milliseconds();
        claim_complete((uint32_t)getpid(), (uint32_t)run->command, run->record.started);
        forget_start(runner, command);
        watch(run, deadline);
        if (run->record.ending == RUNNER_TIMED_OUT || run->record.ending == RUNNER_CANCELLED) {
            drain(run);
        }
    } else {
        run->record.ended = run->record.started = wall_milliseconds();
    }
    stream_end(&run->output);
    stream_end(&run->error);
    record_write(&run->record, &run->output, &run->error);
    if (run->has_leaf) {
        cgroup_remove(run->cgroup, id);
    }
    _exit(0);
}
