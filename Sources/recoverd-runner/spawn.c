#include "rights.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Sanitizers replace clone() by functions that take the child for a fork.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ALWAYS_COPY 1
#endif
#endif
#ifndef ALWAYS_COPY
#define ALWAYS_COPY 0
#endif

// A machine that is busy may need longer than a short time-out to come to the program; milliseconds.
enum { LEAST_TIME_TO_START = 2000 };

// The child calls nothing but syscall(): a few hundred bytes. The rest is for what the linker may do first.
enum { CHILD_STACK = 16 * 1024 };

/// What both sides know.
struct launch {
    const struct runner *runner;
    const struct command *command;
    int output;
    int error;
    /// In memory of both sides.
    struct failure *failure;
};

/// The kernel's own sigaction; all zero is SIG_DFL without flags.
struct kernel_sigaction {
    unsigned long words[4];
};

// MARK: The child's side. Only system calls, and those by number: the functions of glibc for users and groups signal
// all threads, and others are wrapped by sanitizers. It may run in the supervisor's memory even as another user:
// the supervisor is not dumpable, so nobody but root may look or write there, and stands still meanwhile.

BETWEEN_FORK_AND_EXEC static void fail(struct launch *launch, enum runner_step step) {
    launch->failure->error = (uint32_t)errno;
    launch->failure->step = step;
    syscall(SYS_exit_group, 127);
}

/// The exec itself resets all signals but those that are ignored: what we ignore, and two that glibc keeps from us, so
/// that the runner could not reset them at its start.
BETWEEN_FORK_AND_EXEC static void reset_signals(void) {
    static const int ignored[] = {IGNORED_SIGNALS, 32, 33};
    struct kernel_sigaction standard = {{0}};
    for (size_t index = 0; index < sizeof ignored / sizeof *ignored; index++) {
        syscall(SYS_rt_sigaction, ignored[index], &standard, NULL, sizeof(uint64_t));
    }
    uint64_t none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/// Everything from 3 on closes itself at the exec, not before: until then the lock of the run's file is held, and the
/// run counts as alive, even where the supervisor was killed meanwhile.
BETWEEN_FORK_AND_EXEC static bool set_descriptors(struct launch *launch) {
    int null = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
    if (null < 0 || (null != 0 && syscall(SYS_dup3, null, 0, 0) < 0) ||
        syscall(SYS_dup3, launch->output, 1, 0) < 0 || syscall(SYS_dup3, launch->error, 2, 0) < 0) {
        return false;
    }
    // Linux 5.11; before that the one descriptor that does not close itself is this.
    return syscall(SYS_close_range, 3, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0 || null == 0 ||
        syscall(SYS_close, null) == 0;
}

BETWEEN_FORK_AND_EXEC static uint64_t time_to_start(const struct command *command) {
    return command->start.timeout > LEAST_TIME_TO_START ? command->start.timeout : LEAST_TIME_TO_START;
}

/// Has the kernel kill the child when the command's time is over: the supervisor stands still until the program has been
/// executed, and a directory or a program on a file server that is gone may take for ever. The exec removes the timer.
BETWEEN_FORK_AND_EXEC static void limit_time(uint64_t milliseconds) {
    struct sigevent event = {.sigev_signo = SIGKILL, .sigev_notify = SIGEV_SIGNAL};
    struct itimerspec time = {
        .it_value = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000 + 1},
    };
    int timer;
    // Who has no timer to spare starts without: the agent looks after supervisors that do not come to their end.
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0) {
        syscall(SYS_timer_settime, timer, 0, &time, NULL);
    }
}

/// The child: runs to exec or to exit and never returns.
BETWEEN_FORK_AND_EXEC static int become_command(void *argument) {
    struct launch *launch = argument;
    const struct command *command = launch->command;
    bool has_identity = command->start.flags & RUNNER_HAS_IDENTITY;
    limit_time(time_to_start(command));
    if (syscall(SYS_setsid) < 0) {
        fail(launch, RUNNER_STEP_SESSION);
    }
    reset_signals();
    if (!set_descriptors(launch)) {
        fail(launch, RUNNER_STEP_DESCRIPTORS);
    }
    if (launch->runner->has_left_network && !return_to_network()) {
        fail(launch, RUNNER_STEP_NETWORK);
    }
    if (launch->runner->is_spared && !be_as_others_for_memory()) {
        fail(launch, RUNNER_STEP_LIMITS);
    }
    if (!set_limits(command)) {
        fail(launch, RUNNER_STEP_LIMITS);
    }
    syscall(SYS_umask, command->start.umask);
    bool is_bounded = command->start.flags & RUNNER_HAS_CAPABILITIES;
    if (is_bounded && !bound_capabilities(command)) {
        fail(launch, RUNNER_STEP_CAPABILITIES);
    }
    if (has_identity && !set_groups(command)) {
        fail(launch, RUNNER_STEP_GROUP);
    }
    if (has_identity && !set_user(command)) {
        fail(launch, RUNNER_STEP_USER);
    }
    if (is_bounded && !set_capabilities(command)) {
        fail(launch, RUNNER_STEP_CAPABILITIES);
    }
    if (command->start.flags & RUNNER_NO_NEW_PRIVILEGES && syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        fail(launch, RUNNER_STEP_CAPABILITIES);
    }
    launch->failure->begun = RUNNER_STEP_DIRECTORY;
    if (syscall(SYS_chdir, command->directory) < 0) {
        fail(launch, RUNNER_STEP_DIRECTORY);
    }
    launch->failure->begun = RUNNER_STEP_EXECUTE;
    syscall(SYS_execve, command->arguments[0], command->arguments, command->environment);
    if (command->fallback) {
        syscall(SYS_execve, command->fallback[0], command->fallback, command->environment);
    }
    fail(launch, RUNNER_STEP_EXECUTE);
    return 127;
}

// MARK: The supervisor's side.

/// A child in our memory; we stand still until it has executed the program.
BETWEEN_FORK_AND_EXEC static pid_t start_borrowing(struct launch *launch) {
    _Alignas(16) char stack[CHILD_STACK];
    return clone(become_command, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, launch);
}

/// A child with a copy of our memory, born into the leaf. Only clone3() can do that, and a child of clone3() in our
/// memory would run on our stack.
BETWEEN_FORK_AND_EXEC static pid_t start_copying(struct launch *launch, bool has_leaf) {
    struct clone_args arguments = {
        .flags = CLONE_VFORK | (has_leaf ? CLONE_INTO_CGROUP : 0),
        .exit_signal = SIGCHLD,
        .cgroup = has_leaf ? FD_LEAF : 0,
    };
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        become_command(launch);
    }
    return pid;
}

/// Starts it in the leaf; a leaf that cannot be entered does not keep a command from running, because what descends
/// from us is found without it.
static pid_t start_in_leaf(struct launch *launch, struct failure *failure, bool has_leaf) {
    struct failure *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return -1;
    }
    launch->failure = shared;
    pid_t pid = start_copying(launch, has_leaf);
    if (pid < 0 && has_leaf && errno != EAGAIN && errno != ENOMEM) {
        pid = start_copying(launch, false);
    }
    int error = errno;
    *failure = *shared;
    munmap(shared, sizeof *shared);
    errno = error;
    return pid;
}

/// Whether the child was killed by its timer; then it is reaped.
///
/// We go on before the dying can be reaped; a program that was executed in the last moment has lost as little by the wait.
static bool was_too_slow(pid_t pid) {
    siginfo_t info = {0};
    for (int look = 0; look < 100 && info.si_pid == 0; look++) {
        poll(NULL, 0, look > 0);
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
            return false;
        }
    }
    return info.si_pid == pid && info.si_code == CLD_KILLED && info.si_status == SIGKILL && waitpid(pid, NULL, 0) == pid;
}

pid_t spawn(const struct runner *runner, const struct command *command, int output, int error, bool has_leaf,
            struct failure *failure) {
    *failure = (struct failure){0};
    struct launch launch = {runner, command, output, error, failure};
    // Every signal is blocked, so that none of ours is taken in the child.
    uint64_t all = ~(uint64_t)0, before = 0;
    uint64_t end = later(now_milliseconds(), time_to_start(command));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
    pid_t pid = has_leaf || ALWAYS_COPY ? start_in_leaf(&launch, failure, has_leaf) : start_borrowing(&launch);
    int reason = errno;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    if (pid < 0) {
        *failure = (struct failure){.step = RUNNER_STEP_FORK, .error = (uint32_t)reason};
        return -1;
    }
    if (failure->step != RUNNER_STEP_NONE) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        return -1;
    }
    if (now_milliseconds() >= end && was_too_slow(pid)) {
        *failure = (struct failure){.step = failure->begun ? failure->begun : RUNNER_STEP_EXECUTE, .error = ETIME};
        return -1;
    }
    return pid;
}
