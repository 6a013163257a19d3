#include "runner.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /// Found nobody as often: there is nobody.
    EMPTY_LOOKS = 2,
    MOST_SPARED = 64,
    /// Of a leaf, at each look.
    MOST_MEMBERS = 1024,
};

/// Who is never killed, whatever its environment says: the agent and the runner may have been started by a command.
struct spared {
    size_t count;
    pid_t members[MOST_SPARED];
};

static bool is_spared(const struct spared *spared, pid_t pid) {
    for (size_t index = 0; index < spared->count; index++) {
        if (spared->members[index] == pid) {
            return true;
        }
    }
    return pid == 1;
}

static void spare_with_ancestors(struct spared *spared, pid_t pid) {
    struct process process;
    while (pid > 1 && spared->count < MOST_SPARED && process_read(pid, &process)) {
        spared->members[spared->count++] = pid;
        pid = process.parent;
    }
}

static const struct process *find(const struct process *table, size_t count, pid_t pid) {
    for (size_t index = 0; index < count; index++) {
        if (table[index].pid == pid) {
            return &table[index];
        }
    }
    return NULL;
}

/// Whether the session is the command's: its number stays taken as long as anybody is in it. Where its leader lives and
/// does not belong to the run, the number was given to a stranger since.
static bool is_session_of_command(const struct process *table, size_t count, pid_t session, pid_t command) {
    if (command == 0 || session != command) {
        return false;
    }
    const struct process *leader = find(table, count, command);
    return !leader || leader->marked;
}

/// Marks who is in the session of the command or in one that a marked process leads; returns how many those were.
static size_t mark_sessions(struct process *table, size_t count, pid_t command) {
    size_t total = 0;
    for (size_t index = 0; index < count; index++) {
        if (table[index].marked || table[index].spared) {
            continue;
        }
        const struct process *leader = find(table, count, table[index].session);
        if ((leader && leader->marked) || is_session_of_command(table, count, table[index].session, command)) {
            table[index].marked = true;
            total++;
        }
    }
    return total;
}

/// Marks who lives in the leaf; returns how many were seen there.
static uint32_t mark_members(struct process *table, size_t count, int leaf) {
    pid_t members[MOST_MEMBERS];
    uint32_t inside = cgroup_members(leaf, members, MOST_MEMBERS);
    for (size_t index = 0; index < count; index++) {
        for (uint32_t member = 0; member < inside && member < MOST_MEMBERS; member++) {
            table[index].marked |= table[index].pid == members[member];
        }
    }
    return inside;
}

/// Marks all that belongs to the run.
static void mark(struct process *table, size_t count, uint64_t run, pid_t command, const struct spared *spared) {
    for (size_t index = 0; index < count; index++) {
        table[index].spared = is_spared(spared, table[index].pid);
        table[index].marked = !table[index].spared && process_has_run(table[index].pid, run);
    }
    while (mark_sessions(table, count, command) + process_mark_descendants(table, count) > 0) {
    }
    for (size_t index = 0; index < count; index++) {
        table[index].marked = table[index].marked && table[index].alive;
    }
}

/// Who was killed: a process is counted once, however often it is found.
struct killed {
    size_t count;
    size_t capacity;
    struct process *members;
};

static void count_killed(struct killed *killed, const struct process *process, struct runner_swept *answer) {
    for (size_t index = 0; index < killed->count; index++) {
        if (killed->members[index].pid == process->pid && killed->members[index].start == process->start) {
            return;
        }
    }
    answer->killed++;
    if (killed->count == killed->capacity) {
        size_t capacity = killed->capacity ? killed->capacity * 2 : 64;
        struct process *members = realloc(killed->members, capacity * sizeof *members);
        if (!members) {
            return;
        }
        killed->members = members;
        killed->capacity = capacity;
    }
    killed->members[killed->count++] = *process;
}

void sweep_run(struct runner *runner, uint64_t run, pid_t asker, struct runner_swept *answer) {
    struct spared spared = {0};
    spare_with_ancestors(&spared, getpid());
    spare_with_ancestors(&spared, asker);
    struct killed killed = {0};
    struct process *table = NULL;
    size_t capacity = 0;
    struct runner_claim claim;
    uint64_t limit = later(now_milliseconds(), LONGEST_KILLING);
    int empty = 0;
    while (empty < EMPTY_LOOKS && now_milliseconds() < limit) {
        // Somebody supervises it, or is about to execute its program: not ours to touch, as long as that is so.
        ssize_t count = run_is_held(run, &claim) ? -1 : process_table(&table, &capacity);
        uint32_t found = count < 0 ? 1 : 0;
        int leaf = count < 0 ? -1 : cgroup_find(runner->cgroup, run);
        if (count >= 0) {
            mark(table, (size_t)count, run, (pid_t)claim.command, &spared);
        }
        uint32_t inside = leaf < 0 ? 0 : mark_members(table, (size_t)count, leaf);
        for (ssize_t index = 0; index < count; index++) {
            if (table[index].marked) {
                found++;
                count_killed(&killed, &table[index], answer);
                process_signal(&table[index], SIGKILL);
            }
        }
        if (leaf >= 0) {
            cgroup_kill(leaf);
            found = inside > found ? inside : found;
            close(leaf);
        }
        answer->survivors = found;
        empty = found == 0 ? empty + 1 : 0;
        poll(NULL, 0, KILLING_PAUSE);
    }
    if (empty == EMPTY_LOOKS && runner->cgroup >= 0) {
        cgroup_remove(runner->cgroup, run);
    }
}
