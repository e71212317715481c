/* SPDX-License-Identifier: MIT
 *
 * The program `detour`: finds the command, hands it its arguments, and sees to it that output which
 * could not be written is an error and not silence.
 */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct dt_command *const COMMANDS[] = {
    &dt_cmd_serve,   &dt_cmd_check, &dt_cmd_explain, &dt_cmd_compile,
    &dt_cmd_convert, &dt_cmd_fmt,   &dt_cmd_diff,    &dt_cmd_replay,
};
#define NCOMMANDS (sizeof COMMANDS / sizeof COMMANDS[0])

const struct dt_command *dt_command_at(size_t at)
{
    return at < NCOMMANDS ? COMMANDS[at] : NULL;
}

const struct dt_command *dt_command_find(const char *name)
{
    const struct dt_command *command;
    for (size_t i = 0; (command = dt_command_at(i)) != NULL; i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static const char *word_at(const void *ctx, size_t i)
{
    (void)ctx;
    const struct dt_command *command = dt_command_at(i);
    if (command)
        return command->name;
    return i == NCOMMANDS ? "help" : NULL;
}

static const char *flag_at(const void *ctx, size_t i)
{
    static const char *const FLAGS[] = {"help", "version", NULL};
    (void)ctx;
    return FLAGS[i];
}

/* A file opened later must not become descriptor 1 and take what is printed. Opened for reading, so
 * that printing to a stdout that was closed still fails. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
            abort();
}

static int no_such_command(const char *name)
{
    bool flag = name[0] == '-' && name[1] == '-';
    const char *near = flag ? dt_nearest(name + 2, flag_at, NULL) : dt_nearest(name, word_at, NULL);
    if (flag && near)
        return dt_usage_error(NULL, "unknown option %s, did you mean --%s", name, near);
    if (name[0] == '-')
        return dt_usage_error(NULL, "unknown option %s", name);
    if (near)
        return dt_usage_error(NULL, "there is no command \"%s\", did you mean \"%s\"", name, near);
    return dt_usage_error(NULL, "there is no command \"%s\"", name);
}

static int run_help(int argc, char **argv)
{
    if (argc < 3) {
        dt_help_program(stdout);
        return DT_EXIT_OK;
    }
    if (argc > 3)
        return dt_usage_error(NULL, "help takes the name of one command");
    const struct dt_command *command = dt_command_find(argv[2]);
    if (!command)
        return no_such_command(argv[2]);
    dt_help_command(stdout, command);
    return DT_EXIT_OK;
}

static int run_command(const struct dt_command *command, char **args, size_t nargs)
{
    struct dt_call call;
    int code = DT_EXIT_USAGE;
    switch (dt_cmdline_parse(command, args, nargs, &call)) {
    case DT_PARSED_RUN:
        code = command->run(&call);
        dt_call_release(&call);
        break;
    case DT_PARSED_HELP:
        dt_help_command(stdout, command);
        code = DT_EXIT_OK;
        break;
    case DT_PARSED_USAGE:
        break;
    }
    return code;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        dt_help_program(stderr);
        return DT_EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        dt_help_program(stdout);
        return DT_EXIT_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("detour %s\n", DT_VERSION);
        return DT_EXIT_OK;
    }
    if (strcmp(word, "--man") == 0) { /* for the build, so not in the help */
        dt_man_page(stdout);
        return DT_EXIT_OK;
    }
    if (strcmp(word, "help") == 0)
        return run_help(argc, argv);
    const struct dt_command *command = dt_command_find(word);
    if (!command)
        return no_such_command(word);
    return run_command(command, argv + 2, (size_t)argc - 2);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is then an error of write(), with a message */
    int code = run(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        dt_complain(NULL, "cannot write to the standard output: %s",
                    errno ? strerror(errno) : "an earlier write failed");
        if (code == DT_EXIT_OK)
            code = DT_EXIT_FINDINGS;
    }
    return code;
}
