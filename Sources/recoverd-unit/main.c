// recoverd-unit: runs a command as a transient unit of systemd, waits for its end, and ends as it did.
//
// The runner starts it in place of the command where the configuration says `"backend": "systemd"`. Its own
// environment and its standard streams are those of the command; all else are options, and behind them, after `--`, its
// words. A signal to end has the unit stopped; the unit's control group is empty before we end.
//
//   --unit NAME --directory DIR --umask N   the unit's name, where the command runs, and its mask
//   --user UID --group GID --also GID …     as whom; root without them
//   --limit LimitNAME=N …                   resource limits, as systemd calls them, soft and hard
//   --capabilities BITS                     the only ones that it has, beyond which it can get none
//   --no-new-privileges                     set-user-ID programs give it nothing
//   --stop USEC --most USEC                 from SIGTERM to SIGKILL, and after what time systemd ends it by itself
//
// Ends with the command's exit status, or by the command's signal; 126 where there was no unit.

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { NO_UNIT = 126 };

static void complain(const char *what, const char *why) { fprintf(stderr, "recoverd-unit: %s: %s\n", what, why); }

static int usage(void) {
    complain("wrong usage", "it is for recoverd-runner only");
    return NO_UNIT;
}

// A decimal or, behind 0x, hexadecimal number.
static bool read_number(const char *text, uint64_t *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno == 0 && end != text && *end == 0 && text[0] != '-';
}

static bool read_limit(struct unit *unit, char *text) {
    char *equals = strchr(text, '=');
    if (!equals || unit->limit_count == UNIT_MOST_LIMITS) return false;
    *equals = 0;
    struct unit_limit *limit = &unit->limits[unit->limit_count++];
    limit->name = text;
    return read_number(equals + 1, &limit->value);
}

static bool read_options(struct unit *unit, int count, char **words) {
    static const struct option options[] = {
        {"unit", required_argument, NULL, 'n'},      {"user", required_argument, NULL, 'u'},
        {"group", required_argument, NULL, 'g'},     {"also", required_argument, NULL, 'a'},
        {"directory", required_argument, NULL, 'd'}, {"umask", required_argument, NULL, 'm'},
        {"limit", required_argument, NULL, 'l'},     {"capabilities", required_argument, NULL, 'c'},
        {"no-new-privileges", no_argument, NULL, 'p'}, {"stop", required_argument, NULL, 's'},
        {"most", required_argument, NULL, 't'},      {NULL, 0, NULL, 0},
    };
    uint64_t number;
    for (int option; (option = getopt_long(count, words, "+", options, NULL)) != -1;) {
        switch (option) {
        case 'n': unit->name = optarg; break;
        case 'u': unit->user = optarg; break;
        case 'g': unit->group = optarg; break;
        case 'a':
            if (unit->also_count == UNIT_MOST_GROUPS) return false;
            unit->also[unit->also_count++] = optarg;
            break;
        case 'd': unit->directory = optarg; break;
        case 'm':
            if (!read_number(optarg, &number)) return false;
            unit->umask = (uint32_t)number;
            break;
        case 'l':
            if (!read_limit(unit, optarg)) return false;
            break;
        case 'c':
            if (!read_number(optarg, &unit->capabilities)) return false;
            unit->has_capabilities = true;
            break;
        case 'p': unit->no_new_privileges = true; break;
        case 's':
            if (!read_number(optarg, &unit->stop_usec)) return false;
            break;
        case 't':
            if (!read_number(optarg, &unit->most_usec)) return false;
            break;
        default: return false;
        }
    }
    unit->words = words + optind;
    return unit->name && unit->words[0] && unit->words[0][0] == '/';
}

// Ends by the signal that ended the command, so that whoever waits for us sees the same.
static void end_by(int number) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

static int await(struct unit *unit, int signals) {
    bool is_stopping = false;
    for (;;) {
        struct unit_end end;
        int result = unit_look(unit, &end);
        if (result < 0) {
            complain("the unit cannot be looked at", strerror(-result));
            return NO_UNIT;
        }
        if (end.has_ended) {
            if (!end.was_started) {
                complain("the command was not started", end.result);
                return NO_UNIT;
            }
            if (end.number) end_by(end.number);
            return end.status;
        }
        int milliseconds;
        struct pollfd set[] = {{.fd = signals, .events = POLLIN}, unit_poll(unit, &milliseconds)};
        poll(set, 2, milliseconds);
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof info) == sizeof info) {
            if (is_stopping) continue;
            is_stopping = true;
            unit_stop(unit);
        }
    }
}

int main(int count, char **words) {
    struct unit unit = {.umask = 022, .stop_usec = 9000000, .directory = "/"};
    if (!read_options(&unit, count, words)) return usage();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        complain("signals", strerror(errno));
        return NO_UNIT;
    }
    const char *reason = "";
    int result = unit_start(&unit, &reason);
    if (result < 0) {
        complain("systemd did not start the unit", *reason ? reason : strerror(-result));
        return NO_UNIT;
    }
    return await(&unit, signals);
}
