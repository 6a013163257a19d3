#include "rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The system calls for users and groups take 16-bit ids under these names on 32-bit machines.
_Static_assert(sizeof(void *) == 8, "a 64-bit system is needed");

// CAP_AUDIT_READ, of Linux 3.16: no kernel that we run on has fewer.
enum { CAP_LAST_KNOWN = 37 };

// Only system calls, and those by number: see spawn.c.

BETWEEN_FORK_AND_EXEC bool set_limits(const struct command *command) {
    for (uint32_t index = 0; index < command->start.limit_count; index++) {
        const struct runner_limit *limit = &command->limits[index];
        struct rlimit64 value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};
        if (syscall(SYS_prlimit64, 0, limit->resource, &value, NULL) < 0) {
            return false;
        }
    }
    return true;
}

BETWEEN_FORK_AND_EXEC bool set_groups(const struct command *command) {
    uint32_t group = command->start.group;
    if (syscall(SYS_setgroups, command->start.group_count, command->groups) < 0 ||
        syscall(SYS_setresgid, group, group, group) < 0) {
        return false;
    }
    gid_t real, effective, saved;
    if (syscall(SYS_getresgid, &real, &effective, &saved) < 0) {
        return false;
    }
    errno = EPERM;
    return real == group && effective == group && saved == group &&
        syscall(SYS_getgroups, 0, NULL) == (long)command->start.group_count;
}

BETWEEN_FORK_AND_EXEC bool set_user(const struct command *command) {
    uint32_t user = command->start.user;
    if (syscall(SYS_setresuid, user, user, user) < 0) {
        return false;
    }
    uid_t real, effective, saved;
    if (syscall(SYS_getresuid, &real, &effective, &saved) < 0) {
        return false;
    }
    bool is_taken = real == user && effective == user && saved == user;
    // Whoever gave root up must not be able to take it again.
    bool is_regained = user != 0 && syscall(SYS_setresuid, -1, 0, -1) == 0;
    errno = EPERM;
    return is_taken && !is_regained;
}

BETWEEN_FORK_AND_EXEC bool bound_capabilities(const struct command *command) {
    for (unsigned long number = 0; number < 64; number++) {
        bool is_kept = command->start.capabilities & (uint64_t)1 << number;
        if (is_kept || syscall(SYS_prctl, PR_CAPBSET_DROP, number, 0, 0, 0) == 0) {
            continue;
        }
        if (errno != EINVAL || number <= CAP_LAST_KNOWN) {
            return false;
        }
        // The kernel's last capability has passed.
        break;
    }
    // Else all of them go with root.
    return command->start.capabilities == 0 || syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0;
}

BETWEEN_FORK_AND_EXEC bool set_capabilities(const struct command *command) {
    uint64_t kept = command->start.capabilities;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    for (int half = 0; half < 2; half++) {
        uint32_t bits = (uint32_t)(kept >> 32 * half);
        sets[half].effective = sets[half].permitted = sets[half].inheritable = bits;
    }
    if (syscall(SYS_capset, &header, sets) < 0) {
        return false;
    }
    for (unsigned long number = 0; number < 64; number++) {
        if (kept & (uint64_t)1 << number &&
            syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0) {
            return false;
        }
    }
    return true;
}
