/* SPDX-License-Identifier: MIT
 *
 * A text that an expression matches. The expression is walked once, and whatever it asks for is
 * written down in the plainest way; what cannot be written down (assertions, say) is left out, and
 * PCRE2 is asked whether the outcome matches all the same. Several attempts take other branches and
 * other counts.
 */
#include "rules/witness/witness.h"

#include "base/out.h"
#include "rules/read/native_scan.h"
#include "rules/regex/regex_pcre.h"

#define ATTEMPTS 8u
#define DEPTH_MAX 32u
#define GROUPS_MAX 64u

struct walk {
    const char *pos, *end;
    struct dt_out out;
    unsigned attempt;
    unsigned depth;
    unsigned group;
    size_t from[GROUPS_MAX], to[GROUPS_MAX]; /* what groups took, in out */
    bool lost;                               /* something was not understood */
};

static void walk_branches(struct walk *walk, bool writes);

static bool at(const struct walk *walk, const char *text)
{
    return dt_slice_starts(dt_slice_of(walk->pos, (size_t)(walk->end - walk->pos)),
                           dt_slice_str(text));
}

/* ---- Classes ---- */

struct bytes {
    bool has[128];
};

static void add_range(struct bytes *bytes, int from, int to, bool negated)
{
    for (int c = 0; c < 128; c++)
        if ((c >= from && c <= to) != negated)
            bytes->has[c] = true;
}

/* \d \w \s and their opposites; false for another letter. */
static bool add_letter(struct bytes *bytes, char letter)
{
    bool negated = letter >= 'A' && letter <= 'Z';
    switch (dt_ascii_lower(letter)) {
    case 'd':
        add_range(bytes, '0', '9', negated);
        return true;
    case 'w':
        for (int c = 0; c < 128; c++)
            if (dt_is_word((char)c) != negated)
                bytes->has[c] = true;
        return true;
    case 's':
        add_range(bytes, '\t', ' ', negated);
        return true;
    default:
        return false;
    }
}

static void add_posix(struct walk *walk, struct bytes *bytes)
{
    static const struct {
        const char *name, *from;
    } sets[] = {{"[:alnum:]", "w"}, {"[:alpha:]", "a"}, {"[:digit:]", "d"},
                {"[:lower:]", "a"}, {"[:upper:]", "A"}, {"[:xdigit:]", "d"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!at(walk, sets[i].name))
            continue;
        walk->pos += strlen(sets[i].name);
        if (sets[i].from[0] == 'a')
            add_range(bytes, 'a', 'z', false);
        else if (sets[i].from[0] == 'A')
            add_range(bytes, 'A', 'Z', false);
        else
            add_letter(bytes, sets[i].from[0]);
        return;
    }
    walk->lost = true;
    walk->pos++;
}

static int class_byte(struct walk *walk, struct bytes *bytes)
{
    char c = *walk->pos++;
    if (c == '\\' && walk->pos < walk->end) {
        c = *walk->pos++;
        if (add_letter(bytes, c))
            return -1;
        return c == 'n' || c == 't' ? -1 : c;
    }
    if (c == '[' && walk->pos < walk->end && *walk->pos == ':') {
        walk->pos--;
        add_posix(walk, bytes);
        return -1;
    }
    return c;
}

/* Behind the "[". */
static void read_class(struct walk *walk, struct bytes *ret)
{
    struct bytes bytes = {{false}};
    bool negated = walk->pos < walk->end && *walk->pos == '^', first = true;
    walk->pos += negated;
    while (walk->pos < walk->end && (*walk->pos != ']' || first)) {
        first = false;
        int from = class_byte(walk, &bytes);
        if (from < 0)
            continue;
        int to = from;
        if (walk->pos + 1 < walk->end && walk->pos[0] == '-' && walk->pos[1] != ']') {
            walk->pos++;
            to = class_byte(walk, &bytes);
        }
        add_range(&bytes, from, to, false);
    }
    walk->pos += walk->pos < walk->end;
    for (int c = 0; c < 128; c++)
        ret->has[c] = bytes.has[c] != negated;
}

/* The byte of a class that stands best in a path. */
static void put_class(struct walk *walk, const struct bytes *bytes)
{
    static const char best[] = "abx1ABZ0-_.~cdefghijklmnopqrstuvwyz23456789CDEFGHIJKLMNOPQRSTUVWXY"
                               "/!$&'()*+,;=:@?%#";
    for (const char *c = best; *c; c++) {
        if (bytes->has[(unsigned char)*c]) {
            dt_out_char(&walk->out, *c);
            return;
        }
    }
    walk->lost = true;
}

/* ---- Atoms ---- */

static void put_group_text(struct walk *walk, unsigned number)
{
    if (number < GROUPS_MAX && walk->to[number] > walk->from[number])
        dt_out_put(&walk->out, dt_slice_of(walk->out.start + walk->from[number],
                                           walk->to[number] - walk->from[number]));
}

static void walk_escape(struct walk *walk)
{
    char c = walk->pos < walk->end ? *walk->pos++ : '\\';
    struct bytes bytes = {{false}};
    if (c >= '1' && c <= '9')
        put_group_text(walk, (unsigned)(c - '0'));
    else if (add_letter(&bytes, c))
        put_class(walk, &bytes);
    else if (!dt_is_alpha(c))
        dt_out_char(&walk->out, c);
    else if (!strchr("bBAzZGQE", c))
        walk->lost = true;
}

/* Behind the "("; the groups that take nothing up are walked and not written. */
static void walk_group(struct walk *walk)
{
    size_t before = dt_out_len(&walk->out);
    bool captures = !at(walk, "?") || at(walk, "?<") || at(walk, "?P<") || at(walk, "?'");
    bool ahead = at(walk, "?=") || at(walk, "?!") || at(walk, "?<=") || at(walk, "?<!");
    unsigned number = 0;
    captures = captures && !ahead;
    if (captures)
        number = ++walk->group;
    if (at(walk, "?")) {
        const char *stop = ":=!>')|";
        walk->pos++;
        while (walk->pos < walk->end && !strchr(stop, *walk->pos))
            walk->pos++;
        if (walk->pos < walk->end && *walk->pos == '\'') /* (?'name'...) */
            while (walk->pos + 1 < walk->end && *++walk->pos != '\'')
                ;
        if (walk->pos < walk->end && *walk->pos == ')') { /* (?i) */
            walk->pos++;
            return;
        }
        walk->pos += walk->pos < walk->end;
    }
    if (++walk->depth > DEPTH_MAX) {
        walk->lost = true;
        walk->pos = walk->end;
        return;
    }
    walk_branches(walk, !ahead);
    walk->depth--;
    walk->pos += walk->pos < walk->end; /* ")" */
    if (number && number < GROUPS_MAX) {
        walk->from[number] = before;
        walk->to[number] = dt_out_len(&walk->out);
    }
}

/* One atom; false at the end of a branch. */
static bool walk_atom(struct walk *walk)
{
    if (walk->pos >= walk->end || *walk->pos == '|' || *walk->pos == ')')
        return false;
    char c = *walk->pos++;
    struct bytes bytes;
    switch (c) {
    case '^':
    case '$':
        break;
    case '.':
        dt_out_char(&walk->out, 'a');
        break;
    case '[':
        read_class(walk, &bytes);
        put_class(walk, &bytes);
        break;
    case '\\':
        walk_escape(walk);
        break;
    case '(':
        walk_group(walk);
        break;
    default:
        dt_out_char(&walk->out, c);
    }
    return true;
}

/* How often the atom before is wanted: at least min, at most max. */
static bool read_counts(struct walk *walk, unsigned *min, unsigned *max)
{
    *min = *max = 1;
    if (walk->pos >= walk->end)
        return false;
    char c = *walk->pos;
    if (c == '?' || c == '*' || c == '+') {
        walk->pos++;
        *min = c == '+';
        *max = c == '?' ? 1 : 64;
    } else if (c == '{' && walk->pos + 1 < walk->end && dt_is_digit(walk->pos[1])) {
        *min = 0;
        for (walk->pos++; walk->pos < walk->end && dt_is_digit(*walk->pos); walk->pos++)
            *min = *min < 1000 ? *min * 10 + (unsigned)(*walk->pos - '0') : *min;
        *max = walk->pos < walk->end && *walk->pos == ',' ? 64 : *min;
        while (walk->pos < walk->end && *walk->pos != '}')
            walk->pos++;
        walk->pos += walk->pos < walk->end;
    } else {
        return false;
    }
    if (walk->pos < walk->end && (*walk->pos == '?' || *walk->pos == '+')) /* lazy, possessive */
        walk->pos++;
    return true;
}

static void walk_branch(struct walk *walk)
{
    for (;;) {
        const char *atom = walk->pos;
        size_t before = dt_out_len(&walk->out);
        unsigned group = walk->group, min, max;
        if (!walk_atom(walk))
            return;
        if (!read_counts(walk, &min, &max))
            continue;
        unsigned wanted = min ? min : walk->attempt & 1 ? 0 : 1;
        const char *behind = walk->pos;
        if (wanted == 0)
            walk->out.pos = walk->out.start + before;
        for (unsigned i = 1; i < wanted && i < 256 && !walk->out.overflow; i++) {
            walk->pos = atom;
            walk->group = group;
            walk_atom(walk);
        }
        walk->pos = behind;
    }
}

/* Up to ")" or the end; the branch that is written changes with the attempt. */
static void walk_branches(struct walk *walk, bool writes)
{
    size_t start = dt_out_len(&walk->out);
    unsigned count = 0, wanted = walk->attempt / 2;
    for (;;) {
        size_t before = dt_out_len(&walk->out);
        walk_branch(walk);
        bool more = walk->pos < walk->end && *walk->pos == '|';
        if (count > wanted || !writes)
            walk->out.pos = walk->out.start + before;
        else if (count == wanted || !more) {
            size_t len = dt_out_len(&walk->out) - before;
            memmove(walk->out.start + start, walk->out.start + before, len);
            walk->out.pos = walk->out.start + start + len;
        } else if (more) {
            walk->out.pos = walk->out.start + before;
        }
        count++;
        if (!more)
            return;
        walk->pos++;
    }
}

static bool matches(const pcre2_code *code, pcre2_match_data *data, pcre2_match_context *context,
                    struct dt_slice text)
{
    return pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, context) >= 0;
}

bool dt_regex_example(struct dt_slice expression, bool nocase, char *mem, size_t cap,
                      struct dt_slice *ret)
{
    int code_number;
    size_t place;
    bool found = false;
    pcre2_code *code = dt_regex_compile(expression, nocase, NULL, &code_number, &place);
    pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (context) {
        pcre2_set_match_limit(context, 100000);
        pcre2_set_depth_limit(context, 1000);
    }
    for (unsigned attempt = 0; data && context && !found && attempt < ATTEMPTS; attempt++) {
        struct walk walk = {.pos = expression.ptr,
                            .end = expression.ptr + expression.len,
                            .out = dt_out_init(mem, cap),
                            .attempt = attempt};
        walk_branches(&walk, true);
        if (walk.pos < walk.end || walk.out.overflow)
            continue;
        *ret = dt_out_slice(&walk.out);
        found = matches(code, data, context, *ret);
    }
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found;
}
