// The reference for the physical limit: the least that takes a task from MQTT, runs it and answers.
//
// One thread, one epoll set, /bin/sh -c for every command line. No limits, no time-outs, no journal, no checks beyond
// what keeps it alive. It measures what the machine, the broker and the shell cost; it is not a product.
//
//     reference-agent FILE
//
// FILE: {"Host": "127.0.0.1:1884", "QoS": 1, "CommandTopic": "t", "CommandResultTopic": "r",
//        "Services": {"hello": {"commands": {"exec": "/bin/echo hi"}}}}
// and, for TLS, "Secure": true, "CAFile": "ca.pem". Other keys are ignored.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <mosquitto.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// The predecessor's codes: see docs/messages.md.
enum { UNKNOWN_SERVICE = 0x1002, UNKNOWN_COMMAND = 0x1003, COULD_NOT_START = 0x1103 };

enum { KEEPALIVE_SECONDS = 15, RECONNECT_SECONDS = 1, EVENTS_AT_ONCE = 64, READ_SIZE = 65536 };

struct agent {
    int epoll;
    int socket;           // the broker's socket as epoll knows it, -1 while there is none
    uint32_t watched;     // the events that epoll reports for it
    struct mosquitto *mqtt;
    const char *host, *command_topic, *result_topic, *ca_file;
    int port, qos;
    json_t *services;
};

// A command that runs: its pipe is open, its child not yet waited for.
struct task {
    int output;
    pid_t child;
    json_t *id;
    char *text;
    size_t length, capacity;
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// MARK: Answers

static void answer(struct agent *agent, json_t *id, const char *text, size_t length, int code) {
    char timestamp[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));

    json_t *message = json_stringn(text, length);
    if (!message) message = json_string("");  // not UTF-8
    json_t *result = json_pack("{s:O, s:s, s:o, s:i}", "task_id", id, "timestamp", timestamp, "message", message,
                               "code", code);
    char *payload = result ? json_dumps(result, JSON_COMPACT) : NULL;
    if (payload) {
        mosquitto_publish(agent->mqtt, NULL, agent->result_topic, (int)strlen(payload), payload, agent->qos, false);
    }
    free(payload);
    json_decref(result);
}

// MARK: Tasks

// Starts `line` with its standard output in a pipe; returns 0 or an error number.
static int spawn(const char *line, int *output, pid_t *child) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    char *arguments[] = {"sh", "-c", (char *)line, NULL};
    int error = posix_spawn(child, "/bin/sh", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error) {
        close(ends[0]);
    } else {
        *output = ends[0];
    }
    return error;
}

static void start(struct agent *agent, json_t *id, const char *line) {
    struct task *task = calloc(1, sizeof *task);
    if (!task) fail("calloc");
    int error = spawn(line, &task->output, &task->child);
    if (error) {
        answer(agent, id, strerror(error), strlen(strerror(error)), COULD_NOT_START);
        free(task);
        return;
    }
    task->id = json_incref(id);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = task};
    if (epoll_ctl(agent->epoll, EPOLL_CTL_ADD, task->output, &event) != 0) fail("epoll_ctl");
}

static void finish(struct agent *agent, struct task *task) {
    // The pipe must leave the set before it is closed: epoll keeps what it watches by the open pipe, not by the number.
    // Where anybody else still holds this pipe, the set would go on reporting a task that has been freed.
    epoll_ctl(agent->epoll, EPOLL_CTL_DEL, task->output, NULL);
    close(task->output);

    int status = 0;
    waitpid(task->child, &status, 0);  // a command that closed its output early would hold us here; ours do not
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (task->length && task->text[task->length - 1] == '\n') task->length--;
    answer(agent, task->id, task->text ? task->text : "", task->length, code);
    json_decref(task->id);
    free(task->text);
    free(task);
}

static void read_output(struct agent *agent, struct task *task) {
    static char buffer[READ_SIZE];
    ssize_t count = read(task->output, buffer, sizeof buffer);
    if (count <= 0) {
        finish(agent, task);
        return;
    }
    size_t needed = task->length + (size_t)count;
    if (needed > task->capacity) {
        task->capacity = needed * 2;
        task->text = realloc(task->text, task->capacity);
        if (!task->text) fail("realloc");
    }
    memcpy(task->text + task->length, buffer, (size_t)count);
    task->length = needed;
}

// MARK: Messages

static void take(struct agent *agent, json_t *message) {
    json_t *id = json_object_get(message, "task_id");
    const char *service_name = json_string_value(json_object_get(message, "service"));
    const char *command_name = json_string_value(json_object_get(message, "command"));
    bool readable = json_is_integer(id) || json_is_string(id);
    if (!readable || !service_name || !command_name) return;

    json_t *service = json_object_get(agent->services, service_name);
    const char *line = json_string_value(json_object_get(json_object_get(service, "commands"), command_name));
    if (line) {
        start(agent, id, line);
    } else {
        answer(agent, id, "", 0, service ? UNKNOWN_COMMAND : UNKNOWN_SERVICE);
    }
}

static void on_message(struct mosquitto *mqtt, void *context, const struct mosquitto_message *message) {
    (void)mqtt;
    json_t *body = json_loadb(message->payload, (size_t)message->payloadlen, JSON_REJECT_DUPLICATES, NULL);
    if (body) take(context, body);
    json_decref(body);
}

static void on_connect(struct mosquitto *mqtt, void *context, int code) {
    struct agent *agent = context;
    if (code == 0) mosquitto_subscribe(mqtt, NULL, agent->command_topic, 1);
}

// MARK: The broker's socket

static void connect_to_broker(struct agent *agent) {
    while (mosquitto_connect(agent->mqtt, agent->host, agent->port, KEEPALIVE_SECONDS) != MOSQ_ERR_SUCCESS) {
        sleep(RECONNECT_SECONDS);
    }
    agent->socket = mosquitto_socket(agent->mqtt);
    fcntl(agent->socket, F_SETFD, FD_CLOEXEC);  // libmosquitto does not: our commands would inherit the connection
    agent->watched = EPOLLIN;
    struct epoll_event event = {.events = agent->watched, .data.ptr = NULL};
    if (epoll_ctl(agent->epoll, EPOLL_CTL_ADD, agent->socket, &event) != 0) fail("epoll_ctl");
}

static void serve_broker(struct agent *agent, uint32_t events) {
    int result = MOSQ_ERR_SUCCESS;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) result = mosquitto_loop_read(agent->mqtt, 1);
    if (result == MOSQ_ERR_SUCCESS && (events & EPOLLOUT)) mosquitto_loop_write(agent->mqtt, 1);
}

// Keeps the connection: pings, comes back after a loss, and asks for EPOLLOUT only while something waits to be written.
static void look_after_broker(struct agent *agent) {
    mosquitto_loop_misc(agent->mqtt);
    if (mosquitto_socket(agent->mqtt) < 0) {
        agent->socket = -1;  // libmosquitto has closed it, and nobody else holds it: it has left the set
        connect_to_broker(agent);
    }
    uint32_t wanted = EPOLLIN | (mosquitto_want_write(agent->mqtt) ? EPOLLOUT : 0);
    if (wanted == agent->watched) return;
    struct epoll_event event = {.events = wanted, .data.ptr = NULL};
    if (epoll_ctl(agent->epoll, EPOLL_CTL_MOD, agent->socket, &event) != 0) fail("epoll_ctl");
    agent->watched = wanted;
}

// MARK: Start

static void configure(struct agent *agent, const char *file) {
    json_error_t error;
    json_t *root = json_load_file(file, 0, &error);
    const char *host = NULL;
    // The tree is never released: the agent's strings live in it.
    if (!root || json_unpack_ex(root, &error, 0, "{s:s, s:i, s:s, s:s, s?s, s:o}", "Host", &host, "QoS", &agent->qos,
                                "CommandTopic", &agent->command_topic, "CommandResultTopic", &agent->result_topic,
                                "CAFile", &agent->ca_file, "Services", &agent->services) != 0) {
        fprintf(stderr, "reference-agent: %s:%d: %s\n", file, error.line, error.text);
        exit(78);
    }
    const char *colon = strrchr(host, ':');
    agent->port = colon ? atoi(colon + 1) : 1883;
    agent->host = colon ? strndup(host, (size_t)(colon - host)) : host;
    if (!json_is_true(json_object_get(root, "Secure"))) agent->ca_file = NULL;
}

static void run(struct agent *agent) {
    connect_to_broker(agent);
    for (;;) {
        look_after_broker(agent);
        struct epoll_event events[EVENTS_AT_ONCE];
        int count = epoll_wait(agent->epoll, events, EVENTS_AT_ONCE, 1000);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) {
                read_output(agent, events[i].data.ptr);
            } else {
                serve_broker(agent, events[i].events);
            }
        }
    }
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: reference-agent FILE\n");
        return 64;
    }
    struct agent agent = {.epoll = epoll_create1(EPOLL_CLOEXEC), .socket = -1};
    configure(&agent, arguments[1]);
    mosquitto_lib_init();
    agent.mqtt = mosquitto_new(NULL, true, &agent);
    if (agent.epoll < 0 || !agent.mqtt) fail("reference-agent");
    mosquitto_int_option(agent.mqtt, MOSQ_OPT_TCP_NODELAY, 1);
    if (agent.ca_file) mosquitto_tls_set(agent.mqtt, agent.ca_file, NULL, NULL, NULL, NULL);
    mosquitto_connect_callback_set(agent.mqtt, on_connect);
    mosquitto_message_callback_set(agent.mqtt, on_message);
    run(&agent);
}
