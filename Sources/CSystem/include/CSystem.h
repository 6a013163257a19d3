#pragma once

/// What the project needs of Linux and Swift's Glibc module lacks: starting a process, watching descriptors,
/// looking at other processes. Linux 5.9 or later, 64 bits.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

// MARK: Starting a process (spawn.c)

/// Where the start of a process failed.
enum csystem_step {
    CSYSTEM_STEP_NONE = 0,
    /// A pipe could not be made.
    CSYSTEM_STEP_PIPE,
    /// The process could not be made.
    CSYSTEM_STEP_FORK,
    /// The new session.
    CSYSTEM_STEP_SESSION,
    /// Standard input, output and error, and closing all others.
    CSYSTEM_STEP_DESCRIPTORS,
    /// A resource limit.
    CSYSTEM_STEP_LIMITS,
    /// The groups.
    CSYSTEM_STEP_GROUP,
    /// The user.
    CSYSTEM_STEP_USER,
    /// The working directory.
    CSYSTEM_STEP_DIRECTORY,
    /// The program.
    CSYSTEM_STEP_EXECUTE,
};

/// Where and why the start of a process failed.
struct csystem_failure {
    enum csystem_step step;
    /// The errno.
    int error;
};

/// The resources of setrlimit(2), under names that Swift sees.
enum {
    CSYSTEM_RESOURCE_CORE = RLIMIT_CORE,
    CSYSTEM_RESOURCE_CPU = RLIMIT_CPU,
    CSYSTEM_RESOURCE_FILE_SIZE = RLIMIT_FSIZE,
    CSYSTEM_RESOURCE_OPEN_FILES = RLIMIT_NOFILE,
    // RLIMIT_NPROC, which glibc shows only to those who ask for its extensions (spawn.c compares).
    CSYSTEM_RESOURCE_PROCESSES = 6,
    CSYSTEM_RESOURCE_ADDRESS_SPACE = RLIMIT_AS,
};

/// One resource limit; see setrlimit(2).
struct csystem_limit {
    int resource;
    uint64_t soft;
    uint64_t hard;
};

/// Whose rights a process has.
struct csystem_identity {
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
};

/// What is to be started. All memory belongs to the caller and is only read.
struct csystem_command {
    /// The program (an absolute path) and its arguments, ended by NULL.
    const char *const *arguments;
    /// What is executed where `arguments` cannot be; NULL: nothing.
    const char *const *fallback;
    /// The whole environment, ended by NULL.
    const char *const *environment;
    const char *directory;
    const struct csystem_limit *limits;
    size_t limit_count;
    mode_t umask;
    /// NULL: the caller's own.
    const struct csystem_identity *identity;
};

/// A process that was started. The three descriptors belong to the caller; all are close-on-exec.
struct csystem_child {
    pid_t pid;
    int pidfd;
    /// The reading ends of standard output and standard error, blocking.
    int output;
    int error;
};

/// Starts a process in a session of its own, with standard input from /dev/null, no other descriptor than 0 to 2,
/// default signal dispositions and no signal blocked. Returns when the program has been executed, or false when that
/// or a step before it failed; then nothing is left behind.
///
/// Nothing but system calls happens between fork and exec. Without `identity` the child borrows our memory until the
/// exec (as posix_spawn does it); with another identity it has its own copy, because a process of another user must
/// never run in our memory.
bool csystem_spawn(const struct csystem_command *command, struct csystem_child *child, struct csystem_failure *failure);

/// Raises our soft limit of open descriptors to the hard one, and sees to it that ended children wait for us
/// (an ignored SIGCHLD, which is inherited, would have the kernel throw them away). Returns the soft limit as it was
/// before the first call, and the hard one; this is what a command should have.
struct csystem_limit csystem_prepare_process(void);

// MARK: Processes (processes.c)

/// How a process ended: `signal` is 0 when it exited with `code`.
struct csystem_exit {
    int code;
    int signal;
};

/// Reaps the process behind `pidfd`, and `waits` until it has ended or returns false where it has not. False also where
/// there is no such child.
bool csystem_reap(int pidfd, bool waits, struct csystem_exit *ending);

/// A descriptor (close-on-exec) for the process, or -1.
int csystem_pidfd_open(pid_t pid);

/// Sends a signal to the process behind `pidfd`; false with errno set.
bool csystem_pidfd_signal(int pidfd, int signal);

/// What /proc/PID/stat says about a process.
struct csystem_process {
    pid_t pid;
    pid_t parent;
    pid_t session;
    /// When it began, in clock ticks since boot. With the pid it names one process only.
    uint64_t start;
    /// It still runs: neither reaped nor a zombie.
    bool alive;
};

/// Reads /proc/PID/stat; `proc` is a descriptor of /proc. False when there is no such process (errno ENOENT or ESRCH),
/// or when it could not be read (any other errno).
bool csystem_process(int proc, pid_t pid, struct csystem_process *process);

/// Finds the variable `prefix` (a name and its `=`) in the environment that the process was executed with and copies
/// its value, cut to `size` - 1 bytes. `proc` is a descriptor of /proc; `buffer` is for the reading. False: not there,
/// or not for us to read.
bool csystem_process_variable(int proc, pid_t pid, const char *prefix, char *value, size_t size,
                              void *buffer, size_t buffer_size);

// MARK: Watching descriptors (polling.c)

/// A new epoll set (close-on-exec), or -1.
int csystem_poll_create(void);
/// Watches `descriptor` until it is removed: it is reported under `tag` whenever it can be read or its other end is
/// closed. False with errno set.
bool csystem_poll_add(int poll, int descriptor, uint64_t tag);
/// Stops watching; to be called before the descriptor is closed, because another process may hold a copy.
void csystem_poll_remove(int poll, int descriptor);
/// Waits for `milliseconds` (-1: for ever) and writes the tags of what is ready. Returns their number; an interruption
/// by a signal is 0.
int csystem_poll_wait(int poll, uint64_t *tags, int capacity, int milliseconds);

/// A new eventfd (close-on-exec, non-blocking), or -1.
int csystem_event_create(void);
/// Makes the event readable.
void csystem_event_signal(int event);
/// Makes the event unreadable again.
void csystem_event_clear(int event);
/// How many bytes can be read from a pipe at once without waiting.
size_t csystem_readable(int descriptor);

// MARK: Threads (threads.c)

/// Names the calling thread, in at most 15 bytes, as `ps -L` and debuggers show it.
void csystem_name_thread(const char *name);

// MARK: Memory (memory.c)

/// Gives back the pages of code and constants that the start has touched; what is used again is mapped again.
///
/// Only file-backed pages that cannot have been written: dropping them loses nothing.
void csystem_release_code(void);

// MARK: Files (files.c)

/// The magic number of the file system that holds `path`, see statfs(2); 0 when it cannot be known.
long csystem_file_system(const char *path);
