/// What a command may: its limits, its user and groups, its capabilities. All of it happens between fork and exec.
#ifndef RIGHTS_H
#define RIGHTS_H

#include "runner.h"

// Between fork and exec the child may run in our memory: no sanitizer may keep its books there.
#if defined(__clang__)
#define BETWEEN_FORK_AND_EXEC __attribute__((disable_sanitizer_instrumentation, noinline))
#else
#define BETWEEN_FORK_AND_EXEC __attribute__((noinline))
#endif

/// What the runner and its supervisors ignore, and a command must not.
#define IGNORED_SIGNALS SIGPIPE, SIGXFSZ, SIGHUP

/// Commands have the network that the runner has left.
BETWEEN_FORK_AND_EXEC bool return_to_network(void);
/// When memory runs out, a command may be chosen as others may.
BETWEEN_FORK_AND_EXEC bool be_as_others_for_memory(void);
BETWEEN_FORK_AND_EXEC bool set_limits(const struct command *command);
BETWEEN_FORK_AND_EXEC bool set_groups(const struct command *command);
BETWEEN_FORK_AND_EXEC bool set_user(const struct command *command);
/// What may be had at all becomes less; that needs a right which goes with the user.
BETWEEN_FORK_AND_EXEC bool bound_capabilities(const struct command *command);
/// The command gets what is left: as root by the bound, as another user by the ambient set.
BETWEEN_FORK_AND_EXEC bool set_capabilities(const struct command *command);

#endif
