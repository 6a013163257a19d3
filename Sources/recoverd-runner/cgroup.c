#include "runner.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/// Writes where version 2 is mounted; false: nowhere.
static bool find_mount(char *mount, size_t size) {
    FILE *mounts = fopen("/proc/self/mounts", "re");
    if (!mounts) {
        return false;
    }
    char line[4096], place[2048], kind[64];
    bool is_found = false;
    while (!is_found && fgets(line, sizeof line, mounts)) {
        is_found = sscanf(line, "%*s %2047s %63s", place, kind) == 2 && strcmp(kind, "cgroup2") == 0;
    }
    fclose(mounts);
    return is_found && (size_t)snprintf(mount, size, "%s", place) < size;
}

/// Writes the path of our own cgroup of version 2 below its mount.
static bool find_own(char *path, size_t size) {
    char text[4096];
    if (read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) <= 0) {
        return false;
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "0::/", 4) == 0) {
            return (size_t)snprintf(path, size, "%s", line + 3) < size;
        }
    }
    return false;
}

static bool is_delegated(const char *path) {
    const char *names[] = {"user.delegate", "trusted.delegate"};
    for (size_t index = 0; index < 2; index++) {
        char value[2];
        if (getxattr(path, names[index], value, sizeof value) == 1 && value[0] == '1') {
            return true;
        }
    }
    return false;
}

int cgroup_open(const char *given) {
    char mount[2048], own[2048], path[4096];
    if (!given) {
        if (!find_mount(mount, sizeof mount) || !find_own(own, sizeof own)) {
            return -1;
        }
        snprintf(path, sizeof path, "%s%s", mount, own);
        if (!is_delegated(path)) {
            return -1;
        }
    }
    int cgroup = open(given ? given : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0 && given) {
        give_up("cannot open %s: %s", given, strerror(errno));
    }
    return cgroup;
}

void cgroup_prune(int cgroup) {
    int copy = cgroup < 0 ? -1 : openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    if (!directory) {
        return;
    }
    struct dirent *entry;
    struct runner_claim claim;
    while ((entry = readdir(directory))) {
        uint64_t run = run_of_name(entry->d_name);
        // A supervisor of a runner before us may be about to use its leaf.
        if (run && !run_is_held(run, &claim)) {
            cgroup_remove(cgroup, run);
        }
    }
    closedir(directory);
}

int cgroup_find(int cgroup, uint64_t run) {
    return cgroup < 0 ? -1 : openat(cgroup, run_name(run, "").text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int cgroup_leaf(int cgroup, uint64_t run) {
    int leaf = mkdirat(cgroup, run_name(run, "").text, 0755) < 0 ? -1 : cgroup_find(cgroup, run);
    if (leaf < 0) {
        say("cannot make a cgroup for run %s: %s", run_name(run, "").text, strerror(errno));
    }
    return leaf;
}

uint32_t cgroup_members(int leaf, pid_t *members, uint32_t most) {
    char text[4096];
    uint32_t count = 0;
    if (read_text(leaf, "cgroup.procs", text, sizeof text) > 0) {
        for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
            if (count < most) {
                members[count] = atoi(line);
            }
            count++;
        }
    }
    return count;
}

uint32_t cgroup_kill(int leaf) {
    int file = openat(leaf, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        // Linux 5.14; before that those who live there are found as descendants.
        (void)!write(file, "1", 1);
        close(file);
    }
    pid_t members[1];
    return cgroup_members(leaf, members, 1);
}

void cgroup_remove(int cgroup, uint64_t run) {
    // Where somebody lives on in it, such as a daemon that the command started, it stays.
    unlinkat(cgroup, run_name(run, "").text, AT_REMOVEDIR);
}
