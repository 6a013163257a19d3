#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void end_sweep(struct runner *runner, struct sweep *sweep) {
    struct connection *connection = &runner->connections[sweep->connection];
    if (connection->descriptor >= 0 && connection->number == sweep->number) {
        connection_answer(runner, connection, RUNNER_SWEPT, sweep->run, sweep->answer, sizeof *sweep->answer);
    }
    munmap(sweep->answer, sizeof *sweep->answer);
    *sweep = (struct sweep){0};
    runner->sweep_count--;
}

static bool forget_supervisor(struct runner *runner, pid_t pid) {
    for (size_t index = 0; index < runner->supervisor_count; index++) {
        if (runner->supervisors[index].pid == pid) {
            runner->supervisors[index] = runner->supervisors[--runner->supervisor_count];
            return true;
        }
    }
    return false;
}

void children_reap(struct runner *runner) {
    pid_t pid;
    bool swept = false;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        if (forget_supervisor(runner, pid)) {
            continue;
        }
        for (size_t index = 0; index < MOST_SWEEPS; index++) {
            if (runner->sweeps[index].pid == pid) {
                end_sweep(runner, &runner->sweeps[index]);
                swept = true;
            }
        }
    }
    runner->idle_since = now_milliseconds();
    if (swept) {
        connections_resume(runner);
    }
}

/// The sweeper: holds nothing of the runner's but the directory of the runs and its cgroup.
__attribute__((noreturn)) static void be_sweeper(struct runner *runner, uint64_t run, pid_t asker,
                                                 struct runner_swept *answer) {
    unsigned first = FD_FILE;
    if (runner->cgroup >= 0) {
        runner->cgroup = dup3(runner->cgroup, FD_FILE, O_CLOEXEC);
        first++;
    }
    syscall(SYS_close_range, first, UINT_MAX, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    sweep_run(runner, run, asker, answer);
    _exit(0);
}

bool sweep_start(struct runner *runner, struct connection *connection, uint64_t run) {
    if (runner->sweep_count == MOST_SWEEPS) {
        return false;
    }
    struct sweep *sweep = runner->sweeps;
    while (sweep->pid) {
        sweep++;
    }
    struct runner_swept *answer =
        mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    // Who cannot look must not say that nothing is left; so too a sweeper that is killed before it has looked.
    struct runner_swept unknown = {0, 1};
    pid_t pid = -1;
    if (answer != MAP_FAILED) {
        *answer = unknown;
        pid = fork();
    }
    if (pid == 0) {
        be_sweeper(runner, run, (pid_t)connection->peer, answer);
    }
    if (pid < 0) {
        if (answer != MAP_FAILED) {
            munmap(answer, sizeof *answer);
        }
        connection_answer(runner, connection, RUNNER_SWEPT, run, &unknown, sizeof unknown);
        return true;
    }
    *sweep = (struct sweep){pid, run, (size_t)(connection - runner->connections), connection->number, answer};
    runner->sweep_count++;
    return true;
}
