/* SPDX-License-Identifier: MIT
 *
 * One table for each command: its flags with their arguments, defaults, variables and help
 * sentences. Parser, --help and the man page are made from it, so that they cannot disagree.
 */
#ifndef DT_CLI_CMDLINE_H
#define DT_CLI_CMDLINE_H

#include <detour/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The exit codes of the program. */
enum dt_exit {
    DT_EXIT_OK = 0,
    DT_EXIT_FINDINGS = 1, /* it was done, and something is wrong; or it could not be done */
    DT_EXIT_USAGE = 2,
};

enum dt_option_kind {
    DT_OPTION_FLAG,    /* bool; sets it true */
    DT_OPTION_OFF,     /* bool; sets it false: the default of a --no-x is true */
    DT_OPTION_TEXT,    /* const char *, into argv or the environment */
    DT_OPTION_LIST,    /* struct dt_texts; may be given many times */
    DT_OPTION_NUMBER,  /* uint32_t, min to max */
    DT_OPTION_SECONDS, /* uint32_t, min to max; "90", "90s", "5m", "1h", "1d" */
    DT_OPTION_BYTES,   /* uint64_t, min to max; "4096", "64k", "1m", "2g" */
    DT_OPTION_CHOICE,  /* uint32_t, the index in choices */
};

struct dt_texts {
    const char **items;
    size_t count;
};

struct dt_option {
    const char *name;     /* "listen" */
    const char *arg;      /* what stands for the argument in the help: "ADDR:PORT"; NULL: none */
    const char *help;     /* one sentence */
    const char *fallback; /* the default as a user would write it; NULL: none */
    const char *env;      /* the variable that gives a default; NULL: none */
    const char *const *choices; /* NULL-ended */
    size_t offset;              /* of the value in the command's struct of values */
    uint64_t min, max;
    uint8_t kind; /* enum dt_option_kind */
    char letter;  /* 'l' for -l; 0: none */
};

struct dt_example {
    const char *command;
    const char *says;
};

/* What a command's run function gets. */
struct dt_call {
    const struct dt_command *command;
    void *values; /* the command's struct of values, filled */
    char **operands;
    size_t noperands;
};

struct dt_command {
    const char *name;
    const char *summary;      /* for the list of commands: "answer requests" */
    const char *operands;     /* "FILE..." */
    const char *also;         /* another way to call it: "--verify FILE"; NULL: none */
    const char *const *prose; /* paragraphs for the help and the man page, NULL-ended */
    const struct dt_option *options;
    size_t noptions;
    const struct dt_example *examples;
    size_t nexamples;
    size_t values_size;
    int (*run)(const struct dt_call *call); /* gives an enum dt_exit */
};

enum dt_parsed {
    DT_PARSED_RUN,
    DT_PARSED_HELP,  /* --help was given: nothing was filled */
    DT_PARSED_USAGE, /* a message has been printed: exit with DT_EXIT_USAGE */
};

/* Reads the arguments after the command's name: "--name VALUE", "--name=VALUE", "-x VALUE",
 * "-xVALUE", flags and operands in any order, "--" before operands that begin with "-". Defaults
 * first, then variables, then arguments. args may be reordered. On RUN the call is filled and must
 * be given to dt_call_release. */
DT_MUST_USE enum dt_parsed dt_cmdline_parse(const struct dt_command *command, char **args,
                                            size_t nargs, struct dt_call *ret_call);
void dt_call_release(struct dt_call *call);

/* The word of the list nearest to a mistyped one, or NULL when none is near. at(ctx, i) gives the
 * i-th word, NULL past the last. */
const char *dt_nearest(const char *word, const char *(*at)(const void *ctx, size_t i),
                       const void *ctx);

/* "detour check: unknown option --jsn" to stderr, with a newline. command may be NULL. */
void dt_complain(const struct dt_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, followed by a line that names the command's --help. Gives DT_EXIT_USAGE. */
int dt_usage_error(const struct dt_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
