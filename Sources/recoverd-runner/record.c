#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// The claim's last fields are written alone, at once.
_Static_assert(offsetof(struct runner_claim, started) == offsetof(struct runner_claim, supervisor) + 8, "one write");

int claim_write(int file, uint64_t run, const char *boot) {
    struct runner_claim claim = {.magic = RUNNER_MAGIC, .version = RUNNER_FILE, .run = run};
    snprintf(claim.boot, sizeof claim.boot, "%s", boot);
    ssize_t count = pwrite(file, &claim, sizeof claim, 0);
    return count == sizeof claim ? 0 : count < 0 ? errno : ENOSPC;
}

void claim_note_supervisor(int file, uint32_t supervisor) {
    // Runner and supervisor both do, since either may die: the same number, before the command begins.
    if (pwrite(file, &supervisor, sizeof supervisor, offsetof(struct runner_claim, supervisor)) != sizeof supervisor) {
        say("cannot note a supervisor: %s", strerror(errno));
    }
}

void claim_complete(uint32_t supervisor, uint32_t command, uint64_t started) {
    struct {
        uint32_t supervisor;
        uint32_t command;
        uint64_t started;
    } facts = {supervisor, command, started};
    // Written over what stands there, in one block of the file: it needs no room.
    if (pwrite(FD_FILE, &facts, sizeof facts, offsetof(struct runner_claim, supervisor)) != sizeof facts) {
        say("cannot complete a claim: %s", strerror(errno));
    }
}

static bool try_record(struct runner_record *record, const struct stream *output, const struct stream *error) {
    uint64_t sum = runner_checksum(record, sizeof *record, 0);
    sum = runner_checksum(output->start, record->output.inline_count, sum);
    sum = runner_checksum(error->start, record->error.inline_count, sum);
    struct iovec parts[] = {
        {record, sizeof *record},
        {(void *)output->start, record->output.inline_count},
        {(void *)error->start, record->error.inline_count},
        {&sum, sizeof sum},
    };
    size_t whole = 0;
    for (size_t index = 0; index < 4; index++) {
        whole += parts[index].iov_len;
    }
    ssize_t count = pwritev(FD_FILE, parts, 4, sizeof(struct runner_claim));
    if (count == (ssize_t)whole) {
        return true;
    }
    // Half a record is none.
    (void)!ftruncate(FD_FILE, sizeof(struct runner_claim));
    return false;
}

void record_write(struct runner_record *record, const struct stream *output, const struct stream *error) {
    record->magic = RUNNER_RECORD_MAGIC;
    record->output = output->result;
    record->error = error->result;
    if (try_record(record, output, error)) {
        return;
    }
    // The end of a command is worth more than its words, and fits where the claim does.
    record->output.inline_count = 0;
    record->error.inline_count = 0;
    if (!try_record(record, output, error)) {
        say("cannot write the record: %s", strerror(errno));
    }
}
