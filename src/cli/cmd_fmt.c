/* SPDX-License-Identifier: MIT
 *
 * `detour fmt`: rule files as everybody writes them. A file is replaced as a whole or not at all,
 * and only when something in it changes; its permissions stay, and a link to it stays a link.
 */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/text.h"
#include "cli/unified.h"
#include "rules/fmt/fmt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TEXT ((size_t)4 << 30)

struct fmt_values {
    bool check, diff;
};

#define AT(field) .offset = offsetof(struct fmt_values, field)

static const struct dt_option OPTIONS[] = {
    {.kind = DT_OPTION_FLAG,
     .name = "check",
     AT(check),
     .help =
         "Change nothing: name the files that would change, and exit with 1 when there are any"},
    {.kind = DT_OPTION_FLAG,
     .name = "diff",
     AT(diff),
     .help = "Change nothing: print what would change, as a unified diff"},
};

static const char *const PROSE[] = {
    "Formats rule files in the native language: columns of neighbouring lines are aligned, options "
    "come in one order, at most one empty line stands between others. Comments and the order of "
    "lines stay, and no rule changes its meaning. What is formatted already is left alone.",
    "FILE is replaced in one step when something in it changes. Without FILE, or with -, the "
    "standard input is formatted to the standard output. A line with an error in it stays as it "
    "is. Files in other formats are refused: detour convert turns them into native ones.",
    NULL,
};

static const struct dt_example EXAMPLES[] = {
    {"detour fmt rules/*.rules", "Format some files"},
    {"detour fmt --check examples/news.rules", "Is it formatted? For a commit hook"},
    {"detour fmt --diff examples/news.rules", "See what would change"},
};

struct work {
    const struct dt_call *call;
    const char *name; /* as it was given; "-" for the standard input */
    struct dt_slice text;
    struct dt_buf out;
};

static bool complain_errno(const struct work *work, const char *what)
{
    dt_complain(work->call->command, "%s: %s%s", work->name, what, strerror(errno));
    return false;
}

/* ---- In ---- */

static bool read_input(const struct work *work, struct dt_buf *ret)
{
    char chunk[1 << 16];
    ssize_t got;
    while ((got = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return complain_errno(work, "");
        dt_buf_put(ret, dt_slice_of(chunk, (size_t)got));
    }
    return true;
}

static bool check_format(const struct work *work)
{
    enum dt_format format = dt_fmt_format(dt_slice_str(work->name), work->text);
    if (format == DT_FORMAT_NATIVE)
        return true;
    dt_complain(work->call->command,
                "%s is in another format (%s), and only native files are formatted: "
                "\"detour convert %s --to native\" writes it as one",
                work->name, dt_format_name(format), work->name);
    return false;
}

/* ---- Out ---- */

static bool write_all(int fd, struct dt_slice text)
{
    while (text.len) {
        ssize_t put = write(fd, text.ptr, text.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text = dt_slice_from(text, (size_t)put);
    }
    return true;
}

static bool replace(const struct work *work)
{
    char path[PATH_MAX];
    struct dt_file_new file;
    struct stat status;
    if (!realpath(work->name, path) || stat(path, &status) != 0)
        return complain_errno(work, "");
    if (dt_file_new_begin(&file, path) != DT_OK)
        return complain_errno(work, "cannot be written: ");
    if (fchmod(file.fd, status.st_mode & 07777) != 0 ||
        !write_all(file.fd, dt_buf_slice(&work->out))) {
        int saved = errno;
        dt_file_new_abort(&file);
        errno = saved;
        return complain_errno(work, "cannot be written: ");
    }
    return dt_file_new_commit(&file) == DT_OK || complain_errno(work, "cannot be written: ");
}

/* What is done with a text and what became of it; an exit code. */
static int settle(const struct work *work)
{
    const struct fmt_values *values = work->call->values;
    struct dt_slice after = dt_buf_slice(&work->out);
    bool same = dt_slice_eq(work->text, after);
    bool input = strcmp(work->name, "-") == 0;
    if (values->diff && !same && !dt_unified_print(stdout, work->name, work->text, after)) {
        dt_complain(work->call->command, "out of memory");
        return DT_EXIT_FINDINGS;
    }
    if (values->check && !values->diff && !same) {
        dt_text_safe(stdout, dt_slice_str(work->name));
        putchar('\n');
    }
    if (values->check || values->diff)
        return values->check && !same ? DT_EXIT_FINDINGS : DT_EXIT_OK;
    if (input)
        fwrite(after.ptr, 1, after.len, stdout);
    else if (!same)
        return replace(work) ? DT_EXIT_OK : DT_EXIT_FINDINGS;
    return DT_EXIT_OK;
}

static int format_text(struct work *work)
{
    size_t refused = 0;
    if (!check_format(work))
        return DT_EXIT_FINDINGS;
    enum dt_err err = dt_fmt(work->text, &work->out, &refused);
    if (err != DT_OK) {
        dt_complain(work->call->command, "%s: %s", work->name, dt_err_message(err));
        return DT_EXIT_FINDINGS;
    }
    if (refused)
        dt_complain(work->call->command,
                    "%s: %zu line%s with errors stay%s as %s; \"detour check\" names %s",
                    work->name, refused, refused == 1 ? "" : "s", refused == 1 ? "s" : "",
                    refused == 1 ? "it is" : "they are", refused == 1 ? "it" : "them");
    return settle(work);
}

static int format_one(const struct dt_call *call, const char *name)
{
    struct work work = {.call = call, .name = name};
    struct dt_buf input;
    char *text = NULL;
    size_t len = 0;
    bool fine;
    dt_buf_init(&work.out, MAX_TEXT);
    dt_buf_init(&input, MAX_TEXT);
    if (strcmp(name, "-") == 0) {
        fine = read_input(&work, &input);
        work.text = dt_buf_slice(&input);
        if (fine && dt_buf_err(&input)) {
            dt_complain(call->command, "%s: %s", name, dt_err_message(dt_buf_err(&input)));
            fine = false;
        }
    } else {
        enum dt_err err = dt_file_read(name, MAX_TEXT, &text, &len);
        bool system = err == DT_ERR_IO || err == DT_ERR_NOT_FOUND;
        work.text = dt_slice_of(text, len);
        fine = err == DT_OK;
        if (!fine)
            dt_complain(call->command, "%s: %s", name,
                        system ? strerror(errno) : dt_err_message(err));
    }
    int code = fine ? format_text(&work) : DT_EXIT_FINDINGS;
    dt_buf_release(&work.out);
    dt_buf_release(&input);
    free(text);
    return code;
}

static int run(const struct dt_call *call)
{
    int code = DT_EXIT_OK;
    if (call->noperands == 0)
        return format_one(call, "-");
    for (size_t i = 0; i < call->noperands; i++)
        if (format_one(call, call->operands[i]) != DT_EXIT_OK)
            code = DT_EXIT_FINDINGS;
    return code;
}

const struct dt_command dt_cmd_fmt = {
    .name = "fmt",
    .summary = "Format rule files",
    .operands = "[FILE...]",
    .prose = PROSE,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .examples = EXAMPLES,
    .nexamples = sizeof EXAMPLES / sizeof *EXAMPLES,
    .values_size = sizeof(struct fmt_values),
    .run = run,
};
