#pragma once

/// What the project needs of Linux and Swift's Glibc module lacks: starting a process, watching descriptors,
/// looking at other processes. Linux 5.9 or later, 64 bits.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

// MARK: Ourselves (process.c)

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

/// Raises our soft limit of open descriptors to the hard one, and sees to it that ended children wait for us
/// (an ignored SIGCHLD, which is inherited, would have the kernel throw them away). Returns the soft limit as it was
/// before the first call, and the hard one; this is what a command should have.
struct csystem_limit csystem_prepare_process(void);

/// From now on no core dump has what is in our memory, and nobody but root may look at it, our own user included.
/// What we start is as usual again: an exec ends it. False with errno set.
bool csystem_keep_memory_private(void);

// MARK: Other processes (process.c)

/// A descriptor (close-on-exec) for the process, or -1.
int csystem_pidfd_open(pid_t pid);

/// Sends a signal to the process behind `pidfd`; false with errno set.
bool csystem_pidfd_signal(int pidfd, int signal);

// MARK: Starting processes (spawn.c)

/// Starts the program (an absolute path) of an argument vector that NULL ends, in a session of its own, without our
/// descriptors and signal dispositions, with nothing to read. Its output and errors go to `output`, or nowhere where that is
/// negative; its environment is `environment`, or ours where that is NULL. Its pid; -1 with errno.
pid_t csystem_spawn(char *const *arguments, char *const *environment, int output);

/// Waits for the end of a child: its exit status, or 128+n for an end by signal n; -1 with errno.
int csystem_exit_status(pid_t pid);

/// Starts the program (an absolute path) of an argument vector that NULL ends, as
/// `csystem_spawn` does, and waits for its end, ten seconds at most. Its exit status, 128+n for an end by
/// signal n; -1 with errno where it could not be started.
int csystem_run_program(char *const *arguments);

// MARK: Local sockets (local.c)

/// A non-blocking connection (close-on-exec) to the stream socket at the path; -1 with errno.
int csystem_connect_local(const char *path);
/// A non-blocking stream socket (close-on-exec) that listens at the path, for our own user only; a socket that was
/// there is removed. -1 with errno.
int csystem_listen_local(const char *path);
/// The next connection to a listening socket, non-blocking and close-on-exec; -1 with errno.
int csystem_accept_local(int listener);
/// The user who made the other end of a local socket; -1 where that is not known.
int64_t csystem_peer_user(int descriptor);
/// Sends a datagram to the socket at the path, where '@' begins one without a file, as sd_notify(3) does, and waits for nobody;
/// false with errno.
bool csystem_notify(const char *path, const char *text);

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

// MARK: Threads (threads.c)

/// Names the calling thread, in at most 15 bytes, as `ps -L` and debuggers show it.
void csystem_name_thread(const char *name);

// MARK: Memory (memory.c)

/// Gives back the pages of code and constants that the start has touched; what is used again is mapped again.
///
/// Only file-backed pages that cannot have been written: dropping them loses nothing.
void csystem_release_code(void);

// MARK: Time (time.c)

/// Whether the kernel says that something keeps its clock right (adjtimex(2)).
bool csystem_clock_is_kept(void);

// MARK: Files (files.c)

/// The magic number of the file system that holds `path`, see statfs(2); 0 when it cannot be known.
long csystem_file_system(const char *path);
