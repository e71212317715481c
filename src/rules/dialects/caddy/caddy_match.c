/* SPDX-License-Identifier: MIT
 *
 * Matchers. What is said of one thing in several lines of a matcher is put together as Caddy does:
 * paths, hosts, methods, addresses and values of a field are alternatives, and so are query
 * parameters, whatever their names.
 */
#include "rules/dialects/caddy/caddy.h"

static const struct {
    const char *name;
    uint8_t kind;
    uint8_t named; /* words before its values */
} kinds[] = {
    {"path", DT_CADDY_PATH, 0},     {"path_regexp", DT_CADDY_PATH_RE, 0},
    {"method", DT_CADDY_METHOD, 0}, {"host", DT_CADDY_HOST, 0},
    {"header", DT_CADDY_HEADER, 1}, {"header_regexp", DT_CADDY_HEADER_RE, 1},
    {"query", DT_CADDY_PARAMS, 0},  {"protocol", DT_CADDY_PROTOCOL, 0},
    {"remote_ip", DT_CADDY_IP, 0},  {"client_ip", DT_CADDY_IP, 0},
    {"vars", DT_CADDY_VARS, 1},     {"vars_regexp", DT_CADDY_VARS_RE, 1},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static bool add_arg(struct dt_caddy *caddy, struct dt_caddy_cond *cond, struct dt_slice arg)
{
    if (cond->count == cond->cap) {
        size_t cap = cond->cap ? 2 * cond->cap : 4;
        struct dt_slice *args = dt_caddy_new(caddy, cap * sizeof *args);
        if (!args)
            return false;
        if (cond->count)
            memcpy(args, cond->args, cond->count * sizeof *args);
        cond->args = args;
        cond->cap = cap;
    }
    cond->args[cond->count++] = arg;
    return true;
}

static bool without_braces(struct dt_slice *name)
{
    if (name->len < 3 || name->ptr[0] != '{' || name->ptr[name->len - 1] != '}')
        return false;
    *name = dt_slice_of(name->ptr + 1, name->len - 2);
    return true;
}

/* The words behind a matcher's kind. */
static bool read_words(struct dt_caddy *caddy, const struct dt_caddy_token *words, size_t count,
                       unsigned named, struct dt_caddy_cond *cond)
{
    bool expression = cond->kind == DT_CADDY_PATH_RE || cond->kind == DT_CADDY_HEADER_RE ||
                      cond->kind == DT_CADDY_VARS_RE;
    size_t wanted = named + 1;
    if (expression && count == wanted + 1) {
        cond->group = words->text;
        words++;
        count--;
    }
    bool absent = cond->kind == DT_CADDY_HEADER && count == 1 && words->text.len > 1 &&
                  words->text.ptr[0] == '!';
    if (count < wanted && !absent)
        return DT_CADDY_REFUSE(caddy, cond->at, "caddy-matcher", "something is missing behind it");
    if ((expression || cond->kind == DT_CADDY_PROTOCOL || cond->kind == DT_CADDY_HEADER) &&
        count > wanted)
        return DT_CADDY_REFUSE(caddy, &words[wanted], "caddy-matcher", "one word too many");
    if (named) {
        cond->name = dt_slice_from(words->text, absent);
        words++;
        count--;
    }
    if ((cond->kind == DT_CADDY_VARS || cond->kind == DT_CADDY_VARS_RE) &&
        !without_braces(&cond->name))
        return DT_CADDY_REFUSE(caddy, cond->at, "caddy-matcher",
                               "a variable: only placeholders in braces are known here");
    for (size_t i = 0; i < count; i++)
        if (!add_arg(caddy, cond, words[i].text))
            return false;
    return true;
}

/* "{dest} != ''" of CEL; nothing else of it is read. */
static bool read_expression(struct dt_caddy *caddy, const struct dt_caddy_token *words,
                            size_t count, struct dt_caddy_cond *cond)
{
    struct dt_slice text = count ? words->text : DT_SLICE_NONE;
    bool unequal = false;
    cond->kind = DT_CADDY_VARS;
    if (count == 3) {
        cond->name = words[0].text;
        unequal = dt_caddy_is_text(&words[1], "!=") && (words[2].quoted || words[2].text.len == 2);
    } else if (count == 1) {
        const char *space = text.len ? memchr(text.ptr, ' ', text.len) : NULL;
        cond->name = dt_slice_of(text.ptr, space ? (size_t)(space - text.ptr) : 0);
        struct dt_slice rest = dt_slice_from(text, cond->name.len);
        unequal = dt_slice_eq(rest, DT_S(" != \"\"")) || dt_slice_eq(rest, DT_S(" != ''"));
    }
    if (!unequal || !without_braces(&cond->name))
        return DT_CADDY_REFUSE(caddy, cond->at, "caddy-expression",
                               "expressions are not read, but for {x} != \"\"");
    cond->negated = !cond->negated;
    return add_arg(caddy, cond, DT_S(""));
}

/* A cond of this kind that the new one is an alternative to. */
static struct dt_caddy_cond *like(struct dt_caddy_cond *list, const struct dt_caddy_cond *made)
{
    for (; list; list = list->next) {
        bool fields = made->kind == DT_CADDY_HEADER || made->kind == DT_CADDY_VARS;
        if (list->kind == made->kind && !list->negated && !made->negated && !made->doubled &&
            !list->doubled && made->kind != DT_CADDY_PATH_RE && made->kind != DT_CADDY_HEADER_RE &&
            made->kind != DT_CADDY_VARS_RE && list->count && made->count &&
            (!fields || dt_slice_eq_nocase(list->name, made->name)))
            return list;
    }
    return NULL;
}

static bool push(struct dt_caddy *caddy, struct dt_caddy_matcher_def *def,
                 struct dt_caddy_cond *made)
{
    struct dt_caddy_cond **tail = &def->conds, *same = like(def->conds, made);
    for (size_t i = 0; same && i < made->count; i++)
        if (!add_arg(caddy, same, made->args[i]))
            return false;
    if (same)
        return true;
    for (; *tail; tail = &(*tail)->next) {
        bool twice = (*tail)->kind == made->kind && !(*tail)->negated && !made->negated &&
                     !(*tail)->doubled && !made->doubled;
        bool vars = made->kind == DT_CADDY_VARS_RE || made->kind == DT_CADDY_VARS;
        if (twice &&
            (made->kind == DT_CADDY_PATH_RE || vars ||
             (made->kind == DT_CADDY_HEADER_RE && dt_slice_eq_nocase((*tail)->name, made->name))))
            return DT_CADDY_REFUSE(caddy, made->at, "caddy-matcher",
                                   "a second one, which Caddy takes as an alternative or refuses");
    }
    *tail = made;
    return true;
}

/* How a line of a matcher is meant. */
struct sense {
    bool negated;
    bool doubled; /* not not */
};

static bool read_line(struct dt_caddy *caddy, const struct dt_caddy_node *node, size_t from,
                      struct sense sense, struct dt_caddy_matcher_def *def);

static bool read_not(struct dt_caddy *caddy, const struct dt_caddy_node *node, size_t from,
                     struct sense sense, struct dt_caddy_matcher_def *def)
{
    struct dt_caddy_matcher_def inner = {0};
    struct sense opposite = {!sense.negated, sense.negated}, plain = {false, false};
    bool fine = true;
    if (from < node->count) /* a block may follow it: not header {...} is none that Caddy has */
        return read_line(caddy, node, from, opposite, def);
    for (const struct dt_caddy_node *line = node->children; line && fine; line = line->next)
        fine = read_line(caddy, line, 0, plain, &inner);
    if (!fine)
        return false;
    if (!inner.conds || inner.conds->next)
        return DT_CADDY_REFUSE(caddy, node->tokens, "caddy-matcher",
                               "a not with several matchers in it: write each with a not, or as a "
                               "directive of its own");
    inner.conds->negated ^= !sense.negated;
    return push(caddy, def, inner.conds);
}

static bool read_line(struct dt_caddy *caddy, const struct dt_caddy_node *node, size_t from,
                      struct sense sense, struct dt_caddy_matcher_def *def)
{
    const struct dt_caddy_token *word = &node->tokens[from];
    if (from >= node->count)
        return true;
    if (dt_caddy_is_text(word, "not"))
        return read_not(caddy, node, from + 1, sense, def);
    struct dt_caddy_cond *made = dt_caddy_new(caddy, sizeof *made);
    if (!made)
        return false;
    made->at = word;
    made->negated = sense.negated;
    made->doubled = sense.doubled;
    bool cel = word->quoted || dt_caddy_is_text(word, "expression");
    size_t skip = from + !word->quoted;
    if (cel)
        return read_expression(caddy, &node->tokens[skip], node->count - skip, made) &&
               push(caddy, def, made);
    for (size_t i = 0; i < KINDS; i++) {
        if (!dt_caddy_is_text(word, kinds[i].name))
            continue;
        made->kind = kinds[i].kind;
        return read_words(caddy, word + 1, node->count - from - 1, kinds[i].named, made) &&
               push(caddy, def, made);
    }
    return DT_CADDY_REFUSE(caddy, word, "caddy-matcher", "%.*s is no matcher that is read",
                           DT_SLICE_FMT(word->text));
}

void dt_caddy_matchers(struct dt_caddy *caddy, const struct dt_caddy_node *nodes,
                       struct dt_caddy_scope *scope)
{
    for (const struct dt_caddy_node *node = nodes; node; node = node->next) {
        if (!node->count || !node->tokens[0].text.len || node->tokens[0].text.ptr[0] != '@')
            continue;
        struct dt_caddy_matcher_def *def = dt_caddy_new(caddy, sizeof *def);
        if (!def)
            return;
        def->name = node->tokens[0].text;
        const struct sense plain = {false, false};
        bool fine = node->count < 2 || read_line(caddy, node, 1, plain, def);
        bool whole = node->count < 2;
        for (const struct dt_caddy_node *line = node->children; line && fine && whole;
             line = line->next)
            fine = read_line(caddy, line, 0, plain, def);
        def->broken = !fine;
        def->next = scope->matchers;
        scope->matchers = def;
    }
}

static const struct dt_caddy_matcher_def *find(const struct dt_caddy_scope *scope,
                                               struct dt_slice name)
{
    for (; scope; scope = scope->outer)
        for (const struct dt_caddy_matcher_def *def = scope->matchers; def; def = def->next)
            if (dt_slice_eq(def->name, name))
                return def;
    return NULL;
}

bool dt_caddy_matcher(struct dt_caddy *caddy, const struct dt_caddy_scope *scope,
                      const struct dt_caddy_node *node, const struct dt_caddy_cond **ret,
                      size_t *ret_args)
{
    const struct dt_caddy_token *word = node->count > 1 ? &node->tokens[1] : NULL;
    *ret = NULL;
    *ret_args = 1;
    if (!word || !word->text.len)
        return true;
    *ret_args = 2;
    if (dt_caddy_is_text(word, "*"))
        return true;
    if (word->text.ptr[0] == '/') {
        struct dt_caddy_cond *made = dt_caddy_new(caddy, sizeof *made);
        if (!made)
            return false;
        *made = (struct dt_caddy_cond){.kind = DT_CADDY_PATH, .at = word};
        *ret = made;
        return add_arg(caddy, made, word->text);
    }
    if (word->text.ptr[0] == '@') {
        const struct dt_caddy_matcher_def *def = find(scope, word->text);
        if (!def)
            return DT_CADDY_REFUSE(caddy, word, "caddy-matcher", "no matcher of this name");
        *ret = def->conds;
        return !def->broken;
    }
    *ret_args = 1;
    return true;
}
