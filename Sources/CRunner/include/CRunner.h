/// What the agent and `recoverd-runner` say to each other, and what they leave for each other in the runtime directory.
///
/// Both ends are on one host, so all numbers are in its own byte order. Every frame and file begins with what says its
/// kind and version: an agent may meet a runner, and a runner files, of another release.
#ifndef CRUNNER_H
#define CRUNNER_H

#include <stdint.h>

/// The version of the frames, and that of the run files. A reader refuses one that it does not know.
enum { RUNNER_PROTOCOL = 1, RUNNER_FILE = 1 };

/// The names in the runtime directory. A run's file is named by its id in 16 hexadecimal digits, its spooled streams
/// by that and these endings.
#define RUNNER_SOCKET "runner.sock"
#define RUNNER_LOCK "runner.lock"
#define RUNNER_RUNS "runs"
#define RUNNER_STDOUT ".out"
#define RUNNER_STDERR ".err"
#define RUNNER_TAIL ".tail"

/// The variable of a command's environment that says which run it belongs to, in 16 hexadecimal digits.
#define RUNNER_VARIABLE "RECOVERD_RUN"

// MARK: Frames on the stream socket, each with this header.

enum runner_frame_type {
    /// Both ways, first: a `runner_hello`.
    RUNNER_HELLO = 1,
    /// To the runner: a `runner_start` and what follows it. Answered by `RUNNER_STARTED` or `RUNNER_REFUSED`.
    RUNNER_START = 2,
    /// To the runner: end the run and all that descends from it, as after its time-out; its record says cancelled.
    /// Not answered; a run that is over is none of its concern.
    RUNNER_CANCEL = 3,
    /// To the runner: kill what a run whose supervisor died has left. Answered by `RUNNER_SWEPT` when it is gone, at
    /// most some seconds later.
    RUNNER_SWEEP = 4,
    /// To the runner: the agent stops. A runner that no unit keeps, and that has nothing to supervise, ends at once.
    RUNNER_QUIT = 5,

    /// From the runner: a `runner_started`.
    RUNNER_STARTED = 16,
    /// From the runner: a `runner_refused`. Nothing was started and nothing will be.
    RUNNER_REFUSED = 17,
    /// From the runner: a `runner_swept`.
    RUNNER_SWEPT = 18,
};

struct runner_frame {
    /// Bytes of the whole frame, this header included.
    uint32_t length;
    /// One of `runner_frame_type`.
    uint32_t type;
    /// The run that it is about; 0 where it is about none.
    uint64_t run;
};

/// A frame is at most this long: as much as a command line may be, and some.
enum { RUNNER_LONGEST_FRAME = 4 << 20 };

struct runner_hello {
    uint32_t version;
    uint32_t pid;
};

enum runner_start_flags {
    /// `user`, `group` and the groups hold; else the command keeps the runner's.
    RUNNER_HAS_IDENTITY = 1,
    /// Output goes to the spool files as it comes, because somebody watches.
    RUNNER_SPOOLS_AT_ONCE = 2,
    /// `capabilities` holds: the command has these and can get no others.
    RUNNER_HAS_CAPABILITIES = 4,
    /// No program that it executes gives it more rights (PR_SET_NO_NEW_PRIVS).
    RUNNER_NO_NEW_PRIVILEGES = 8,
};

/// One limit of setrlimit(2).
struct runner_limit {
    uint64_t resource;
    uint64_t soft;
    uint64_t hard;
};

/// What is started. After it come, without gaps: `limit_count` of `runner_limit`, `group_count` of uint32_t, and the
/// strings, each ended by NUL: the directory, `argument_count` arguments, `fallback_count` arguments of what is executed
/// where the first cannot be, and `variable_count` variables of the environment.
struct runner_start {
    uint32_t flags;
    uint32_t umask;
    /// After this long the run is ended; milliseconds of the monotonic clock.
    uint64_t timeout;
    /// Between SIGTERM and SIGKILL; milliseconds.
    uint64_t grace;
    /// Bytes of each stream that the spool file holds: its beginning.
    uint64_t spool;
    /// Bytes of each stream that are kept of its end once the spool is full.
    uint64_t tail;
    /// Bit n is capability n of capabilities(7).
    uint64_t capabilities;
    uint32_t user;
    uint32_t group;
    uint32_t limit_count;
    uint32_t group_count;
    uint32_t argument_count;
    uint32_t fallback_count;
    uint32_t variable_count;
    uint32_t reserved;
};

struct runner_started {
    /// The supervisor's.
    uint32_t pid;
};

struct runner_refused {
    /// One of `runner_step`.
    uint32_t step;
    /// The errno.
    uint32_t error;
};

struct runner_swept {
    /// Processes that were killed, and those that resisted.
    uint32_t killed;
    uint32_t survivors;
};

/// Where a start can fail, in its order.
enum runner_step {
    RUNNER_STEP_NONE = 0,
    /// The frame makes no sense.
    RUNNER_STEP_FRAME,
    /// The run's file cannot be made; EEXIST: the run was started or revoked before.
    RUNNER_STEP_CLAIM,
    RUNNER_STEP_PIPE,
    RUNNER_STEP_FORK,
    RUNNER_STEP_SESSION,
    RUNNER_STEP_DESCRIPTORS,
    RUNNER_STEP_LIMITS,
    RUNNER_STEP_GROUP,
    RUNNER_STEP_USER,
    RUNNER_STEP_DIRECTORY,
    RUNNER_STEP_EXECUTE,
    RUNNER_STEP_CAPABILITIES,
    RUNNER_STEP_NETWORK,
};

// MARK: The run file: made with O_EXCL and locked (flock) by the runner before the fork, held by the supervisor.

/// "recoverd" in memory order on a little-endian machine.
#define RUNNER_MAGIC 0x6472657663656572ull
/// What the record begins with.
#define RUNNER_RECORD_MAGIC 0x454e4f44u

/// The claim: the beginning of the file.
struct runner_claim {
    uint64_t magic;
    uint32_t version;
    /// 1 where an agent made the file so that nobody else can: this run never started and never will.
    uint32_t revoked;
    uint64_t run;
    /// Text of /proc/sys/kernel/random/boot_id, ended by NUL.
    char boot[40];
    /// 0 until it is known.
    uint32_t supervisor;
    /// The command's; 0 until it is known.
    uint32_t command;
    /// When the program was executed, in milliseconds since 1970; 0 until it was.
    uint64_t started;
};

enum runner_ending {
    /// By itself; `value` is the exit status.
    RUNNER_EXITED = 1,
    /// By a signal that the supervisor did not send; `value` is its number.
    RUNNER_SIGNALED = 2,
    RUNNER_TIMED_OUT = 3,
    RUNNER_CANCELLED = 4,
    /// Never executed; `value` is the errno and `step` says where.
    RUNNER_NOT_STARTED = 5,
};

/// What is known of a stream.
struct runner_stream {
    /// Bytes that the command wrote.
    uint64_t count;
    /// Bytes of its beginning that stand in the record itself; 0 when there is a spool file.
    uint64_t inline_count;
    /// Bytes of its beginning that stand in the spool file.
    uint64_t spooled;
    /// Size of the ring in the tail file, where byte n of the stream stands at n % ring; 0: there is none.
    uint64_t ring;
};

/// How the run ended: follows the claim in the file, written at once. After it come the inline bytes of standard output
/// and error, and at the very end a uint64_t: `runner_checksum` of the record with what follows it.
struct runner_record {
    uint32_t magic;
    /// One of `runner_ending`.
    uint32_t ending;
    int32_t value;
    uint32_t step;
    /// Processes that resisted SIGKILL.
    uint32_t survivors;
    uint32_t reserved;
    /// Milliseconds since 1970.
    uint64_t started;
    uint64_t ended;
    /// Nanoseconds of the monotonic clock from start to end.
    uint64_t duration;
    /// Processor time of the command and all its children that were waited for, microseconds; largest resident set, KiB.
    uint64_t user_time;
    uint64_t system_time;
    uint64_t memory;
    struct runner_stream output;
    struct runner_stream error;
};

/// FNV-1a of the bytes: finds what was torn, not what was forged; only root writes here.
static inline uint64_t runner_checksum(const void *bytes, uint64_t count, uint64_t before) {
    const unsigned char *next = (const unsigned char *)bytes;
    uint64_t sum = before ? before : 0xcbf29ce484222325ull;
    for (uint64_t index = 0; index < count; index++) {
        sum = (sum ^ next[index]) * 0x100000001b3ull;
    }
    return sum;
}

#endif
