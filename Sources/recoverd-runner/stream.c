#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void stream_prepare(struct stream *stream, uint64_t run, const char *ending, const struct command *command) {
    stream->pipe = stream->spool = stream->tail = -1;
    stream->spools_at_once = command->start.flags & RUNNER_SPOOLS_AT_ONCE;
    stream->spool_size = command->start.spool;
    stream->tail_size = command->start.tail;
    stream->spool_name = run_name(run, ending);
    stream->tail_name = stream->spool_name;
    strcat(stream->tail_name.text, RUNNER_TAIL);
}

static int make_file(const struct run_name *name) {
    return openat(FD_RUNS, name->text, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/// Writes all at a place of the file; returns how much stands there.
static size_t write_at(int file, const char *bytes, size_t count, uint64_t place) {
    size_t done = 0;
    while (done < count) {
        ssize_t written = pwrite(file, bytes + done, count - done, (off_t)(place + done));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            break;
        }
        done += (size_t)written;
    }
    return done;
}

/// Appends to the spool as much as it may hold; returns how much. It ends when it is full or cannot be written.
static size_t spool(struct stream *stream, const char *bytes, size_t count) {
    uint64_t room = stream->spool_size - stream->result.spooled;
    size_t wanted = count < room ? count : (size_t)room;
    size_t done = write_at(stream->spool, bytes, wanted, stream->result.spooled);
    stream->result.spooled += done;
    if (done < wanted || stream->result.spooled == stream->spool_size) {
        close(stream->spool);
        stream->spool = -1;
        stream->spool_ended = true;
    }
    return done;
}

/// Moves from memory to the spool. Where the spool cannot take what memory holds, memory keeps it.
static void begin_spool(struct stream *stream) {
    size_t held = stream->result.inline_count;
    stream->spool = stream->spool_size < held || stream->spool_size == 0 ? -1 : make_file(&stream->spool_name);
    if (stream->spool < 0) {
        stream->spool_ended = true;
        return;
    }
    if (spool(stream, stream->start, held) == held) {
        stream->result.inline_count = 0;
        return;
    }
    unlinkat(FD_RUNS, stream->spool_name.text, 0);
    stream->result.spooled = 0;
}

/// Writes the bytes, which begin at `place` of the stream, round in the tail.
static void keep_tail(struct stream *stream, const char *bytes, size_t count, uint64_t place) {
    uint64_t ring = stream->tail_size;
    if (ring == 0 || stream->tail_failed || count == 0) {
        return;
    }
    if (stream->tail < 0) {
        stream->tail = make_file(&stream->tail_name);
        stream->result.ring = ring;
    }
    size_t skipped = count > ring ? count - (size_t)ring : 0;
    bytes += skipped;
    count -= skipped;
    place += skipped;
    uint64_t before_end = ring - place % ring;
    size_t first = count < before_end ? count : (size_t)before_end;
    if (stream->tail >= 0 && write_at(stream->tail, bytes, first, place % ring) == first &&
        write_at(stream->tail, bytes + first, count - first, 0) == count - first) {
        return;
    }
    // A ring with a hole is worth nothing, and its room may be wanted.
    if (stream->tail >= 0) {
        close(stream->tail);
        stream->tail = -1;
        unlinkat(FD_RUNS, stream->tail_name.text, 0);
    }
    stream->tail_failed = true;
    stream->result.ring = 0;
}

static void take(struct stream *stream, const char *bytes, size_t count) {
    struct runner_stream *result = &stream->result;
    uint64_t place = result->count;
    result->count += count;
    bool fits = result->count <= INLINE_COUNT && !stream->spools_at_once;
    if (!fits && stream->spool < 0 && !stream->spool_ended) {
        begin_spool(stream);
    }
    size_t done = 0;
    if (stream->spool >= 0) {
        done = spool(stream, bytes, count);
    } else if (result->spooled == 0 && result->inline_count == place) {
        // In memory, as long as there was no gap.
        done = INLINE_COUNT - (size_t)result->inline_count;
        done = done < count ? done : count;
        memcpy(stream->start + result->inline_count, bytes, done);
        result->inline_count += done;
    }
    keep_tail(stream, bytes + done, count - done, place + done);
}

void stream_read(struct stream *stream, char *buffer) {
    ssize_t count = read(stream->pipe, buffer, READ_COUNT);
    if (count > 0) {
        take(stream, buffer, (size_t)count);
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(stream->pipe);
        stream->pipe = -1;
    }
}

void stream_end(struct stream *stream) {
    int *descriptors[] = {&stream->pipe, &stream->spool, &stream->tail};
    for (size_t index = 0; index < 3; index++) {
        if (*descriptors[index] >= 0) {
            close(*descriptors[index]);
            *descriptors[index] = -1;
        }
    }
}
