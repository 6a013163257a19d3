// The interface of systemd: org.freedesktop.systemd1(5).

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

static const char destination[] = "org.freedesktop.systemd1";
static const char manager_path[] = "/org/freedesktop/systemd1";
static const char manager[] = "org.freedesktop.systemd1.Manager";
static const char of_unit[] = "org.freedesktop.systemd1.Unit";
static const char of_service[] = "org.freedesktop.systemd1.Service";

extern char **environ;

// Steps of a message, of which the first that fails is the result of all.
#define TRY(step)                                                                                                      \
    do {                                                                                                               \
        int try_result = (step);                                                                                       \
        if (try_result < 0) return try_result;                                                                         \
    } while (0)

static int append_strings(sd_bus_message *message, const char *name, char *const *strings) {
    TRY(sd_bus_message_open_container(message, 'r', "sv"));
    TRY(sd_bus_message_append(message, "s", name));
    TRY(sd_bus_message_open_container(message, 'v', "as"));
    TRY(sd_bus_message_append_strv(message, (char **)strings));
    TRY(sd_bus_message_close_container(message));
    return sd_bus_message_close_container(message);
}

// The words as they are: systemd would put variables in place of what begins with a dollar.
static int append_command(sd_bus_message *message, char *const *words) {
    TRY(sd_bus_message_open_container(message, 'r', "sv"));
    TRY(sd_bus_message_append(message, "s", "ExecStartEx"));
    TRY(sd_bus_message_open_container(message, 'v', "a(sasas)"));
    TRY(sd_bus_message_open_container(message, 'a', "(sasas)"));
    TRY(sd_bus_message_open_container(message, 'r', "sasas"));
    TRY(sd_bus_message_append(message, "s", words[0]));
    TRY(sd_bus_message_append_strv(message, (char **)words));
    TRY(sd_bus_message_append(message, "as", 1, "no-env-expand"));
    TRY(sd_bus_message_close_container(message));
    TRY(sd_bus_message_close_container(message));
    TRY(sd_bus_message_close_container(message));
    return sd_bus_message_close_container(message);
}

static int append_identity(sd_bus_message *message, const struct unit *unit) {
    if (unit->user) TRY(sd_bus_message_append(message, "(sv)", "User", "s", unit->user));
    if (unit->group) TRY(sd_bus_message_append(message, "(sv)", "Group", "s", unit->group));
    if (unit->also_count) TRY(append_strings(message, "SupplementaryGroups", (char *const *)unit->also));
    if (unit->has_capabilities) {
        TRY(sd_bus_message_append(message, "(sv)", "CapabilityBoundingSet", "t", unit->capabilities));
        TRY(sd_bus_message_append(message, "(sv)", "AmbientCapabilities", "t", unit->capabilities));
    }
    return sd_bus_message_append(message, "(sv)", "NoNewPrivileges", "b", unit->no_new_privileges);
}

static int append_limits(sd_bus_message *message, const struct unit *unit) {
    for (size_t index = 0; index < unit->limit_count; index++) {
        const struct unit_limit *limit = &unit->limits[index];
        char soft[64];
        snprintf(soft, sizeof soft, "%sSoft", limit->name);
        TRY(sd_bus_message_append(message, "(sv)", limit->name, "t", limit->value));
        TRY(sd_bus_message_append(message, "(sv)", soft, "t", limit->value));
    }
    return 0;
}

static int append_properties(sd_bus_message *message, const struct unit *unit) {
    TRY(sd_bus_message_open_container(message, 'a', "(sv)"));
    TRY(sd_bus_message_append(message, "(sv)", "Description", "s", "A command of recoverd-agent"));
    // It stays until we have seen how it ended, and goes then, however that was.
    TRY(sd_bus_message_append(message, "(sv)", "AddRef", "b", 1));
    TRY(sd_bus_message_append(message, "(sv)", "CollectMode", "s", "inactive-or-failed"));
    TRY(sd_bus_message_append(message, "(sv)", "Type", "s", "exec"));
    TRY(sd_bus_message_append(message, "(sv)", "OOMPolicy", "s", "continue"));
    TRY(sd_bus_message_append(message, "(sv)", "TimeoutStopUSec", "t", unit->stop_usec));
    if (unit->most_usec) TRY(sd_bus_message_append(message, "(sv)", "RuntimeMaxUSec", "t", unit->most_usec));
    TRY(sd_bus_message_append(message, "(sv)", "WorkingDirectory", "s", unit->directory));
    TRY(sd_bus_message_append(message, "(sv)", "UMask", "u", unit->umask));
    TRY(sd_bus_message_append(message, "(sv)", "StandardInputFileDescriptor", "h", STDIN_FILENO));
    TRY(sd_bus_message_append(message, "(sv)", "StandardOutputFileDescriptor", "h", STDOUT_FILENO));
    TRY(sd_bus_message_append(message, "(sv)", "StandardErrorFileDescriptor", "h", STDERR_FILENO));
    TRY(append_strings(message, "Environment", environ));
    TRY(append_identity(message, unit));
    TRY(append_limits(message, unit));
    TRY(append_command(message, unit->words));
    return sd_bus_message_close_container(message);
}

// Only there to wake us.
static int ignore(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)message, (void)data, (void)error;
    return 0;
}

static int call_manager(struct unit *unit, sd_bus_message *call, const char **reason) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    int result = sd_bus_call(unit->bus, call, 0, &error, NULL);
    if (result < 0 && error.message && reason) *reason = strdup(error.message);
    sd_bus_error_free(&error);
    return result;
}

int unit_start(struct unit *unit, const char **reason) {
    TRY(sd_bus_open_system(&unit->bus));
    TRY(sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit->name, &unit->path));
    TRY(sd_bus_call_method(unit->bus, destination, manager_path, manager, "Subscribe", NULL, NULL, NULL));
    TRY(sd_bus_match_signal(
        unit->bus, NULL, destination, unit->path, "org.freedesktop.DBus.Properties", "PropertiesChanged", ignore, NULL));

    sd_bus_message *call = NULL;
    TRY(sd_bus_message_new_method_call(
        unit->bus, &call, destination, manager_path, manager, "StartTransientUnit"));
    TRY(sd_bus_message_append(call, "ss", unit->name, "fail"));
    TRY(append_properties(call, unit));
    TRY(sd_bus_message_append(call, "a(sa(sv))", 0));
    int result = call_manager(unit, call, reason);
    sd_bus_message_unref(call);
    return result;
}

// The number of the job that is still to be done for the unit; 0: none.
static int job_of(struct unit *unit, uint32_t *job) {
    sd_bus_message *reply = NULL;
    TRY(sd_bus_get_property(unit->bus, destination, unit->path, of_unit, "Job", NULL, &reply, "(uo)"));
    int result = sd_bus_message_read(reply, "(uo)", job, NULL);
    sd_bus_message_unref(reply);
    return result;
}

int unit_look(struct unit *unit, struct unit_end *end) {
    *end = (struct unit_end){0};
    int result;
    while ((result = sd_bus_process(unit->bus, NULL)) > 0) continue;
    if (result < 0) return result;

    uint32_t job = 0;
    char *state = NULL;
    TRY(job_of(unit, &job));
    TRY(sd_bus_get_property_string(unit->bus, destination, unit->path, of_unit, "ActiveState", NULL, &state));
    end->has_ended = job == 0 && (strcmp(state, "inactive") == 0 || strcmp(state, "failed") == 0);
    free(state);
    if (!end->has_ended) return 0;

    int code = 0, status = 0;
    char *word = NULL;
    TRY(sd_bus_get_property_trivial(
        unit->bus, destination, unit->path, of_service, "ExecMainCode", NULL, 'i', &code));
    TRY(sd_bus_get_property_trivial(
        unit->bus, destination, unit->path, of_service, "ExecMainStatus", NULL, 'i', &status));
    TRY(sd_bus_get_property_string(unit->bus, destination, unit->path, of_service, "Result", NULL, &word));
    snprintf(end->result, sizeof end->result, "%s", word);
    free(word);
    end->was_started = code != 0;
    if (code == CLD_EXITED) end->status = status;
    if (code == CLD_KILLED || code == CLD_DUMPED) end->number = status;
    return 0;
}

struct pollfd unit_poll(struct unit *unit, int *milliseconds) {
    uint64_t next = UINT64_MAX;
    // What came while an answer was waited for stands in the library's queue, and not in the socket.
    bool has_more = sd_bus_get_timeout(unit->bus, &next) >= 0 && next == 0;
    // What systemd tells may be lost; so it is asked now and then.
    *milliseconds = has_more ? 0 : 1000;
    int events = sd_bus_get_events(unit->bus);
    return (struct pollfd){.fd = sd_bus_get_fd(unit->bus), .events = (short)(events < 0 ? POLLIN : events)};
}

void unit_stop(struct unit *unit) {
    sd_bus_message *call = NULL;
    if (sd_bus_message_new_method_call(unit->bus, &call, destination, manager_path, manager, "StopUnit") < 0) return;
    // A failure is seen by the next look, or by whoever has the patience to kill us.
    if (sd_bus_message_append(call, "ss", unit->name, "replace") >= 0) call_manager(unit, call, NULL);
    sd_bus_message_unref(call);
}
