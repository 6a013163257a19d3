#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The system calls for users and groups take 16-bit ids under these names on 32-bit machines.
_Static_assert(sizeof(void *) == 8, "a 64-bit system is needed");

// Between fork and exec the child may run in our memory: no sanitizer may keep its books there.
#if defined(__clang__)
#define BETWEEN_FORK_AND_EXEC __attribute__((disable_sanitizer_instrumentation, noinline))
#else
#define BETWEEN_FORK_AND_EXEC __attribute__((noinline))
#endif

// The thread sanitizer replaces clone() by a function that takes the child for a fork.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ALWAYS_COPY 1
#endif
#endif
#ifndef ALWAYS_COPY
#define ALWAYS_COPY 0
#endif

// The child of clone() calls nothing but syscall(): a few hundred bytes. The rest is for what the linker may do first.
enum { CHILD_STACK = 16 * 1024 };

/// What both sides of a fork know.
struct launch {
    const struct csystem_command *command;
    int output;
    int error;
    /// Where a child with memory of its own writes its failure; -1: it shares this structure.
    int report;
    struct csystem_failure failure;
};

/// The kernel's own sigaction; all zero is SIG_DFL without flags.
struct kernel_sigaction {
    unsigned long words[4];
};

// MARK: The child's side. Only system calls, and those by number: the functions of glibc for users and groups signal
// all threads, and others are wrapped by sanitizers.

BETWEEN_FORK_AND_EXEC static void fail(struct launch *launch, enum csystem_step step) {
    launch->failure.step = step;
    launch->failure.error = errno;
    if (launch->report >= 0) {
        syscall(SYS_write, launch->report, &launch->failure, sizeof launch->failure);
    }
    syscall(SYS_exit_group, 127);
}

BETWEEN_FORK_AND_EXEC static void reset_signals(void) {
    struct kernel_sigaction standard = {{0}};
    for (int number = 1; number <= 64; number++) {
        if (number != SIGKILL && number != SIGSTOP) {
            syscall(SYS_rt_sigaction, number, &standard, NULL, sizeof(uint64_t));
        }
    }
    uint64_t none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/// A copy of the descriptor that is not in the way of 0, 1 and 2 (an agent may have been started without them).
BETWEEN_FORK_AND_EXEC static int lifted(int descriptor) {
    return descriptor >= 3 ? descriptor : (int)syscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 3);
}

BETWEEN_FORK_AND_EXEC static bool set_descriptors(struct launch *launch) {
    int output = lifted(launch->output), error = lifted(launch->error);
    if (output < 0 || error < 0) {
        return false;
    }
    unsigned first_closed = 3;
    if (launch->report >= 0) {
        launch->report = lifted(launch->report);
        if (launch->report < 0) {
            return false;
        }
    }
    int null = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
    if (null < 0 || (null != 0 && syscall(SYS_dup3, null, 0, 0) < 0)) {
        return false;
    }
    if (syscall(SYS_dup3, output, 1, 0) < 0 || syscall(SYS_dup3, error, 2, 0) < 0) {
        return false;
    }
    if (launch->report >= 0) {
        if (launch->report != 3 && syscall(SYS_dup3, launch->report, 3, O_CLOEXEC) < 0) {
            return false;
        }
        launch->report = 3;
        first_closed = 4;
    }
    return syscall(SYS_close_range, first_closed, UINT_MAX, 0) == 0;
}

BETWEEN_FORK_AND_EXEC static bool set_limits(const struct csystem_command *command) {
    for (size_t index = 0; index < command->limit_count; index++) {
        const struct csystem_limit *limit = &command->limits[index];
        struct rlimit64 value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};
        if (syscall(SYS_prlimit64, 0, limit->resource, &value, NULL) < 0) {
            return false;
        }
    }
    return true;
}

BETWEEN_FORK_AND_EXEC static bool set_groups(const struct csystem_identity *identity) {
    if (syscall(SYS_setgroups, identity->group_count, identity->groups) < 0 ||
        syscall(SYS_setresgid, identity->group, identity->group, identity->group) < 0) {
        return false;
    }
    gid_t real, effective, saved;
    if (syscall(SYS_getresgid, &real, &effective, &saved) < 0) {
        return false;
    }
    errno = EPERM;
    return real == identity->group && effective == identity->group && saved == identity->group &&
        syscall(SYS_getgroups, 0, NULL) == (long)identity->group_count;
}

BETWEEN_FORK_AND_EXEC static bool set_user(const struct csystem_identity *identity) {
    if (syscall(SYS_setresuid, identity->user, identity->user, identity->user) < 0) {
        return false;
    }
    uid_t real, effective, saved;
    if (syscall(SYS_getresuid, &real, &effective, &saved) < 0) {
        return false;
    }
    bool taken = real == identity->user && effective == identity->user && saved == identity->user;
    // Whoever gave root up must not be able to take it again.
    bool regained = identity->user != 0 && syscall(SYS_setresuid, -1, 0, -1) == 0;
    errno = EPERM;
    return taken && !regained;
}

/// The child: runs to exec or to exit and never returns.
BETWEEN_FORK_AND_EXEC static int become_command(void *argument) {
    struct launch *launch = argument;
    const struct csystem_command *command = launch->command;
    if (syscall(SYS_setsid) < 0) {
        fail(launch, CSYSTEM_STEP_SESSION);
    }
    reset_signals();
    if (!set_descriptors(launch)) {
        fail(launch, CSYSTEM_STEP_DESCRIPTORS);
    }
    if (!set_limits(command)) {
        fail(launch, CSYSTEM_STEP_LIMITS);
    }
    syscall(SYS_umask, command->umask);
    if (command->identity && !set_groups(command->identity)) {
        fail(launch, CSYSTEM_STEP_GROUP);
    }
    if (command->identity && !set_user(command->identity)) {
        fail(launch, CSYSTEM_STEP_USER);
    }
    if (syscall(SYS_chdir, command->directory) < 0) {
        fail(launch, CSYSTEM_STEP_DIRECTORY);
    }
    syscall(SYS_execve, command->arguments[0], command->arguments, command->environment);
    if (command->fallback) {
        syscall(SYS_execve, command->fallback[0], command->fallback, command->environment);
    }
    fail(launch, CSYSTEM_STEP_EXECUTE);
    return 127;
}

// MARK: Our side.

static void close_both(int pipe[2]) {
    close(pipe[0]);
    close(pipe[1]);
}

/// A child in our memory; we stand still until it has executed the program.
BETWEEN_FORK_AND_EXEC static pid_t start_borrowing(struct launch *launch, int *pidfd) {
    _Alignas(16) char stack[CHILD_STACK];
    return clone(become_command, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, launch, pidfd);
}

/// A child with a copy of our memory; a pipe that closes itself at the exec tells us of failure and success.
static pid_t start_copying(struct launch *launch, int *pidfd) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
        return -1;
    }
    launch->report = report[1];
    pid_t pid = _Fork();
    if (pid == 0) {
        become_command(launch);
    }
    int error = errno;
    close(report[1]);
    if (pid > 0) {
        while (read(report[0], &launch->failure, sizeof launch->failure) < 0 && errno == EINTR) {
        }
        *pidfd = csystem_pidfd_open(pid);
        if (*pidfd < 0 && launch->failure.step == CSYSTEM_STEP_NONE) {
            // Out of descriptors at the last moment: what we could not watch must not run.
            launch->failure = (struct csystem_failure){CSYSTEM_STEP_FORK, errno};
            kill(pid, SIGKILL);
        }
    }
    close(report[0]);
    errno = error;
    return pid;
}

/// Starts the child with every signal blocked, so that none of our handlers runs in it.
static pid_t start(struct launch *launch, int *pidfd) {
    uint64_t all = ~(uint64_t)0, before = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
    bool copies = ALWAYS_COPY || launch->command->identity;
    pid_t pid = copies ? start_copying(launch, pidfd) : start_borrowing(launch, pidfd);
    int error = errno;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    errno = error;
    return pid;
}

bool csystem_spawn(const struct csystem_command *command, struct csystem_child *child,
                   struct csystem_failure *failure) {
    int output[2], error[2];
    if (pipe2(output, O_CLOEXEC) < 0) {
        *failure = (struct csystem_failure){CSYSTEM_STEP_PIPE, errno};
        return false;
    }
    if (pipe2(error, O_CLOEXEC) < 0) {
        *failure = (struct csystem_failure){CSYSTEM_STEP_PIPE, errno};
        close_both(output);
        return false;
    }
    struct launch launch = {.command = command, .output = output[1], .error = error[1], .report = -1};
    int pidfd = -1;
    pid_t pid = start(&launch, &pidfd);
    if (pid < 0) {
        launch.failure = (struct csystem_failure){CSYSTEM_STEP_FORK, errno};
    }
    if (launch.failure.step != CSYSTEM_STEP_NONE) {
        *failure = launch.failure;
        while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        if (pidfd >= 0) {
            close(pidfd);
        }
        close_both(output);
        close_both(error);
        return false;
    }
    close(output[1]);
    close(error[1]);
    *child = (struct csystem_child){.pid = pid, .pidfd = pidfd, .output = output[0], .error = error[0]};
    return true;
}

// MARK: Ourselves.

_Static_assert(CSYSTEM_RESOURCE_PROCESSES == RLIMIT_NPROC, "the number of RLIMIT_NPROC on this machine");

// The limit that we were started with is a fact of the process, whoever asks.
static struct rlimit original_limit = {.rlim_cur = 1024, .rlim_max = 1024};
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static void prepare(void) {
    if (getrlimit(RLIMIT_NOFILE, &original_limit) == 0) {
        struct rlimit raised = {.rlim_cur = original_limit.rlim_max, .rlim_max = original_limit.rlim_max};
        setrlimit(RLIMIT_NOFILE, &raised);
    }
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 &&
        (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT))) {
        signal(SIGCHLD, SIG_DFL);
    }
}

struct csystem_limit csystem_prepare_process(void) {
    pthread_once(&prepared, prepare);
    return (struct csystem_limit){RLIMIT_NOFILE, original_limit.rlim_cur, original_limit.rlim_max};
}
