// The load: sends tasks, matches every answer by its task_id, prints what it saw as one line of JSON.
//
//     driver probe --port P                                  until something answers; then when that was
//     driver load  --port P --tasks 1000 --outstanding 8     closed loop: a new task for every answer
//     driver load  ... --outstanding 1                       one at a time
//     driver load  ... --beside long                         the same while `long` runs
//     driver load  ... --rate 50 --flood 10000             open loop: 50 tasks a second among 10,000 malformed messages
//
// Written in C, in one thread, so that it costs little of the machine that it shares with what it measures.

#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEEPALIVE_SECONDS = 60, NANOSECONDS = 1000000000 };

// A probe ends when nothing was answered for so long: what is still under way must not meet what is measured next.
static const int64_t quiet_after_probe = NANOSECONDS / 5;

struct options {
    const char *host, *command_topic, *result_topic, *service, *command, *expected, *beside;
    int port, qos, tasks, outstanding;
    double rate, flood, timeout, interval;
    bool probe;
};

struct sent {
    int64_t at, answered;  // nanoseconds of the monotonic clock; 0 = not yet
};

struct driver {
    struct options options;
    struct mosquitto *mqtt;
    int64_t base;  // the first task_id; of the clock, so that a late answer to another run is told from ours
    struct sent *tasks, beside;
    int published, answered, duplicates, foreign, wrong;
    int64_t began, last_answer, flooded;
    bool subscribed;
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * NANOSECONDS + time.tv_nsec;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "driver: %s: %s\n", what, why);
    exit(1);
}

// MARK: Sending

static void publish(struct driver *driver, const char *payload, int length, int qos) {
    int result = mosquitto_publish(driver->mqtt, NULL, driver->options.command_topic, length, payload, qos, false);
    if (result != MOSQ_ERR_SUCCESS) fail("publish", mosquitto_strerror(result));
}

static void send_task(struct driver *driver, int64_t id, const char *command) {
    char payload[512];
    int length = snprintf(payload, sizeof payload,
                          "{\"task_id\":%" PRId64 ",\"timestamp\":\"2026-01-01T00:00:00Z\","
                          "\"service\":\"%s\",\"command\":\"%s\"}",
                          id, driver->options.service, command);
    publish(driver, payload, length, driver->options.qos);
}

static void send_next(struct driver *driver) {
    int index = driver->published++;
    driver->tasks[index].at = now();
    send_task(driver, driver->base + index, driver->options.command);
}

// The long task has the id before the first.
static void send_beside(struct driver *driver) {
    driver->beside.at = now();
    send_task(driver, driver->base - 1, driver->options.beside);
}

// Malformed in every way that has no readable task_id: none of these may be answered. At QoS 0, as a careless sender
// would; the good ones keep theirs.
static void send_malformed(struct driver *driver) {
    static const struct {
        const char *bytes;
        size_t length;  // with the terminating zero
    } messages[] = {
#define MESSAGE(text) {text, sizeof text}
        MESSAGE(""),
        MESSAGE("{"),
        MESSAGE("restart nginx"),
        MESSAGE("[1, 2, 3]"),
        MESSAGE("\xff\xfe\x00\x01"),
        MESSAGE("{\"service\":\"bench\",\"command\":\"shell\"}"),
        MESSAGE("{\"task_id\":{},\"service\":\"bench\",\"command\":\"shell\"}"),
        MESSAGE("{\"task_id\":1.5e"),
#undef MESSAGE
    };
    int kinds = sizeof messages / sizeof *messages;
    int kind = (int)(driver->flooded++ % kinds);
    publish(driver, messages[kind].bytes, (int)messages[kind].length - 1, 0);
}

// MARK: Receiving

static void count_answer(struct driver *driver, struct sent *task, bool right) {
    if (task->answered) {
        driver->duplicates++;
        return;
    }
    task->answered = driver->last_answer = now();
    if (!right) driver->wrong++;
    if (task != &driver->beside) driver->answered++;
}

static void match(struct driver *driver, json_t *result) {
    const json_t *id = json_object_get(result, "task_id");
    int64_t index = json_integer_value(id) - driver->base;
    const json_t *code = json_object_get(result, "code");
    bool right = json_is_integer(code) && json_integer_value(code) == 0;
    if (json_is_integer(id) && index == -1 && driver->options.beside) {
        count_answer(driver, &driver->beside, right);
        return;
    }
    if (!json_is_integer(id) || index < 0 || index >= driver->published) {
        driver->foreign++;
        return;
    }
    const char *text = json_string_value(json_object_get(result, "message"));
    const char *expected = driver->options.expected;
    if (expected && (!text || strcmp(text, expected) != 0)) right = false;
    count_answer(driver, &driver->tasks[index], right);
}

static void on_message(struct mosquitto *mqtt, void *context, const struct mosquitto_message *message) {
    (void)mqtt;
    struct driver *driver = context;
    json_t *result = json_loadb(message->payload, (size_t)message->payloadlen, 0, NULL);
    if (result) {
        match(driver, result);
    } else {
        driver->foreign++;
    }
    json_decref(result);
}

static void on_connect(struct mosquitto *mqtt, void *context, int code) {
    struct driver *driver = context;
    if (code != 0) fail("connect", mosquitto_connack_string(code));
    mosquitto_subscribe(mqtt, NULL, driver->options.result_topic, driver->options.qos);
}

static void on_subscribe(struct mosquitto *mqtt, void *context, int id, int count, const int *granted) {
    (void)mqtt, (void)id;
    struct driver *driver = context;
    if (count != 1 || granted[0] > 2) fail("subscribe", "refused");
    driver->subscribed = true;
}

// MARK: The loop

// Serves the connection once, waiting at most until `deadline`.
static void serve(struct driver *driver, int64_t deadline) {
    struct pollfd broker = {.fd = mosquitto_socket(driver->mqtt), .events = POLLIN};
    if (mosquitto_want_write(driver->mqtt)) broker.events |= POLLOUT;
    int64_t left = deadline - now();
    if (left < 0) left = 0;
    if (left > NANOSECONDS) left = NANOSECONDS;  // pings are due now and then
    struct timespec wait = {.tv_sec = left / NANOSECONDS, .tv_nsec = left % NANOSECONDS};
    ppoll(&broker, 1, &wait, NULL);
    int result = MOSQ_ERR_SUCCESS;
    if (broker.revents & (POLLIN | POLLHUP | POLLERR)) result = mosquitto_loop_read(driver->mqtt, 1);
    if (result == MOSQ_ERR_SUCCESS && (broker.revents & POLLOUT)) result = mosquitto_loop_write(driver->mqtt, 1);
    if (result == MOSQ_ERR_SUCCESS) result = mosquitto_loop_misc(driver->mqtt);
    if (result != MOSQ_ERR_SUCCESS) fail("connection", mosquitto_strerror(result));
}

// How many messages a stream of `rate` a second owes since `began`.
static int64_t owed(double rate, int64_t began) {
    return (int64_t)((double)(now() - began) / NANOSECONDS * rate) + 1;
}

// Sends what is due; returns when to look again (the closed loop looks after every answer anyway).
static int64_t send_due(struct driver *driver) {
    const struct options *options = &driver->options;
    bool paced = options->rate > 0;
    int64_t due = paced ? owed(options->rate, driver->began) : (int64_t)driver->answered + options->outstanding;
    while (driver->published < options->tasks && driver->published < due) send_next(driver);

    // The flood ends with the last task: what is measured is the two together.
    bool flooding = options->flood > 0 && driver->published < options->tasks;
    if (flooding) {
        int64_t malformed = owed(options->flood, driver->began);
        while (driver->flooded < malformed) send_malformed(driver);
    }
    bool ticking = driver->published < options->tasks && (paced || flooding);
    return now() + (ticking ? NANOSECONDS / 1000 : NANOSECONDS);
}

static bool complete(const struct driver *driver) {
    bool outstanding = driver->answered < driver->options.tasks;
    return !outstanding && (!driver->options.beside || driver->beside.answered);
}

static void run_load(struct driver *driver) {
    int64_t timeout = (int64_t)(driver->options.timeout * NANOSECONDS);
    if (driver->options.beside) send_beside(driver);
    driver->began = driver->last_answer = now();
    while (!complete(driver) && now() - driver->last_answer < timeout) {
        int64_t next = send_due(driver);
        serve(driver, next);
    }
}

// Asks again and again until something answers, then only listens until it is quiet.
static void run_probe(struct driver *driver) {
    struct options *options = &driver->options;
    options->rate = 1 / options->interval;
    options->tasks = (int)(options->timeout / options->interval);
    printf("probing\n");
    fflush(stdout);
    driver->began = now();
    while (!driver->answered && driver->published < options->tasks) {
        int64_t next = send_due(driver);
        serve(driver, next);
    }
    while (driver->answered && now() - driver->last_answer < quiet_after_probe) {
        serve(driver, driver->last_answer + quiet_after_probe);
    }
}

// MARK: The report

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// Nearest rank, of sorted values.
static double percentile(const double *sorted, int count, double rank) {
    int index = (int)(rank / 100 * count + 0.999999) - 1;
    return count ? sorted[index < 0 ? 0 : index] : 0;
}

static json_t *latencies(const struct driver *driver) {
    double *values = calloc((size_t)driver->published + 1, sizeof *values);
    if (!values) fail("latencies", "no memory");
    int count = 0;
    for (int i = 0; i < driver->published; i++) {
        const struct sent *task = &driver->tasks[i];
        if (task->answered) values[count++] = (double)(task->answered - task->at) / 1e6;
    }
    qsort(values, (size_t)count, sizeof *values, by_value);
    json_t *report = json_pack("{s:f, s:f, s:f, s:f}", "p50", percentile(values, count, 50), "p90",
                               percentile(values, count, 90), "p99", percentile(values, count, 99), "max",
                               percentile(values, count, 100));
    free(values);
    return report;
}

static int64_t last_task_answered(const struct driver *driver) {
    int64_t last = driver->began;
    for (int i = 0; i < driver->published; i++) {
        if (driver->tasks[i].answered > last) last = driver->tasks[i].answered;
    }
    return last;
}

static int64_t first_task_answered(const struct driver *driver) {
    int64_t first = 0;
    for (int i = 0; i < driver->published; i++) {
        int64_t at = driver->tasks[i].answered;
        if (at && (!first || at < first)) first = at;
    }
    return first;
}

static void report(const struct driver *driver) {
    int64_t last = last_task_answered(driver);
    double seconds = (double)(last - driver->began) / NANOSECONDS;
    double rate = seconds > 0 ? driver->answered / seconds : 0;
    json_t *root = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:o}", "sent", driver->published, "answered",
                             driver->answered, "lost", driver->published - driver->answered, "duplicates",
                             driver->duplicates, "foreign", driver->foreign, "wrong", driver->wrong, "seconds", seconds,
                             "per_second", rate, "latency_ms", latencies(driver));
    if (driver->options.probe) {
        json_object_set_new(root, "first_answer_ns", json_integer(first_task_answered(driver)));
    }
    if (driver->options.beside) {
        // The long task is a fair neighbour only when it ran until the last short one was answered.
        json_object_set_new(root, "beside_answered", json_boolean(driver->beside.answered != 0));
        json_object_set_new(root, "beside_outlasted", json_boolean(driver->beside.answered > last));
    }
    if (driver->options.flood > 0) {
        json_object_set_new(root, "malformed", json_integer(driver->flooded));
        json_object_set_new(root, "malformed_per_second", json_real(seconds > 0 ? driver->flooded / seconds : 0));
    }
    json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(root);
}

// MARK: Start

static void usage(void) {
    fprintf(stderr,
            "usage: driver load|probe --port P [--host H] [--qos Q] [--command-topic T] [--result-topic R]\n"
            "              [--service S] [--command C] [--expect TEXT] [--tasks N] [--outstanding K]\n"
            "              [--rate TASKS_A_SECOND] [--flood MALFORMED_A_SECOND] [--beside COMMAND]\n"
            "              [--interval SECONDS (probe)] [--timeout SECONDS]\n");
    exit(64);
}

static void parse(struct options *options, int count, char **arguments) {
    enum { HOST, PORT, QOS, COMMAND_TOPIC, RESULT_TOPIC, SERVICE, COMMAND, EXPECT, TASKS, OUTSTANDING, RATE, FLOOD,
           BESIDE, INTERVAL, TIMEOUT };
    static const struct option known[] = {
        {"host", 1, NULL, HOST}, {"port", 1, NULL, PORT}, {"qos", 1, NULL, QOS},
        {"command-topic", 1, NULL, COMMAND_TOPIC}, {"result-topic", 1, NULL, RESULT_TOPIC},
        {"service", 1, NULL, SERVICE}, {"command", 1, NULL, COMMAND}, {"expect", 1, NULL, EXPECT},
        {"tasks", 1, NULL, TASKS}, {"outstanding", 1, NULL, OUTSTANDING}, {"rate", 1, NULL, RATE},
        {"flood", 1, NULL, FLOOD}, {"beside", 1, NULL, BESIDE}, {"interval", 1, NULL, INTERVAL},
        {"timeout", 1, NULL, TIMEOUT}, {NULL, 0, NULL, 0},
    };
    if (count < 2 || (strcmp(arguments[1], "load") != 0 && strcmp(arguments[1], "probe") != 0)) usage();
    options->probe = strcmp(arguments[1], "probe") == 0;
    optind = 2;
    for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
            case HOST: options->host = optarg; break;
            case PORT: options->port = atoi(optarg); break;
            case QOS: options->qos = atoi(optarg); break;
            case COMMAND_TOPIC: options->command_topic = optarg; break;
            case RESULT_TOPIC: options->result_topic = optarg; break;
            case SERVICE: options->service = optarg; break;
            case COMMAND: options->command = optarg; break;
            case EXPECT: options->expected = optarg; break;
            case TASKS: options->tasks = atoi(optarg); break;
            case OUTSTANDING: options->outstanding = atoi(optarg); break;
            case RATE: options->rate = atof(optarg); break;
            case FLOOD: options->flood = atof(optarg); break;
            case BESIDE: options->beside = optarg; break;
            case INTERVAL: options->interval = atof(optarg); break;
            case TIMEOUT: options->timeout = atof(optarg); break;
            default: usage();
        }
    }
    if (options->port <= 0 || options->tasks <= 0 || options->outstanding <= 0 || options->interval <= 0) usage();
}

static void connect_to_broker(struct driver *driver) {
    mosquitto_lib_init();
    driver->mqtt = mosquitto_new(NULL, true, driver);
    if (!driver->mqtt) fail("mosquitto_new", "no memory");
    mosquitto_int_option(driver->mqtt, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_callback_set(driver->mqtt, on_connect);
    mosquitto_subscribe_callback_set(driver->mqtt, on_subscribe);
    mosquitto_message_callback_set(driver->mqtt, on_message);
    const struct options *options = &driver->options;
    int result = mosquitto_connect(driver->mqtt, options->host, options->port, KEEPALIVE_SECONDS);
    if (result != MOSQ_ERR_SUCCESS) fail("connect", mosquitto_strerror(result));
    while (!driver->subscribed) serve(driver, now() + NANOSECONDS);
}

int main(int count, char **arguments) {
    struct driver driver = {.options = {
        .host = "127.0.0.1", .command_topic = "bench/command", .result_topic = "bench/result", .service = "bench",
        .command = "shell", .qos = 1, .tasks = 1000, .outstanding = 1, .interval = 0.02, .timeout = 30,
    }};
    parse(&driver.options, count, arguments);
    driver.base = (now() & 0xffffffffff) * 4096 + 1;  // stays below 2^53, which every JSON reader keeps exactly
    connect_to_broker(&driver);
    size_t room = driver.options.probe ? (size_t)(driver.options.timeout / driver.options.interval) : 0;
    driver.tasks = calloc(room + (size_t)driver.options.tasks, sizeof *driver.tasks);
    if (!driver.tasks) fail("tasks", "no memory");
    if (driver.options.probe) {
        run_probe(&driver);
    } else {
        run_load(&driver);
    }
    report(&driver);
    mosquitto_disconnect(driver.mqtt);
    mosquitto_destroy(driver.mqtt);
    mosquitto_lib_cleanup();
    free(driver.tasks);
    bool well = driver.answered > 0 && !driver.wrong && !driver.duplicates && !driver.foreign;
    if (!driver.options.probe) well = well && complete(&driver);
    return well ? 0 : 1;
}
