/* SPDX-License-Identifier: MIT
 *
 * Logs are read, not mapped: a log may grow or be cut short while it is read, and a block that is
 * read again and again into the same memory stays in the cache. What gzip compressed is known by
 * its first bytes, whatever the file is called. Inflating costs more than all that is done with a
 * line, so it is done ahead on another core where there is one; the lines are the same.
 */
#include "cli/log_input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define PIECE ((size_t)256 << 10)  /* what is read at once */
#define BLOCK ((size_t)1280 << 10) /* a piece, and a line that is not whole yet */
#define LINE_MOST ((size_t)1 << 20)
#define AHEAD 4u /* pieces that are inflated before they are asked for */

/* Pieces on their way from the thread that inflates. */
struct ahead {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool running, stop;
    unsigned first, count;
    struct {
        size_t len; /* 0: the end, or an error */
        enum dt_err err;
    } pieces[AHEAD];
    unsigned char mem[AHEAD][PIECE];
};

struct dt_log_input {
    int fd;
    uint64_t size;
    uint64_t done; /* written by whoever reads; read by the progress line */
    const char *why;
    int error; /* errno of a failed read */
    bool gzip, ended, skipping;
    z_stream z;
    bool z_open, z_between; /* between two members */
    unsigned char raw[PIECE];
    size_t raw_at, raw_len; /* of the first piece, or of what is to be inflated */
    struct ahead *ahead;
    size_t from, have; /* of block: what was not handed out yet */
    char block[BLOCK];
};

/* ---- Bytes as they are ---- */

static enum dt_err read_raw(struct dt_log_input *input)
{
    ssize_t got;
    do
        got = read(input->fd, input->raw, sizeof input->raw);
    while (got < 0 && errno == EINTR);
    input->error = errno;
    if (got < 0)
        return DT_ERR_IO;
    input->raw_at = 0;
    input->raw_len = (size_t)got;
    __atomic_fetch_add(&input->done, (uint64_t)got, __ATOMIC_RELAXED);
    return DT_OK;
}

static const char *other_compression(const unsigned char *bytes, size_t len)
{
    if (len >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0)
        return "it is compressed by zstd: try zstdcat FILE | detour ... -";
    if (len >= 6 && memcmp(bytes, "\xfd\x37zXZ", 6) == 0)
        return "it is compressed by xz: try xzcat FILE | detour ... -";
    if (len >= 3 && memcmp(bytes, "BZh", 3) == 0)
        return "it is compressed by bzip2: try bzcat FILE | detour ... -";
    return NULL;
}

/* ---- gzip (RFC 1952) ---- */

/* What follows a member: another one, or nothing that counts. */
static enum dt_err next_member(struct dt_log_input *input, bool *ret_end)
{
    *ret_end = true;
    if (input->raw_at == input->raw_len) {
        enum dt_err err = read_raw(input);
        if (err || input->raw_len == 0)
            return err;
    }
    if (input->raw[input->raw_at] != 0x1f)
        return DT_OK; /* padding, as tapes have it */
    *ret_end = false;
    input->z_between = false;
    return inflateReset(&input->z) == Z_OK ? DT_OK : DT_ERR_DAMAGED;
}

static enum dt_err inflate_piece(struct dt_log_input *input, unsigned char *to, size_t cap,
                                 size_t *ret_len)
{
    *ret_len = 0;
    input->z.next_out = to;
    input->z.avail_out = (uInt)cap;
    while (input->z.avail_out) {
        bool end = false;
        enum dt_err err = DT_OK;
        if (input->z_between)
            err = next_member(input, &end);
        if (!err && !end && input->raw_at == input->raw_len) {
            err = read_raw(input);
            if (!err && input->raw_len == 0)
                err = DT_ERR_TORN;
        }
        if (err == DT_ERR_TORN && input->z.avail_out < cap)
            break; /* what is there is handed out first */
        if (err)
            return err;
        if (end)
            break;
        input->z.next_in = input->raw + input->raw_at;
        input->z.avail_in = (uInt)(input->raw_len - input->raw_at);
        int result = inflate(&input->z, Z_NO_FLUSH);
        input->raw_at = input->raw_len - input->z.avail_in;
        if (result == Z_STREAM_END)
            input->z_between = true;
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return result == Z_MEM_ERROR ? DT_ERR_NOMEM : DT_ERR_DAMAGED;
    }
    *ret_len = cap - input->z.avail_out;
    return DT_OK;
}

static void *inflate_ahead(void *arg)
{
    struct dt_log_input *input = arg;
    struct ahead *ahead = input->ahead;
    size_t len = 1;
    enum dt_err err = DT_OK;
    while (len && !err) {
        pthread_mutex_lock(&ahead->lock);
        while (ahead->count == AHEAD && !ahead->stop)
            pthread_cond_wait(&ahead->changed, &ahead->lock);
        unsigned at = (ahead->first + ahead->count) % AHEAD;
        bool stop = ahead->stop;
        pthread_mutex_unlock(&ahead->lock);
        if (stop)
            return NULL;
        len = 0;
        err = inflate_piece(input, ahead->mem[at], PIECE, &len);
        pthread_mutex_lock(&ahead->lock);
        ahead->pieces[at].len = len;
        ahead->pieces[at].err = err;
        ahead->count++;
        pthread_cond_signal(&ahead->changed);
        pthread_mutex_unlock(&ahead->lock);
    }
    return NULL;
}

/* Without a second core, a thread or memory, everything is done in turn. */
static void start_ahead(struct dt_log_input *input)
{
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        return;
    input->ahead = calloc(1, sizeof *input->ahead);
    if (!input->ahead)
        return;
    pthread_mutex_init(&input->ahead->lock, NULL);
    pthread_cond_init(&input->ahead->changed, NULL);
    input->ahead->running = pthread_create(&input->ahead->thread, NULL, inflate_ahead, input) == 0;
    if (!input->ahead->running) {
        free(input->ahead);
        input->ahead = NULL;
    }
}

static enum dt_err take_ahead(struct dt_log_input *input, char *to, size_t *ret_len)
{
    struct ahead *ahead = input->ahead;
    pthread_mutex_lock(&ahead->lock);
    while (ahead->count == 0)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    unsigned at = ahead->first;
    pthread_mutex_unlock(&ahead->lock);
    size_t len = ahead->pieces[at].len;
    enum dt_err err = ahead->pieces[at].err;
    memcpy(to, ahead->mem[at], len);
    if (len && !err) { /* the last one stays, to be found again */
        pthread_mutex_lock(&ahead->lock);
        ahead->first = (at + 1) % AHEAD;
        ahead->count--;
        pthread_cond_signal(&ahead->changed);
        pthread_mutex_unlock(&ahead->lock);
    }
    *ret_len = len;
    return err;
}

/* ---- Blocks of lines ---- */

/* Adds a piece to the block; 0 bytes: the end. */
static enum dt_err fill(struct dt_log_input *input, size_t *ret_len)
{
    char *to = input->block + input->have;
    enum dt_err err = DT_OK;
    *ret_len = 0;
    if (input->ahead)
        return take_ahead(input, to, ret_len);
    if (input->gzip)
        return inflate_piece(input, (unsigned char *)to, PIECE, ret_len);
    if (input->raw_at < input->raw_len) { /* read to find out what it is */
        memcpy(to, input->raw + input->raw_at, input->raw_len - input->raw_at);
        *ret_len = input->raw_len - input->raw_at;
        input->raw_at = input->raw_len;
        return DT_OK;
    }
    ssize_t got;
    do
        got = read(input->fd, to, PIECE);
    while (got < 0 && errno == EINTR);
    input->error = errno;
    if (got < 0)
        err = DT_ERR_IO;
    else
        *ret_len = (size_t)got;
    input->done += *ret_len;
    return err;
}

enum dt_err dt_log_input_next(struct dt_log_input *input, struct dt_slice *ret_lines, bool *ret_cut)
{
    *ret_cut = false;
    *ret_lines = DT_SLICE_NONE;
    memmove(input->block, input->block + input->from, input->have - input->from);
    input->have -= input->from;
    input->from = 0;
    size_t searched = 0;
    for (;;) {
        size_t got;
        if (input->have > LINE_MOST) { /* no end in sight: its rest is passed over */
            *ret_cut = !input->skipping;
            input->skipping = true;
            input->have = searched = 0;
            if (*ret_cut)
                return DT_OK;
        }
        enum dt_err err = input->ended ? DT_OK : fill(input, &got);
        if (err)
            return err;
        if (input->ended || got == 0) {
            input->ended = true;
            *ret_lines = dt_slice_of(input->block, input->skipping ? 0 : input->have);
            input->from = input->have;
            return DT_OK;
        }
        input->have += got;
        const char *end = memrchr(input->block + searched, '\n', input->have - searched);
        searched = input->have;
        if (!end)
            continue;
        size_t from = 0;
        if (input->skipping)
            from = (size_t)((char *)memchr(input->block, '\n', input->have) - input->block) + 1;
        input->skipping = false;
        input->from = (size_t)(end - input->block) + 1;
        *ret_lines = dt_slice_of(input->block + from, input->from - from);
        if (ret_lines->len)
            return DT_OK;
        memmove(input->block, input->block + input->from, input->have - input->from);
        input->have -= input->from;
        input->from = searched = 0;
    }
}

/* ---- Opening ---- */

static enum dt_err begin(struct dt_log_input *input)
{
    enum dt_err err = read_raw(input);
    if (err)
        return err;
    input->why = other_compression(input->raw, input->raw_len);
    if (input->why)
        return DT_ERR_INVALID;
    input->gzip = input->raw_len >= 3 && memcmp(input->raw, "\x1f\x8b\x08", 3) == 0;
    if (!input->gzip)
        return DT_OK;
    if (inflateInit2(&input->z, 15 + 16) != Z_OK)
        return DT_ERR_NOMEM;
    input->z_open = true;
    start_ahead(input);
    return DT_OK;
}

enum dt_err dt_log_input_open(const char *path, struct dt_log_input **ret)
{
    struct stat status;
    struct dt_log_input *input = malloc(sizeof *input);
    if (!input)
        return DT_ERR_NOMEM;
    memset(input, 0, offsetof(struct dt_log_input, raw));
    input->raw_at = input->raw_len = input->from = input->have = 0;
    input->ahead = NULL;
    *ret = input;
    input->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    input->error = errno;
    if (input->fd < 0)
        return errno == ENOENT ? DT_ERR_NOT_FOUND : DT_ERR_IO;
    if (fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode))
        input->size = (uint64_t)status.st_size;
    return begin(input);
}

void dt_log_input_close(struct dt_log_input *input)
{
    if (!input)
        return;
    if (input->ahead) {
        pthread_mutex_lock(&input->ahead->lock);
        input->ahead->stop = true;
        pthread_cond_signal(&input->ahead->changed);
        pthread_mutex_unlock(&input->ahead->lock);
        pthread_join(input->ahead->thread, NULL);
        free(input->ahead);
    }
    if (input->z_open)
        inflateEnd(&input->z);
    if (input->fd >= 0)
        close(input->fd);
    free(input);
}

uint64_t dt_log_input_done(const struct dt_log_input *input)
{
    return __atomic_load_n(&input->done, __ATOMIC_RELAXED);
}

uint64_t dt_log_input_size(const struct dt_log_input *input)
{
    return input->size;
}

const char *dt_log_input_message(const struct dt_log_input *input, enum dt_err err)
{
    if (err == DT_ERR_IO || err == DT_ERR_NOT_FOUND)
        return strerror(input ? input->error : errno);
    if (err == DT_ERR_TORN)
        return "its gzip data is cut short";
    if (err == DT_ERR_DAMAGED)
        return "its gzip data is damaged";
    return input && input->why ? input->why : dt_err_message(err);
}
