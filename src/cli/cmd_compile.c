/* SPDX-License-Identifier: MIT
 *
 * `detour compile`: rule files to a snapshot file that any number of servers can map. The file
 * appears whole or not at all, and never in the place of something that is not a snapshot: an
 * argument in the wrong order must not cost anybody their rules.
 */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/rows.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LONG_WORK 0.5      /* seconds after which a person wants to see something */
#define MANY_RULES 100000u /* from here on, how many a second says something */

struct compile_values {
    const char *output, *verify;
    uint32_t format, color;
    bool keep_going;
};

#define AT(field) .offset = offsetof(struct compile_values, field)

static const struct dt_option OPTIONS[] = {
    {.kind = DT_OPTION_TEXT,
     .name = "output",
     .letter = 'o',
     .arg = "FILE",
     AT(output),
     .help =
         "Write the snapshot there; a snapshot of that name is replaced, any other file is not"},
    {.kind = DT_OPTION_TEXT,
     .name = "verify",
     .arg = "FILE",
     AT(verify),
     .help = "Compile nothing: read all of this snapshot and say what is damaged"},
    DT_ROW_KEEP_GOING(compile_values, keep_going,
                      "Compile the rules that could be read; name each line that was refused"),
    DT_ROW_FORMAT(compile_values, format),
    DT_ROW_COLOR(compile_values, color),
};

static const char *const PROSE[] = {
    "Compiles RULES (files or folders) into one snapshot, a file that a server opens at once "
    "whatever its size. The file is written beside its final name, synced and renamed: a reader "
    "sees the old one or the new one, and a server with --watch takes it over.",
    "Errors go to the standard error; when there is one nothing is written, unless --keep-going "
    "is given, which still ends with status 1 when a line was refused.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour compile -o news.snap examples/news.rules", "Make a snapshot"},
    {"detour compile --verify news.snap", "Read every byte of it again"},
};

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* ---- --verify ---- */

static int verify(const struct dt_call *call, const char *path)
{
    const char *const paths[] = {path};
    struct dt_buf problems;
    struct dt_rulefiles files;
    const char *what = NULL;
    int code = DT_EXIT_FINDINGS;
    dt_buf_init(&problems, 1u << 16);
    enum dt_err err = dt_rulefiles_load(paths, 1, DT_FORMAT_AUTO, &problems, &files);
    struct dt_slice said = dt_buf_slice(&problems);
    if (files.set && err != DT_ERR_IO) {
        dt_complain(call->command, "%s: not a Detour snapshot", path);
    } else if (said.len) {
        dt_complain(call->command, "%.*s", (int)said.len - (said.ptr[said.len - 1] == '\n'),
                    said.ptr);
    } else if (err != DT_OK) {
        dt_complain(call->command, "%s: %s", path, dt_err_message(err));
    } else if ((err = dt_snapshot_verify(&files.snapshot, &what)) != DT_OK) {
        dt_complain(call->command, "%s: %s: %s", path, dt_err_message(err),
                    what ? what : "unknown part");
    } else {
        dt_text_safe(stdout, dt_slice_str(path));
        printf(": whole, ");
        dt_print_count(stdout, files.snapshot.rules, "rule");
        printf(", %s bytes, every checksum agrees\n", dt_count_text(files.snapshot.len).text);
        code = DT_EXIT_OK;
    }
    dt_rulefiles_release(&files);
    dt_buf_release(&problems);
    return code;
}

/* ---- Where the snapshot goes ---- */

/* A link is followed, so that it stays one: the file behind it is replaced. */
static bool resolve_output(const struct dt_command *command, const char *name, char path[PATH_MAX])
{
    char first[64];
    struct stat status;
    if (!realpath(name, path)) {
        if (errno == ENOENT && strlen(name) < PATH_MAX) {
            memcpy(path, name, strlen(name) + 1);
            return true;
        }
        dt_complain(command, "%s: %s", name, strerror(errno));
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) != 0) {
        dt_complain(command, "%s: %s", name, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    ssize_t got = S_ISREG(status.st_mode) ? read(fd, first, sizeof first) : -1;
    close(fd);
    if (got >= 0 && (got == 0 || dt_snapshot_is(dt_slice_of(first, (size_t)got))))
        return true;
    dt_complain(command,
                "%s is there already and is not a snapshot; remove it first, or name another",
                name);
    return false;
}

/* ---- Compiling ---- */

struct work {
    const struct dt_call *call;
    struct dt_load load;
    struct timespec start;
    bool told; /* a progress line stands on the terminal */
};

/* Nobody needs it for short work, and a log needs it never. */
static void progress(struct work *work, const char *stage)
{
    const struct dt_ruleset *set = work->load.files.set;
    bool wanted = isatty(STDERR_FILENO) && seconds_since(&work->start) > LONG_WORK;
    if (wanted && stage)
        fprintf(stderr, "\r\x1b[K%s %s rules...", stage,
                dt_count_text(set ? dt_ruleset_count(set) : 0).text);
    else if (work->told)
        fprintf(stderr, "\r\x1b[K");
    work->told = wanted && stage;
}

static void print_result(const struct work *work, const char *name, uint64_t bytes)
{
    uint64_t rules = dt_ruleset_count(work->load.files.set);
    double seconds = seconds_since(&work->start);
    dt_text_safe(stdout, dt_slice_str(name));
    printf(": ");
    dt_print_count(stdout, rules, "rule");
    printf(", %s bytes", dt_count_text(bytes).text);
    if (rules)
        printf(", %.1f bytes a rule", (double)bytes / (double)rules);
    printf(", %.3f s", seconds);
    if (rules >= MANY_RULES)
        printf(", %s rules a second", dt_count_text((uint64_t)((double)rules / seconds)).text);
    printf("\n");
}

static int write_snapshot(struct work *work, const char *name, const char *path)
{
    const struct dt_command *command = work->call->command;
    struct dt_file_new file;
    struct stat status = {0};
    enum dt_err err = dt_file_new_begin(&file, path);
    if (err == DT_OK) {
        err = dt_rulefiles_compile(work->load.files.set, dt_load_seed(), (uint64_t)time(NULL),
                                   file.fd);
        if (err == DT_OK && fstat(file.fd, &status) != 0)
            err = DT_ERR_IO;
        if (err == DT_OK) {
            err = dt_file_new_commit(&file);
        } else {
            int saved = errno;
            dt_file_new_abort(&file);
            errno = saved;
        }
    }
    int reason = errno;
    progress(work, NULL);
    if (err != DT_OK) {
        bool system = err == DT_ERR_IO || err == DT_ERR_NOT_FOUND;
        dt_complain(command, "%s: cannot be written: %s", name,
                    system ? strerror(reason) : dt_err_message(err));
        return DT_EXIT_FINDINGS;
    }
    print_result(work, name, (uint64_t)status.st_size);
    return DT_EXIT_OK;
}

static void render_diags(const struct work *work)
{
    const struct compile_values *values = work->call->values;
    struct dt_render render = dt_render_to(stderr, (enum dt_color)values->color);
    dt_load_complain(&work->load, work->call->command);
    dt_load_render(&work->load, &render);
}

static int compile(struct work *work, const char *path)
{
    const struct dt_call *call = work->call;
    const struct compile_values *values = call->values;
    struct dt_load *load = &work->load;
    enum dt_err err = dt_load_read(call, 0, values->format, load);
    if (err == DT_ERR_NOMEM) {
        dt_complain(call->command, "out of memory");
        return DT_EXIT_FINDINGS;
    }
    if (err == DT_OK && !load->files.set) {
        dt_complain(call->command, "%s is a snapshot already", call->operands[0]);
        return DT_EXIT_USAGE;
    }
    if (!load->files.set || (err != DT_OK && !values->keep_going)) {
        render_diags(work);
        if (err == DT_ERR_SYNTAX || err == DT_ERR_IO)
            dt_complain(call->command, "nothing written; --keep-going compiles the rest");
        return err == DT_ERR_INVALID ? DT_EXIT_USAGE : DT_EXIT_FINDINGS;
    }
    progress(work, "compiling");
    int code = write_snapshot(work, values->output, path);
    render_diags(work); /* now with the compiler's warnings */
    return err == DT_OK ? code : DT_EXIT_FINDINGS;
}

static int run(const struct dt_call *call)
{
    const struct compile_values *values = call->values;
    char path[PATH_MAX];
    if (values->verify && (values->output || call->noperands))
        return dt_usage_error(call->command, "--verify FILE takes no rules and no -o");
    if (values->verify)
        return verify(call, values->verify);
    if (call->noperands == 0)
        return dt_usage_error(call->command, "which rules? Name a file or a folder");
    if (!values->output)
        return dt_usage_error(call->command, "where to? Name the snapshot with -o FILE");
    if (!resolve_output(call->command, values->output, path))
        return DT_EXIT_FINDINGS;

    struct work work = {.call = call};
    clock_gettime(CLOCK_MONOTONIC, &work.start);
    int code = compile(&work, path);
    dt_load_release(&work.load);
    return code;
}

const struct dt_command dt_cmd_compile = {
    .name = "compile",
    .summary = "Make a snapshot that opens at once, or verify one",
    .operands = "-o FILE RULES...",
    .also = "--verify FILE",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct compile_values),
    .run = run,
};
