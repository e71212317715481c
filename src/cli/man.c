/* SPDX-License-Identifier: MIT
 *
 * detour(1), made at build time by the hidden `detour --man`: the flags come from the tables, so
 * the page cannot fall behind the program; the rule language is told here, in the one place where a
 * person offline will look for it.
 */
#include "cli/commands.h"
#include "cli/man_text.h"

#include <string.h>

/* Roff obeys "\" everywhere and "." and "'" at the start of a line; "-" alone is a hyphen. */
static void escape(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            fputs("\n\\&", out);
        else if (*text == '^' || *text == '~')
            fprintf(out, *text == '^' ? "\\(ha" : "\\(ti");
        else
            fputc(*text, out);
    }
}

static void paragraph(FILE *out, const char *text)
{
    fprintf(out, ".PP\n");
    escape(out, text);
    fputc('\n', out);
}

static void option(FILE *out, char letter, const char *name, const char *arg)
{
    fprintf(out, ".TP\n");
    if (letter)
        fprintf(out, "\\fB\\-%c\\fR, ", letter);
    fprintf(out, "\\fB\\-\\-");
    for (const char *at = name; *at; at++)
        fprintf(out, *at == '-' ? "\\-" : "%c", *at);
    fprintf(out, "\\fR");
    if (arg) {
        fprintf(out, " \\fI");
        escape(out, arg);
        fprintf(out, "\\fR");
    }
    fputc('\n', out);
}

static void options(FILE *out, const struct dt_command *command)
{
    for (size_t i = 0; i < command->noptions; i++) {
        const struct dt_option *row = &command->options[i];
        option(out, row->letter, row->name, row->arg);
        escape(out, row->help);
        fprintf(out, ".\n");
        if (row->kind == DT_OPTION_LIST)
            fprintf(out, "May be repeated.\n");
        if (row->fallback) {
            fprintf(out, "Default: ");
            escape(out, row->fallback);
            fprintf(out, ".\n");
        }
        if (row->env)
            fprintf(out, "The variable \\fB%s\\fR gives another default.\n", row->env);
    }
    option(out, 'h', "help", NULL);
    fprintf(out, "Show a summary of these options.\n");
}

static void commands(FILE *out)
{
    const struct dt_command *command;
    fprintf(out, ".SH COMMANDS\n");
    for (size_t i = 0; (command = dt_command_at(i)) != NULL; i++) {
        fprintf(out, ".SS detour %s [OPTION]... ", command->name);
        escape(out, command->operands);
        fputc('\n', out);
        for (size_t p = 0; command->prose[p]; p++)
            paragraph(out, command->prose[p]);
        options(out, command);
    }
    fprintf(out, ".SS detour help [COMMAND]\n.PP\nShow the help of the program or of a command.\n");
    fprintf(out, ".SS detour \\-\\-version\n.PP\nShow the version.\n");
}

static void synopsis(FILE *out)
{
    const struct dt_command *command;
    fprintf(out, ".SH SYNOPSIS\n");
    for (size_t i = 0; (command = dt_command_at(i)) != NULL; i++) {
        fprintf(out, "%s\\fBdetour %s\\fR [\\fIOPTION\\fR]... \\fI", i ? ".br\n" : "",
                command->name);
        escape(out, command->operands);
        fprintf(out, "\\fR\n");
        if (command->also) {
            fprintf(out, ".br\n\\fBdetour %s\\fR ", command->name);
            escape(out, command->also);
            fputc('\n', out);
        }
    }
}

static void environment(FILE *out)
{
    const struct dt_command *command;
    fprintf(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; (command = dt_command_at(i)) != NULL; i++)
        for (size_t j = 0; j < command->noptions; j++)
            if (command->options[j].env)
                fprintf(out, ".TP\n.B %s\nThe default of \\fBdetour %s \\-\\-%s\\fR.\n",
                        command->options[j].env, command->name, command->options[j].name);
    fprintf(out, ".TP\n.B NO_COLOR\nWhen set and not empty, nothing is coloured unless "
                 "\\fB\\-\\-color=always\\fR says so.\n");
}

static void examples(FILE *out)
{
    const struct dt_command *command;
    fprintf(out, ".SH EXAMPLES\n");
    for (size_t i = 0; (command = dt_command_at(i)) != NULL; i++)
        for (size_t j = 0; j < command->nexamples; j++) {
            fprintf(out, ".TP\n.B ");
            escape(out, command->examples[j].command);
            fputc('\n', out);
            const char *says = command->examples[j].says;
            escape(out, says);
            fprintf(out, says[strlen(says) - 1] == '?' ? "\n" : ".\n");
        }
}

static void prose_section(FILE *out, const struct dt_man_section *section)
{
    fprintf(out, ".SH %s\n", section->title);
    for (const struct dt_man_item *item = section->items; item->term || item->text; item++) {
        if (item->term) {
            fprintf(out, ".TP\n.B ");
            escape(out, item->term);
            fputc('\n', out);
            escape(out, item->text);
            fputc('\n', out);
        } else if (item->verbatim) {
            fprintf(out, ".PP\n.nf\n.RS 4\n");
            escape(out, item->text);
            fprintf(out, "\n.RE\n.fi\n");
        } else {
            paragraph(out, item->text);
        }
    }
}

void dt_man_page(FILE *out)
{
    fprintf(out,
            ".\\\" Made at build time from the tables of flags in src/cli. Do not edit.\n"
            ".TH DETOUR 1 \"\" \"Detour %s\" \"User Commands\"\n.nh\n"
            ".SH NAME\ndetour \\- answer HTTP requests with redirects, by rules\n",
            DT_VERSION);
    synopsis(out);
    prose_section(out, &dt_man_description);
    commands(out);
    for (size_t i = 0; dt_man_sections[i].title; i++)
        prose_section(out, &dt_man_sections[i]);
    environment(out);
    examples(out);
    fprintf(out, ".SH SEE ALSO\nRFC 9110 (HTTP semantics), RFC 9111 (caching), RFC 9112 "
                 "(HTTP/1.1), the URL standard of the WHATWG.\n");
}
