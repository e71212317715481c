/* SPDX-License-Identifier: MIT
 *
 * --help, from the tables of flags: what a person reads who has half a minute.
 */
#include "cli/commands.h"
#include "cli/text.h"

#include <string.h>

#define HELP_COLUMN 28 /* where the sentences of the flags begin */

static size_t print_flag(FILE *out, char letter, const char *name, const char *arg)
{
    int at = letter ? fprintf(out, "  -%c, --%s", letter, name) : fprintf(out, "      --%s", name);
    if (arg)
        at += fprintf(out, " %s", arg);
    return at < 0 ? 0 : (size_t)at;
}

static void print_help_at(FILE *out, size_t at, const char *help)
{
    if (at + 2 > HELP_COLUMN) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", (int)(HELP_COLUMN - at), "");
    dt_text_wrap(out, dt_slice_str(help), HELP_COLUMN, HELP_COLUMN);
}

static void print_option(FILE *out, const struct dt_option *option)
{
    char sentence[640];
    char suffix[160] = "";
    size_t at = print_flag(out, option->letter, option->name, option->arg);
    bool many = option->kind == DT_OPTION_LIST;
    if (option->fallback && option->env)
        snprintf(suffix, sizeof suffix, " [%s, or $%s]", option->fallback, option->env);
    else if (option->fallback)
        snprintf(suffix, sizeof suffix, " [%s]", option->fallback);
    else if (option->env)
        snprintf(suffix, sizeof suffix, " [$%s]", option->env);
    snprintf(sentence, sizeof sentence, "%s%s%s", option->help, many ? "; may be repeated" : "",
             suffix);
    print_help_at(out, at, sentence);
}

static void print_examples(FILE *out, const struct dt_command *command)
{
    if (command->nexamples)
        fprintf(out, "\nExamples:\n");
    for (size_t i = 0; i < command->nexamples; i++)
        fprintf(out, "  %s\n      %s\n", command->examples[i].command, command->examples[i].says);
}

void dt_help_command(FILE *out, const struct dt_command *command)
{
    fprintf(out, "Usage: detour %s [OPTION]... %s\n", command->name, command->operands);
    if (command->also)
        fprintf(out, "       detour %s %s\n", command->name, command->also);
    fputc('\n', out);
    for (size_t i = 0; command->prose[i]; i++) {
        dt_text_wrap(out, dt_slice_str(command->prose[i]), 0, 0);
        fputc('\n', out);
    }
    fprintf(out, "Options:\n");
    for (size_t i = 0; i < command->noptions; i++)
        print_option(out, &command->options[i]);
    print_help_at(out, print_flag(out, 'h', "help", NULL), "Show this help");
    print_examples(out, command);
}

void dt_help_program(FILE *out)
{
    fprintf(out, "Detour answers HTTP requests with redirects, by rules.\n\n"
                 "Usage: detour COMMAND [OPTION]... [ARGUMENT]...\n\n"
                 "Commands:\n");
    const struct dt_command *command;
    for (size_t i = 0; (command = dt_command_at(i)) != NULL; i++)
        fprintf(out, "  %-10s%s\n", command->name, command->summary);
    fprintf(out, "  %-10s%s\n\n", "help", "Show the help of a command: detour help serve");
    fprintf(out, "Options:\n"
                 "  -h, --help     Show this help\n"
                 "      --version  Show the version\n\n"
                 "Exit status: 0 all is fine; 1 something is wrong with the rules, or it could\n"
                 "not be done; 2 the command line was not understood.\n\n"
                 "The rule language is described in the manual: man detour\n");
}
