/// The parts of recoverd-runner, and what they know of each other.
///
/// One process and one thread: the runner polls its socket and forks one supervisor per command, which is this same
/// program going another way. Nothing here asks for names of users or hosts: the program is linked statically.
#pragma once

#define _GNU_SOURCE
#include <CRunner.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/// The same as `ProgramVersion.current`; a test compares.
#define RUNNER_VERSION "0.1.0"

/// Descriptors that have the same number from the start of the runner to the end of the last supervisor.
enum {
    /// The directory of the run files.
    FD_RUNS = 3,
    /// A signalfd of SIGCHLD, SIGTERM and SIGINT; whoever reads it gets its own.
    FD_SIGNALS = 4,
    /// The network of the host, which commands go back to; /dev/null where the runner never left it.
    FD_NETWORK = 5,
    /// In a supervisor: the run file, locked.
    FD_FILE = 6,
    /// In a supervisor: its leaf among the cgroups, where there is one.
    FD_LEAF = 7,
    FD_FIRST_FREE = 8,
};

enum {
    /// More peers than that are turned away.
    MOST_CONNECTIONS = 16,
    /// More supervisors than that are refused with EAGAIN.
    MOST_SUPERVISORS = 4096,
    /// More sweeps than that at a time wait in their connections.
    MOST_SWEEPS = 16,
    /// How long killing goes on before what resists is called a survivor.
    LONGEST_KILLING = 5000,
    /// How long output is waited for when the command has ended and somebody else holds its pipes.
    LONGEST_DRAINING = 1000,
    /// Between two rounds of killing.
    KILLING_PAUSE = 10,
    /// A peer that does not read its answers is cut off when as many bytes wait for it.
    LONGEST_ANSWERS = 4096,
    /// What a connection's buffer has when there is nothing long to read.
    USUAL_BUFFER = 16 << 10,
};

/// What was asked for on the command line.
struct options {
    const char *runtime;
    const char *cgroup;
    bool stays;
    bool background;
    bool leaves_network;
    /// Milliseconds.
    uint64_t idle;
    char boot[40];
};

/// A command as a frame describes it. The strings stand in the frame, all else in one block of memory.
struct command {
    struct runner_start start;
    char *directory;
    char **arguments;
    /// NULL: there is none.
    char **fallback;
    char **environment;
    struct runner_limit *limits;
    uint32_t *groups;
    void *memory;
};

/// Why a command did not start.
struct failure {
    uint32_t step;
    uint32_t error;
    /// The last step that was begun of those from which a dead file server lets nobody return.
    uint32_t begun;
};

/// Our end of one peer's connection.
struct connection {
    /// -1: this place is free.
    int descriptor;
    bool greeted;
    /// Tells this peer from those that had its place before.
    uint32_t number;
    uint32_t peer;
    char *input;
    size_t input_size;
    size_t input_count;
    size_t answer_count;
    char answers[LONGEST_ANSWERS];
};

/// A supervisor that is our child.
struct supervisor {
    pid_t pid;
    uint64_t run;
};

/// A process that kills what a run has left; `answer` is in memory that both share.
struct sweep {
    /// 0: this place is free.
    pid_t pid;
    uint64_t run;
    size_t connection;
    uint32_t number;
    struct runner_swept *answer;
};

struct runner {
    struct options options;
    int directory;
    int listener;
    /// Under which the leaves are made; -1: no cgroup is ours.
    int cgroup;
    /// Whether we are in a network of our own, where there is nothing.
    bool has_left_network;
    /// Whether the kernel spares us when memory runs out, which commands must not inherit.
    bool is_spared;
    /// Told to end.
    bool ends;
    /// Until then nobody is accepted, because descriptors ran out; milliseconds, 0: now.
    uint64_t deaf_until;
    /// Since when there was neither a supervisor nor a peer.
    uint64_t idle_since;
    uint32_t accepted;
    /// Peers that were turned away.
    uint32_t refused;
    size_t connection_count;
    size_t supervisor_count;
    size_t sweep_count;
    struct connection connections[MOST_CONNECTIONS];
    struct sweep sweeps[MOST_SWEEPS];
    struct supervisor supervisors[MOST_SUPERVISORS];
};

// MARK: Words and time (common.c)

/// Prints a line to standard error.
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/// Prints a line and exits with 1.
__attribute__((format(printf, 1, 2), noreturn)) void give_up(const char *format, ...);
/// Milliseconds of the monotonic clock.
uint64_t now_milliseconds(void);
uint64_t now_nanoseconds(void);
/// Milliseconds since 1970.
uint64_t wall_milliseconds(void);
/// `a + b`, or the largest number.
uint64_t later(uint64_t a, uint64_t b);
/// Milliseconds from now until `then`, as poll(2) wants them.
int wait_until(uint64_t then);
/// Reads a small file into `text` and ends it by NUL; -1 with errno. `directory` is as with openat(2).
ssize_t read_text(int directory, const char *path, char *text, size_t size);
/// The file name of a run: 16 digits and an ending.
struct run_name {
    char text[32];
};
struct run_name run_name(uint64_t run, const char *ending);
/// The run of a file name that is 16 digits; 0: it is no such name.
uint64_t run_of_name(const char *name);

// MARK: What the runner has and commands have not, and the other way round (privileges.c)

/// Opens FD_NETWORK; leaves the network when that was asked for, and says so where it cannot.
void network_leave(struct runner *runner);
/// Notes whether the kernel spares us.
void memory_look(struct runner *runner);
/// Tells a service manager that waits for it, as sd_notify(3) does, that the socket is there.
void manager_notify(void);

// MARK: The runtime directory (directory.c)

/// Makes and checks the directory, takes its lock, and opens FD_RUNS. Does not return when another runner is there.
void directory_take(struct runner *runner);
/// Listens on the socket of the directory.
void directory_listen(struct runner *runner);

// MARK: Peers (connections.c, frames.c)

void connections_prepare(struct runner *runner);
void connection_accept(struct runner *runner);
void connection_close(struct runner *runner, struct connection *connection);
/// Reads what has come and does what it says.
void connection_read(struct runner *runner, struct connection *connection);
/// Does what frames say that waited for the end of a sweep.
void connections_resume(struct runner *runner);
/// Sends answers that waited.
void connection_write(struct runner *runner, struct connection *connection);
/// Sends a frame with its body, or keeps it until the peer reads.
void connection_answer(struct runner *runner, struct connection *connection, uint32_t type, uint64_t run,
                       const void *body, size_t size);

enum frame_result {
    FRAME_DONE,
    /// Another time: nothing of it was done.
    FRAME_LATER,
    /// The peer makes no sense.
    FRAME_WRONG,
};
/// Does what the frame says; its header was checked for its length only.
enum frame_result frame_take(struct runner *runner, struct connection *connection, const struct runner_frame *frame,
                             char *body);

// MARK: Runs (start.c, command.c)

/// Reads a RUNNER_START; returns 0 or an errno. `body` must live as long as the command.
int command_read(struct command *command, char *body, size_t size);
/// Claims the run and forks its supervisor; returns its pid or -1 with the reason.
pid_t run_start(struct runner *runner, uint64_t run, struct command *command, struct failure *failure);
/// Ends the run, whoever started it.
void run_cancel(struct runner *runner, uint64_t run);

// MARK: Children of the runner (children.c)

/// Takes note of what has ended.
void children_reap(struct runner *runner);
/// Starts to sweep; false: too many sweep already.
bool sweep_start(struct runner *runner, struct connection *connection, uint64_t run);
/// Whether somebody holds the lock of the run's file; `claim` is what stands in it, all 0 where it cannot be read.
bool run_is_held(uint64_t run, struct runner_claim *claim);

// MARK: The supervisor (supervisor.c, spawn.c, stream.c, record.c)

/// Runs the command in a process that was just forked; never returns.
__attribute__((noreturn)) void supervise(struct runner *runner, uint64_t run, struct command *command, int file);

/// Starts the command with these descriptors as its output; FD_LEAF is its cgroup where `has_leaf`. Returns its pid
/// when the program has been executed, else -1 and the failure: ETIME where its time-out came first.
pid_t spawn(const struct runner *runner, const struct command *command, int output, int error, bool has_leaf,
            struct failure *failure);

enum { INLINE_COUNT = 16 << 10, READ_COUNT = 64 << 10 };

/// One stream of the command's output.
struct stream {
    /// The reading end; -1: it was closed.
    int pipe;
    /// -1: not yet, or no more.
    int spool;
    int tail;
    bool spools_at_once;
    /// The spool, or the tail, was tried and cannot be written any more.
    bool spool_ended;
    bool tail_failed;
    uint64_t spool_size;
    uint64_t tail_size;
    struct run_name spool_name;
    struct run_name tail_name;
    struct runner_stream result;
    char start[INLINE_COUNT];
};

void stream_prepare(struct stream *stream, uint64_t run, const char *ending, const struct command *command);
/// Reads once; closes the pipe at its end.
void stream_read(struct stream *stream, char *buffer);
/// Closes all.
void stream_end(struct stream *stream);

/// Writes the claim that `file` begins with; returns 0 or an errno.
int claim_write(int file, uint64_t run, const char *boot);
/// Notes the supervisor in the claim.
void claim_note_supervisor(int file, uint32_t supervisor);
/// Notes the pids and the time in the claim of FD_FILE.
void claim_complete(uint32_t supervisor, uint32_t command, uint64_t started);
/// Writes the record with what the streams hold in memory.
void record_write(struct runner_record *record, const struct stream *output, const struct stream *error);

// MARK: Killing (tree.c, processes.c, sweep.c, cgroup.c)

/// Sends the signals (the second may be 0) to all that descends from us; returns how many live.
uint32_t tree_signal(int signal, int second);

/// What /proc/PID/stat says of a process.
struct process {
    pid_t pid;
    pid_t parent;
    pid_t session;
    /// Clock ticks since boot; with the pid it names one process only.
    uint64_t start;
    bool alive;
    /// Found to belong to the run.
    bool marked;
    /// Neither it nor, because of it, what descends from it belongs to the run.
    bool spared;
};
bool process_read(pid_t pid, struct process *process);
/// Sends a signal to this process and to no other that has its pid since.
bool process_signal(const struct process *process, int signal);
/// Whether the variable of the environment it was executed with says that it belongs to the run.
bool process_has_run(pid_t pid, uint64_t run);
/// All processes; returns their number, or -1. `*table` is grown as needed and kept for the next time.
ssize_t process_table(struct process **table, size_t *capacity);
/// Marks what descends from marked ones, and theirs; returns how many that were.
size_t process_mark_descendants(struct process *table, size_t count);

/// Kills what is left of the run, and counts; `asker` and its ancestors are spared. In a process of its own.
void sweep_run(struct runner *runner, uint64_t run, pid_t asker, struct runner_swept *answer);

/// Opens the cgroup that was given or delegated to us; -1: there is none.
int cgroup_open(const char *given);
/// Removes leaves that nobody lives in.
void cgroup_prune(int cgroup);
/// Makes and opens a leaf; -1: it goes without.
int cgroup_leaf(int cgroup, uint64_t run);
/// Opens a leaf that is there, or -1.
int cgroup_find(int cgroup, uint64_t run);
/// Writes at most as many of those who live in the leaf; returns how many were seen. Of very many not all are seen.
uint32_t cgroup_members(int leaf, pid_t *members, uint32_t most);
/// Kills all that lives in the leaf; returns how many live there.
uint32_t cgroup_kill(int leaf);
void cgroup_remove(int cgroup, uint64_t run);
