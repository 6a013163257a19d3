#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Makes the run's file, which can be made once only, locks it, and writes the claim. Returns its descriptor or -1.
static int claim(struct runner *runner, uint64_t run) {
    struct run_name name = run_name(run, "");
    int file = openat(FD_RUNS, name.text, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return -1;
    }
    struct stat status;
    int error = flock(file, LOCK_EX | LOCK_NB) < 0 || fstat(file, &status) < 0 ? errno : 0;
    if (!error && status.st_size > 0) {
        // We stood still for long, and an agent took the run back meanwhile.
        close(file);
        errno = EEXIST;
        return -1;
    }
    if (!error) {
        error = claim_write(file, run, runner->options.boot);
    }
    if (error) {
        unlinkat(FD_RUNS, name.text, 0);
        close(file);
        errno = error;
        return -1;
    }
    return file;
}

static pid_t refuse(struct failure *failure, enum runner_step step, int error) {
    *failure = (struct failure){.step = step, .error = (uint32_t)error};
    return -1;
}

pid_t run_start(struct runner *runner, uint64_t run, struct command *command, struct failure *failure) {
    if (runner->supervisor_count == MOST_SUPERVISORS) {
        return refuse(failure, RUNNER_STEP_FORK, EAGAIN);
    }
    int file = claim(runner, run);
    if (file < 0) {
        return refuse(failure, RUNNER_STEP_CLAIM, errno);
    }
    pid_t pid = fork();
    if (pid == 0) {
        supervise(runner, run, command, file);
    }
    int error = errno;
    if (pid < 0) {
        // Nothing was started: the run may be tried again.
        unlinkat(FD_RUNS, run_name(run, "").text, 0);
    }
    if (pid > 0) {
        // Before anybody hears of it: whoever wants the run cancelled finds it then.
        claim_note_supervisor(file, (uint32_t)pid);
    }
    // The lock stays with the supervisor's copy.
    close(file);
    if (pid < 0) {
        return refuse(failure, RUNNER_STEP_FORK, error);
    }
    runner->supervisors[runner->supervisor_count++] = (struct supervisor){pid, run};
    return pid;
}

bool run_is_held(uint64_t run, struct runner_claim *claim) {
    *claim = (struct runner_claim){0};
    int file = openat(FD_RUNS, run_name(run, "").text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool is_held = flock(file, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (pread(file, claim, sizeof *claim, 0) != sizeof *claim || claim->magic != RUNNER_MAGIC ||
        claim->version != RUNNER_FILE || claim->run != run) {
        *claim = (struct runner_claim){0};
    }
    close(file);
    return is_held;
}

void run_cancel(struct runner *runner, uint64_t run) {
    for (size_t index = 0; index < runner->supervisor_count; index++) {
        if (runner->supervisors[index].run == run) {
            // Our child, and not reaped: the pid is its own.
            kill(runner->supervisors[index].pid, SIGTERM);
            return;
        }
    }
    // Of a runner before us. It had its pid before we opened it and holds the lock after: it is the same process.
    struct runner_claim claim;
    if (!run_is_held(run, &claim) || claim.supervisor == 0) {
        return;
    }
    int process = (int)syscall(SYS_pidfd_open, (pid_t)claim.supervisor, 0);
    if (process >= 0 && run_is_held(run, &claim)) {
        syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0);
    }
    if (process >= 0) {
        close(process);
    }
}
