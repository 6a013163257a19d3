#include "rights.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "Usage: recoverd-runner --runtime DIR [OPTION...]\n"
    "Starts commands for recoverd-agent, supervises them, and leaves a record of each.\n"
    "\n"
    "  --runtime DIR   directory of the socket and the records; lost at a reboot\n"
    "  --stay          do not end when there is nothing to do\n"
    "  --idle SECONDS  else end after as long with neither commands nor agent (60)\n"
    "  --background    return when the socket is there; go on in the background\n"
    "  --cgroup DIR    make a cgroup per command below this one (version 2)\n"
    "  --no-network    leave the network to the commands\n"
    "  --version       print the version\n"
    "  --help          print this\n";

static void read_boot(struct options *options) {
    if (!options->boot[0]) {
        if (read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", options->boot, sizeof options->boot) <= 0) {
            give_up("cannot read the boot id: %s", strerror(errno));
        }
        options->boot[strcspn(options->boot, "\n")] = 0;
    }
}

static uint64_t read_seconds(const char *text) {
    char *end;
    errno = 0;
    unsigned long seconds = strtoul(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || seconds > 1000000000) {
        give_up("--idle wants seconds, not \"%s\"", text);
    }
    return (uint64_t)seconds * 1000;
}

static void read_options(struct options *options, int count, char **words) {
    static const struct option known[] = {
        {"runtime", required_argument, NULL, 'r'}, {"stay", no_argument, NULL, 's'},
        {"background", no_argument, NULL, 'b'},    {"idle", required_argument, NULL, 'i'},
        {"cgroup", required_argument, NULL, 'c'},  {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},          {"boot-id", required_argument, NULL, 'B'},
        {"no-network", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){.idle = 60000};
    int option;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1) {
        switch (option) {
        case 'r': options->runtime = optarg; break;
        case 's': options->stays = true; break;
        case 'b': options->background = true; break;
        case 'i': options->idle = read_seconds(optarg); break;
        case 'c': options->cgroup = optarg; break;
        case 'n': options->leaves_network = true; break;
        // For tests: another boot than this one.
        case 'B': snprintf(options->boot, sizeof options->boot, "%s", optarg); break;
        case 'v': puts("recoverd-runner " RUNNER_VERSION); exit(0);
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }
    if (!options->runtime || optind < count) {
        fputs(usage, stderr);
        exit(2);
    }
    read_boot(options);
}

/// A runner that a command started carries that command's variable, and its supervisors would: then a sweep of that
/// run would kill them. What a process was executed with cannot be changed, so it is executed again.
static void shed_variable(char **words) {
    if (getenv(RUNNER_VARIABLE)) {
        unsetenv(RUNNER_VARIABLE);
        execv("/proc/self/exe", words);
        give_up("cannot execute myself without %s: %s", RUNNER_VARIABLE, strerror(errno));
    }
}

/// Nothing is inherited: no descriptor but the standard ones, no disposition, no mask.
static void become_clean(void) {
    int null;
    do {
        null = open("/dev/null", O_RDWR);
    } while (null >= 0 && null < 3);
    if (null < 0) {
        give_up("cannot open /dev/null: %s", strerror(errno));
    }
    if (syscall(SYS_close_range, 3, UINT_MAX, 0) < 0) {
        give_up("cannot close what was inherited: %s", strerror(errno));
    }
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    // A full file or a vanished reader is an errno; a closed terminal is none of our concern.
    static const int ignored[] = {IGNORED_SIGNALS};
    for (size_t index = 0; index < sizeof ignored / sizeof *ignored; index++) {
        signal(ignored[index], SIG_IGN);
    }
    umask(077);
    // Parameters of commands may be secret; no core dump has them, and commands are as usual again after their exec.
    prctl(PR_SET_DUMPABLE, 0);
    // Else a long frame raises what counts as long, and the next one stays in the heap for good.
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
}

static void open_signals(void) {
    sigset_t ours, none;
    sigemptyset(&none);
    sigemptyset(&ours);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    int descriptor = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor < 0 || (descriptor != FD_SIGNALS && dup3(descriptor, FD_SIGNALS, O_CLOEXEC) < 0)) {
        give_up("cannot watch signals: %s", strerror(errno));
    }
    if (descriptor != FD_SIGNALS) {
        close(descriptor);
    }
}

/// Goes on in a child, with a descriptor to say that it is ready. Whoever started us waits for that, or for our end.
///
/// Before anything else is done: the lock belongs to one process and not to its children.
static int go_background(void) {
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0) {
        give_up("cannot make a pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid < 0) {
        give_up("cannot fork: %s", strerror(errno));
    }
    if (pid > 0) {
        close(ready[1]);
        char byte;
        int status = 0;
        if (read(ready[0], &byte, 1) != 1 && waitpid(pid, &status, 0) == pid && status != 0) {
            _exit(1);
        }
        _exit(0);
    }
    setsid();
    // Out of the way of those with fixed numbers.
    int descriptor = fcntl(ready[1], F_DUPFD_CLOEXEC, 32);
    close(ready[0]);
    close(ready[1]);
    if (descriptor < 0) {
        give_up("cannot keep a descriptor: %s", strerror(errno));
    }
    return descriptor;
}

static void say_ready(int ready) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || write(ready, "r", 1) != 1) {
        _exit(1);
    }
    close(null);
    close(ready);
}

static void take_signals(struct runner *runner) {
    struct signalfd_siginfo infos[4];
    ssize_t count;
    while ((count = read(FD_SIGNALS, infos, sizeof infos)) > 0) {
        for (size_t index = 0; index < (size_t)count / sizeof *infos; index++) {
            runner->ends |= infos[index].ssi_signo != SIGCHLD;
        }
    }
    children_reap(runner);
}

/// When to end for want of work; UINT64_MAX: not now.
static uint64_t idle_end(const struct runner *runner) {
    bool works = runner->connection_count || runner->supervisor_count || runner->sweep_count;
    return runner->options.stays || works ? UINT64_MAX : later(runner->idle_since, runner->options.idle);
}

static void turn(struct runner *runner) {
    struct pollfd places[2 + MOST_CONNECTIONS] = {
        {.fd = FD_SIGNALS, .events = POLLIN},
        {.fd = runner->deaf_until ? -1 : runner->listener, .events = POLLIN},
    };
    for (size_t index = 0; index < MOST_CONNECTIONS; index++) {
        const struct connection *connection = &runner->connections[index];
        // A full buffer holds frames that wait for a sweep to end.
        short reads = connection->input_count < connection->input_size ? POLLIN : 0;
        short writes = connection->answer_count ? POLLOUT : 0;
        places[2 + index] = (struct pollfd){.fd = connection->descriptor, .events = (short)(reads | writes)};
    }
    uint64_t end = idle_end(runner);
    uint64_t next = runner->deaf_until && runner->deaf_until < end ? runner->deaf_until : end;
    int ready = poll(places, 2 + MOST_CONNECTIONS, next == UINT64_MAX ? -1 : wait_until(next));
    if (ready < 0 && errno != EINTR) {
        give_up("cannot wait: %s", strerror(errno));
    }
    if (ready <= 0) {
        runner->ends |= ready == 0 && now_milliseconds() >= end;
        runner->deaf_until = 0;
        return;
    }
    if (places[0].revents) {
        take_signals(runner);
    }
    for (size_t index = 0; index < MOST_CONNECTIONS; index++) {
        struct connection *connection = &runner->connections[index];
        if ((places[2 + index].revents & POLLOUT) && connection->descriptor == places[2 + index].fd) {
            connection_write(runner, connection);
        }
        if ((places[2 + index].revents & ~POLLOUT) && connection->descriptor == places[2 + index].fd) {
            connection_read(runner, connection);
        }
    }
    if (places[1].revents && !runner->ends) {
        connection_accept(runner);
    }
}

int main(int count, char **words) {
    shed_variable(words);
    static struct runner runner;
    read_options(&runner.options, count, words);
    become_clean();
    int ready = runner.options.background ? go_background() : -1;
    network_leave(&runner);
    memory_look(&runner);
    directory_take(&runner);
    open_signals();
    runner.cgroup = cgroup_open(runner.options.cgroup);
    cgroup_prune(runner.cgroup);
    connections_prepare(&runner);
    directory_listen(&runner);
    if (chdir("/") < 0) {
        give_up("cannot change to /: %s", strerror(errno));
    }
    if (ready >= 0) {
        say_ready(ready);
    }
    manager_notify();
    runner.idle_since = now_milliseconds();
    while (!runner.ends) {
        turn(&runner);
    }
    // Supervisors need no runner. The lock goes with us.
    unlinkat(runner.directory, RUNNER_SOCKET, 0);
    return 0;
}
