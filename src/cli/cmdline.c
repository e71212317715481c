/* SPDX-License-Identifier: MIT
 *
 * The parser over the tables of flags. Written here and not left to getopt_long for three reasons:
 * the table can then hold defaults, limits and units; a mistyped flag is answered with the one that
 * was meant; and nothing is kept in global variables.
 */
#include "cli/cmdline.h"

#include <detour/slice.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a value came from, for messages. */
struct source {
    const struct dt_command *command;
    const struct dt_option *option;
    const char *given; /* "--workers" or "DETOUR_WORKERS" */
};

__attribute__((format(printf, 2, 0))) static void complain(const struct dt_command *command,
                                                           const char *format, va_list args)
{
    fprintf(stderr, command ? "detour %s: " : "detour: ", command ? command->name : "");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void dt_complain(const struct dt_command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(command, format, args);
    va_end(args);
}

static void point_to_help(const struct dt_command *command)
{
    if (command)
        fprintf(stderr, "Try: detour %s --help\n", command->name);
    else
        fprintf(stderr, "Try: detour --help\n");
}

int dt_usage_error(const struct dt_command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(command, format, args);
    va_end(args);
    point_to_help(command);
    return DT_EXIT_USAGE;
}

/* ---- Values ---- */

struct unit {
    char letter;
    uint32_t factor;
};

static const struct unit SECONDS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
static const struct unit BYTES[] = {{'k', 1u << 10}, {'m', 1u << 20}, {'g', 1u << 30}};

/* Decimal digits, then at most one letter of units. */
static bool read_quantity(const char *text, const struct unit *units, size_t nunits, uint64_t *ret)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > UINT64_C(1) << 33)
            return false;
    }
    if (at == text)
        return false;
    if (*at) {
        size_t u = 0;
        while (u < nunits && units[u].letter != dt_ascii_lower(*at))
            u++;
        if (u == nunits || at[1])
            return false;
        value *= units[u].factor;
    }
    *ret = value;
    return true;
}

/* A bound as people write it: "64m". */
static const char *bound_text(const struct dt_option *option, uint64_t value, char text[32])
{
    unsigned long long shown = value;
    const char *letter = "";
    for (size_t u = sizeof BYTES / sizeof *BYTES;
         u-- > 0 && option->kind == DT_OPTION_BYTES && !*letter;)
        if (value && value % BYTES[u].factor == 0) {
            shown = value / BYTES[u].factor;
            letter = u == 2 ? "g" : u == 1 ? "m" : "k";
        }
    snprintf(text, 32, "%llu%s", shown, letter);
    return text;
}

static bool set_quantity(const struct source *from, const struct unit *units, size_t nunits,
                         const char *text, uint64_t *ret)
{
    const struct dt_option *option = from->option;
    uint64_t value = 0;
    char least[32];
    char most[32];
    bool fine = read_quantity(text, units, nunits, &value);
    if (fine && value >= option->min && value <= option->max) {
        *ret = value;
        return true;
    }
    const char *noun = option->kind == DT_OPTION_SECONDS ? "a number of seconds"
                       : option->kind == DT_OPTION_BYTES ? "a number of bytes"
                                                         : "a number";
    const char *hint = option->kind == DT_OPTION_SECONDS ? " (90, 90s, 5m or 1h)"
                       : option->kind == DT_OPTION_BYTES ? " (4096, 64k, 1m or 2g)"
                                                         : "";
    dt_usage_error(from->command, "%s wants %s from %s to %s%s, not \"%s\"", from->given, noun,
                   bound_text(option, option->min, least), bound_text(option, option->max, most),
                   hint, text);
    return false;
}

/* The same for a field of 32 bits, which max fits. */
static bool set_small_quantity(const struct source *from, const struct unit *units, size_t nunits,
                               const char *text, uint32_t *ret)
{
    uint64_t value = 0;
    if (!set_quantity(from, units, nunits, text, &value))
        return false;
    *ret = (uint32_t)value;
    return true;
}

static bool set_choice(const struct source *from, const char *text, uint32_t *ret)
{
    const char *const *choices = from->option->choices;
    for (uint32_t i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0) {
            *ret = i;
            return true;
        }
    char list[256] = "";
    for (size_t i = 0; choices[i]; i++) {
        size_t len = strlen(list);
        const char *glue = i == 0 ? "" : choices[i + 1] ? ", " : " or ";
        snprintf(list + len, sizeof list - len, "%s%s", glue, choices[i]);
    }
    dt_usage_error(from->command, "%s wants %s, not \"%s\"", from->given, list, text);
    return false;
}

static bool append(const struct source *from, struct dt_texts *texts, const char *text)
{
    const char **items = realloc(texts->items, (texts->count + 1) * sizeof *items);
    if (!items) {
        dt_complain(from->command, "out of memory");
        return false;
    }
    items[texts->count++] = text;
    texts->items = items;
    return true;
}

/* text is NULL for flags. */
static bool set_value(const struct source *from, void *values, const char *text)
{
    void *field = (char *)values + from->option->offset;
    switch ((enum dt_option_kind)from->option->kind) {
    case DT_OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case DT_OPTION_OFF:
        *(bool *)field = false;
        return true;
    case DT_OPTION_TEXT:
        *(const char **)field = text;
        return true;
    case DT_OPTION_LIST:
        return append(from, field, text);
    case DT_OPTION_NUMBER:
        return set_small_quantity(from, NULL, 0, text, field);
    case DT_OPTION_SECONDS:
        return set_small_quantity(from, SECONDS, sizeof SECONDS / sizeof *SECONDS, text, field);
    case DT_OPTION_BYTES:
        return set_quantity(from, BYTES, sizeof BYTES / sizeof *BYTES, text, field);
    case DT_OPTION_CHOICE:
        return set_choice(from, text, field);
    }
    return false;
}

/* ---- Defaults ---- */

/* A list has no value here: its default is what the command does with an empty one. */
static bool set_defaults(const struct dt_command *command, void *values)
{
    for (size_t i = 0; i < command->noptions; i++) {
        const struct dt_option *option = &command->options[i];
        char name[80];
        struct source from = {command, option, name};
        snprintf(name, sizeof name, "the default of --%s", option->name);
        if (option->kind == DT_OPTION_OFF)
            *(bool *)((char *)values + option->offset) = true;
        else if (option->fallback && option->kind != DT_OPTION_LIST &&
                 !set_value(&from, values, option->fallback))
            return false;
        const char *env = option->env ? getenv(option->env) : NULL;
        from.given = option->env;
        if (env && *env && option->kind != DT_OPTION_LIST && !set_value(&from, values, env))
            return false;
    }
    return true;
}

/* A variable fills a list only when no argument did: --listen replaces DETOUR_LISTEN. */
static bool set_list_defaults(const struct dt_command *command, void *values)
{
    for (size_t i = 0; i < command->noptions; i++) {
        const struct dt_option *option = &command->options[i];
        struct dt_texts *texts = (void *)((char *)values + option->offset);
        if (option->kind != DT_OPTION_LIST || texts->count)
            continue;
        const char *env = option->env ? getenv(option->env) : NULL;
        const char *text = env && *env ? env : option->fallback;
        struct source from = {command, option, env && *env ? option->env : option->name};
        if (text && !append(&from, texts, text))
            return false;
    }
    return true;
}

/* ---- Arguments ---- */

static const char *option_name_at(const void *ctx, size_t i)
{
    const struct dt_command *command = ctx;
    return i < command->noptions    ? command->options[i].name
           : i == command->noptions ? "help"
                                    : NULL;
}

static bool unknown(const struct dt_command *command, const char *arg, size_t name_len)
{
    char name[64];
    const char *near = NULL;
    if (arg[1] == '-' && name_len < sizeof name) {
        memcpy(name, arg + 2, name_len);
        name[name_len] = '\0';
        near = dt_nearest(name, option_name_at, command);
    }
    int shown = (int)(arg[1] == '-' ? name_len + 2 : 2);
    if (near)
        dt_usage_error(command, "unknown option %.*s, did you mean --%s", shown, arg, near);
    else
        dt_usage_error(command, "unknown option %.*s", shown, arg);
    return false;
}

static const struct dt_option *find_long(const struct dt_command *command, const char *name,
                                         size_t len)
{
    for (size_t i = 0; i < command->noptions; i++)
        if (strlen(command->options[i].name) == len &&
            memcmp(command->options[i].name, name, len) == 0)
            return &command->options[i];
    return NULL;
}

static const struct dt_option *find_letter(const struct dt_command *command, char letter)
{
    for (size_t i = 0; i < command->noptions; i++)
        if (command->options[i].letter == letter)
            return &command->options[i];
    return NULL;
}

/* Reads the option at args[0]; *ret_used is 2 when its value is the next argument. */
static bool parse_option(const struct dt_command *command, char **args, size_t nargs, void *values,
                         size_t *ret_used)
{
    const char *arg = args[0];
    bool is_long = arg[1] == '-';
    size_t name_len = is_long ? strcspn(arg + 2, "=") : 1;
    const struct dt_option *option =
        is_long ? find_long(command, arg + 2, name_len) : find_letter(command, arg[1]);
    if (!option)
        return unknown(command, arg, name_len);

    char given[72];
    snprintf(given, sizeof given, "%.*s", (int)(is_long ? name_len + 2 : 2), arg);
    const char *behind = is_long ? arg + 2 + name_len : arg + 2;
    const char *value = *behind ? behind + (is_long && *behind == '=') : NULL;
    *ret_used = 1;
    if (!option->arg && value) {
        dt_usage_error(command, "%s takes no value", given);
        return false;
    }
    if (option->arg && !value) {
        if (nargs < 2) {
            dt_usage_error(command, "%s wants %s behind it", given, option->arg);
            return false;
        }
        value = args[1];
        *ret_used = 2;
    }
    struct source from = {command, option, given};
    return set_value(&from, values, value);
}

/* The operands are moved to the front of args. */
static enum dt_parsed parse_args(struct dt_call *call, char **args, size_t nargs)
{
    bool only_operands = false;
    for (size_t i = 0; i < nargs;) {
        const char *arg = args[i];
        size_t used = 1;
        if (only_operands || arg[0] != '-' || arg[1] == '\0')
            args[call->noperands++] = args[i];
        else if (strcmp(arg, "--") == 0)
            only_operands = true;
        else if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
            return DT_PARSED_HELP;
        else if (!parse_option(call->command, args + i, nargs - i, call->values, &used))
            return DT_PARSED_USAGE;
        i += used;
    }
    return DT_PARSED_RUN;
}

enum dt_parsed dt_cmdline_parse(const struct dt_command *command, char **args, size_t nargs,
                                struct dt_call *ret_call)
{
    struct dt_call call = {command, calloc(1, command->values_size), args, 0};
    if (!call.values) {
        dt_complain(command, "out of memory");
        return DT_PARSED_USAGE;
    }
    enum dt_parsed parsed =
        set_defaults(command, call.values) ? parse_args(&call, args, nargs) : DT_PARSED_USAGE;
    if (parsed == DT_PARSED_RUN && !set_list_defaults(command, call.values))
        parsed = DT_PARSED_USAGE;
    if (parsed == DT_PARSED_RUN)
        *ret_call = call;
    else
        dt_call_release(&call);
    return parsed;
}

void dt_call_release(struct dt_call *call)
{
    for (size_t i = 0; call->values && i < call->command->noptions; i++) {
        const struct dt_option *option = &call->command->options[i];
        if (option->kind == DT_OPTION_LIST)
            free(((struct dt_texts *)(void *)((char *)call->values + option->offset))->items);
    }
    free(call->values);
    call->values = NULL;
}
