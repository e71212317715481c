/* SPDX-License-Identifier: MIT
 *
 * Apache's configuration: the directives that redirect, in a .htaccess or in a server's file. What
 * else a file says (header fields, types, access) is not about redirects; each kind of it is named
 * in one warning with its lines, and passed over. A redirect that is not for every request, for it
 * stands in <Files> or <If>, is refused.
 */
#include "rules/dialects/apache/apache.h"

#include "rules/dialects/dialect.h"
#include "rules/read/diag.h"
#include "rules/read/native_scan.h"
#include <detour/uri.h>
#include <stdio.h>

/* ---- What is passed over ---- */

static void note_line(struct dt_apache_passed *passed, uint32_t line)
{
    size_t len = strlen(passed->lines);
    passed->count++;
    if (len + 24 < sizeof passed->lines)
        (void)snprintf(passed->lines + len, sizeof passed->lines - len, "%s%u", len ? ", " : "",
                       line);
    else if (passed->lines[len - 1] != '.')
        (void)snprintf(passed->lines + len, sizeof passed->lines - len, " ...");
}

static void pass_over(struct dt_apache *apache, struct dt_slice name)
{
    struct dt_reader *reader = apache->reader;
    struct dt_apache_passed **at = &apache->passed;
    while (*at && !dt_slice_eq_nocase((*at)->name, name))
        at = &(*at)->next;
    if (!*at) {
        struct dt_apache_passed *made = dt_arena_alloc(&reader->set->arena, sizeof *made);
        if (!made) {
            dt_reader_nomem(reader);
            return;
        }
        *made = (struct dt_apache_passed){.name = name, .line = reader->line};
        *at = made;
    }
    note_line(*at, reader->line);
}

static void tell_passed(struct dt_apache *apache)
{
    struct dt_reader *reader = apache->reader;
    for (const struct dt_apache_passed *p = apache->passed; p && !reader->set->err; p = p->next) {
        dt_apache_go_to(apache, p->line);
        const char *why = p->name.ptr[0] == '<' ? "> is passed over with what is in it"
                                                : " is passed over: it does not redirect";
        dt_reader_warn(reader, p->name, "apache-passed-over", "%.*s%s (line%s %s)",
                       DT_SLICE_FMT(p->name), why, p->count > 1 ? "s" : "", p->lines);
    }
}

/* ---- Sections ---- */

static bool is_named(struct dt_slice word, const char *name)
{
    return dt_slice_eq_nocase(word, dt_slice_str(name));
}

/* The innermost section that is not as if it were not there. */
static enum dt_apache_section inside(const struct dt_apache *apache, struct dt_slice *ret_name)
{
    for (unsigned i = apache->depth; i-- > 0;) {
        const struct dt_apache_nest *nest = &apache->nest[i];
        if (nest->kind == DT_APACHE_SKIP || nest->kind == DT_APACHE_CLOSED) {
            *ret_name = nest->name;
            return (enum dt_apache_section)nest->kind;
        }
    }
    return DT_APACHE_OPEN;
}

/* <VirtualHost *:80> */
static bool begin_vhost(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_slice address, host, more;
    uint16_t port = 0;
    apache->vhosts = true;
    if (!dt_apache_word(apache, &args, &address))
        address = DT_S("*");
    const char *colon = address.len ? memrchr(address.ptr, ':', address.len) : NULL;
    bool any_port = colon && dt_slice_eq(dt_slice_str(":*"),
                                         dt_slice_from(address, (size_t)(colon - address.ptr)));
    if (any_port)
        address.len -= 2;
    if (dt_apache_word(apache, &args, &more) || dt_authority_split(address, &host, &port))
        return DT_REFUSE(apache->reader, address, "apache-section",
                         "a VirtualHost has one address here, such as *:80");
    apache->vhost = (struct dt_apache_scope){.port = port};
    apache->scope = &apache->vhost;
    apache->cond_count = 0;
    return true;
}

static enum dt_apache_section kind_of(struct dt_apache *apache, struct dt_slice name,
                                      struct dt_slice args)
{
    struct dt_slice module;
    if (is_named(name, "<IfModule"))
        return dt_apache_word(apache, &args, &module) && module.len && module.ptr[0] == '!'
                   ? DT_APACHE_SKIP
                   : DT_APACHE_OPEN;
    if (is_named(name, "<VirtualHost") && apache->depth == 0 && !apache->directory &&
        begin_vhost(apache, args))
        return DT_APACHE_VHOST;
    return DT_APACHE_CLOSED;
}

static void open_section(struct dt_apache *apache, struct dt_slice name, struct dt_slice args)
{
    struct dt_reader *reader = apache->reader;
    if (args.len && args.ptr[args.len - 1] == '>')
        args.len--;
    else
        dt_reader_error(reader, name, "apache-section", "a section without its >");
    if (apache->depth == DT_APACHE_DEPTH) {
        dt_reader_error(reader, name, "apache-section", "sections nest too deep");
        return;
    }
    struct dt_slice unused;
    enum dt_apache_section around = inside(apache, &unused);
    enum dt_apache_section kind = around == DT_APACHE_OPEN ? kind_of(apache, name, args) : around;
    if (kind == DT_APACHE_CLOSED || kind == DT_APACHE_SKIP)
        pass_over(apache, name);
    apache->nest[apache->depth++] =
        (struct dt_apache_nest){dt_slice_from(name, 1), reader->line, (uint8_t)kind};
}

static void close_section(struct dt_apache *apache, struct dt_slice name)
{
    struct dt_slice bare = dt_slice_from(name, 2);
    if (bare.len && bare.ptr[bare.len - 1] == '>')
        bare.len--;
    struct dt_apache_nest *nest = apache->depth ? &apache->nest[apache->depth - 1] : NULL;
    if (!nest || !dt_slice_eq_nocase(nest->name, bare)) {
        dt_reader_error(apache->reader, name, "apache-section", "ends no section that is open");
        return;
    }
    apache->depth--;
    if (nest->kind == DT_APACHE_VHOST) {
        dt_apache_end(apache, &apache->vhost);
        apache->scope = &apache->file;
        apache->cond_count = 0;
    }
}

/* ---- Directives ---- */

static void read_names(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_apache_scope *scope = apache->scope;
    struct dt_host_pattern pattern;
    struct dt_slice word;
    while (dt_apache_word(apache, &args, &word)) {
        size_t scheme = dt_scan_http(word);
        const char *colon = memchr(word.ptr + scheme, ':', word.len - scheme);
        if (colon && word.ptr[scheme] != '[')
            word.len = (size_t)(colon - word.ptr);
        word = dt_slice_from(word, scheme);
        if (scope != &apache->vhost || !dt_source_host(apache->reader, word, &pattern))
            continue; /* a main server's name says nothing of which requests it answers */
        if (pattern.labels || pattern.kind == DT_HOST_DOMAIN || pattern.port)
            dt_reader_error(apache->reader, word, "source-host", "not a host that Apache knows");
        else if (scope->host_count == DT_APACHE_HOSTS)
            dt_reader_error(apache->reader, word, "source-host", "more than %u names",
                            DT_APACHE_HOSTS);
        else
            scope->hosts[scope->host_count++] = word;
    }
}

static void read_engine(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_slice word = DT_SLICE_NONE;
    (void)dt_apache_word(apache, &args, &word);
    if (!is_named(word, "on") && !is_named(word, "off"))
        dt_reader_error(apache->reader, word, "apache-value", "RewriteEngine is On or Off");
    apache->scope->engine = is_named(word, "on");
}

static void read_base(struct dt_apache *apache, struct dt_slice args)
{
    struct dt_slice word = DT_SLICE_NONE;
    (void)dt_apache_word(apache, &args, &word);
    if (word.len == 0 || word.ptr[0] != '/')
        dt_reader_error(apache->reader, word, "apache-value", "RewriteBase is a path");
    else
        apache->scope->base = word;
}

/* The directives that are read, by name. */
enum directive {
    REDIRECT,
    PERMANENT,
    TEMP,
    MATCH,
    ENGINE,
    BASE,
    COND,
    RULE,
    MAP,
    NAME,
    ALIAS,
    DIRECTIVES
};

static const char *const directive_names[DIRECTIVES] = {
    "Redirect",      "RedirectPermanent", "RedirectTemp", "RedirectMatch",
    "RewriteEngine", "RewriteBase",       "RewriteCond",  "RewriteRule",
    "RewriteMap",    "ServerName",        "ServerAlias"};

static void run(struct dt_apache *apache, enum directive which, struct dt_slice args)
{
    switch (which) {
    case REDIRECT:
    case PERMANENT:
    case TEMP:
    case MATCH:
        dt_apache_alias(apache, (enum dt_apache_alias)which, args);
        break;
    case ENGINE:
        read_engine(apache, args);
        break;
    case BASE:
        read_base(apache, args);
        break;
    case COND:
        dt_apache_cond(apache, args);
        break;
    case RULE:
        dt_apache_rule(apache, args);
        break;
    case MAP:
        dt_apache_map(apache, args);
        break;
    case NAME:
    case ALIAS:
        read_names(apache, args);
        break;
    case DIRECTIVES:
        break;
    }
}

/* A name that is nearly one of ours, and none of Apache's. */
static bool misspelt(struct dt_apache *apache, struct dt_slice name)
{
    for (size_t i = 0; i < NAME; i++) {
        if (dt_diag_distance(name, dt_slice_str(directive_names[i])) > 2)
            continue;
        dt_reader_error(apache->reader, name, "directive-unknown",
                        "not a directive, did you mean %s", directive_names[i]);
        return true;
    }
    return false;
}

static void read_line(struct dt_apache *apache, struct dt_slice line)
{
    struct dt_slice name, section = DT_SLICE_NONE;
    size_t len = 0;
    while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t')
        len++;
    name = dt_slice_of(line.ptr, len);
    struct dt_slice args = dt_scan_trim(dt_slice_from(line, len));
    if (!dt_reader_check_text(apache->reader, line, dt_scan_bits(line)))
        return;
    if (dt_slice_starts(name, DT_S("</"))) {
        close_section(apache, name);
        return;
    }
    if (name.ptr[0] == '<') {
        open_section(apache, name, args);
        return;
    }
    enum dt_apache_section kind = inside(apache, &section);
    size_t which = 0;
    while (which < DIRECTIVES && !is_named(name, directive_names[which]))
        which++;
    if (kind == DT_APACHE_SKIP)
        return;
    if (which == DIRECTIVES) {
        if (!misspelt(apache, name))
            pass_over(apache, name);
    } else if (kind == DT_APACHE_CLOSED && which < NAME && which != ENGINE && which != BASE) {
        dt_reader_error(apache->reader, name, "apache-section",
                        "in <%.*s>, which says for which requests it is in a way that no rule can",
                        DT_SLICE_FMT(section));
    } else if (kind == DT_APACHE_OPEN) {
        run(apache, (enum directive)which, args);
    }
}

static bool is_directory(struct dt_slice name)
{
    const char *slash = name.len ? memrchr(name.ptr, '/', name.len) : NULL;
    struct dt_slice base = slash ? dt_slice_from(name, (size_t)(slash - name.ptr) + 1) : name;
    return base.len && memmem(base.ptr, base.len, "htaccess", 8);
}

/* Also when the first line that is not a comment begins with a word that only Apache has. */
bool dt_apache_is(const struct dt_look *look)
{
    static const char *const words[] = {
        "Redirect",      "RedirectMatch", "RedirectPermanent", "RedirectTemp",
        "RewriteEngine", "<IfModule",     "<VirtualHost",      NULL};
    return dt_slice_eq(look->base, DT_S("htaccess")) ||
           dt_look_ends(look->base, DT_S(".htaccess")) || dt_look_word(look->text, words);
}

void dt_apache_read(struct dt_reader *reader)
{
    struct dt_slice line;
    struct dt_apache *apache = dt_arena_alloc(&reader->set->arena, sizeof *apache);
    if (!apache) {
        dt_reader_nomem(reader);
        return;
    }
    *apache = (struct dt_apache){.reader = reader};
    apache->scope = &apache->file;
    apache->directory = is_directory(dt_ruleset_file(reader->set, reader->file));
    reader->set->first_wanted = "Apache";
    while (dt_apache_line(apache, &line))
        if (line.len && line.ptr[0] != '#')
            read_line(apache, line);
    if (apache->depth) {
        dt_apache_go_to(apache, apache->nest[apache->depth - 1].line);
        dt_reader_error(reader, reader->text, "apache-section", "a section that is not closed");
    }
    dt_apache_end(apache, &apache->vhost);
    dt_apache_end(apache, &apache->file);
    dt_apache_maps_end(apache);
    tell_passed(apache);
}
