#define _GNU_SOURCE
#include "CSystem.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int csystem_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool csystem_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0;
}

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

bool csystem_keep_memory_private(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}
