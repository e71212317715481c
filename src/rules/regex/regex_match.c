/* SPDX-License-Identifier: MIT
 *
 * PCRE2 backtracks, so a short expression and a long path can cost years: (a+)+$. Its match limit
 * alone is no bound: it is counted anew from each place where a match could begin, and between two
 * counts a thousand bytes may be gone over. So a match is tried twice. The first time the limit is
 * so low that all beginnings together cost half a millisecond at most, which is more than nearly
 * every match ever needs. When it is reached, the expression is compiled again with a callout
 * before each of its parts, and these count for all beginnings together, with the way that was made
 * between them. Who reaches that limit too does not match.
 */
#include "rules/regex/regex_match.h"

#include <detour/location.h>
#include <stdlib.h>

/* In tenths of a nanosecond, as measured with the JIT; the interpreter takes four times as long. */
#define QUICK_COST 5000000u
#define STEP_COST 40u /* of a count, and one more for each byte of the subject */
#define QUICK_LIMIT_MIN 16u

#define CAREFUL_STEPS 60000u /* about 10 to 20 ns each */
#define STEP_BYTES 32u       /* that are gone over in the time of one step */
#define INTERPRETED 4u

#define DEPTH_LIMIT 20000u
#define HEAP_LIMIT 2048u /* KiB */
#define JIT_STACK_FIRST ((size_t)64 << 10)
#define JIT_STACK_MAX ((size_t)512 << 10)

struct dt_matcher {
    pcre2_match_context *quick;
    pcre2_match_context *careful;
    pcre2_match_data *data;
    pcre2_jit_stack *stack; /* NULL: there is no JIT, all is interpreted */
    uint32_t steps;         /* left */
    uint32_t each;          /* what a step costs at least */
    size_t last;            /* where the last one was */
};

/* ---- The two contexts ---- */

static int count_step(pcre2_callout_block *block, void *ctx)
{
    struct dt_matcher *m = ctx;
    size_t at = block->current_position;
    size_t way = at > m->last ? at - m->last : m->last - at;
    size_t cost = m->each + way / STEP_BYTES;
    m->last = at;
    if (cost >= m->steps)
        return PCRE2_ERROR_CALLOUT;
    m->steps -= (uint32_t)cost;
    return 0;
}

static pcre2_match_context *make_context(pcre2_jit_stack *stack)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!context)
        return NULL;
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT);
    if (stack)
        pcre2_jit_stack_assign(context, NULL, stack);
    return context;
}

struct dt_matcher *dt_matcher_new(void)
{
    struct dt_matcher *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    uint32_t jit = 0;
    (void)pcre2_config(PCRE2_CONFIG_JIT, &jit);
    if (jit)
        m->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
    m->quick = make_context(m->stack);
    m->careful = make_context(m->stack);
    m->data = pcre2_match_data_create(DT_CAPTURES_MAX, NULL);
    if (!m->quick || !m->careful || !m->data) {
        dt_matcher_free(m);
        return NULL;
    }
    pcre2_set_match_limit(m->careful, 100 * CAREFUL_STEPS);
    pcre2_set_callout(m->careful, count_step, m);
    return m;
}

void dt_matcher_free(struct dt_matcher *matcher)
{
    if (!matcher)
        return;
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->quick);
    pcre2_match_context_free(matcher->careful);
    pcre2_jit_stack_free(matcher->stack);
    free(matcher);
}

/* ---- Compiling ---- */

/* What the JIT is not good at, as far as the text shows it; seen too often is no harm. A recursion,
 * (?R) (?1) (?&name) (?P>name) \g<name>, costs more the deeper it is, and no limit counts that. A
 * group that is repeated possessively, (a)*+, keeps what it caught when it was given up again
 * (10.42; PCRE2's issue 324). */
static bool is_for_interpreter(struct dt_slice text)
{
    for (size_t i = 0; i + 2 < text.len; i++) {
        const char *at = text.ptr + i;
        bool group = at[0] == ')' && (at[1] == '*' || at[1] == '+' || at[1] == '?');
        if ((group && at[2] == '+') || memcmp(at + 1, "}+", 2) == 0 || memcmp(at, "\\g", 2) == 0 ||
            (memcmp(at, "(?", 2) == 0 && strchr("R&P+-0123456789", at[2])))
            return true;
    }
    return false;
}

static pcre2_code *compile(struct dt_slice text, uint32_t options)
{
    int failure;
    size_t at;
    return pcre2_compile((PCRE2_SPTR)(text.len ? text.ptr : ""), text.len, options, &failure, &at,
                         NULL);
}

static uint32_t info(const pcre2_code *code, uint32_t what)
{
    uint32_t value = 0;
    (void)pcre2_pattern_info(code, what, &value);
    return value;
}

/* ^x, and .*x: where a line begins. */
static bool begins_at_one_place(const pcre2_code *code)
{
    return (info(code, PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) ||
           info(code, PCRE2_INFO_FIRSTCODETYPE) == 2;
}

/* What is done to find where a match could begin, and how long it must be, has been wrong in one
 * version and another: (1|)b*1 does not match 1 in 10.42 (the JIT; PCRE2's issue 336), 10.45 has
 * issue 874, and with a reference to a group in itself the least length is too great. It saves a
 * few dozen nanoseconds, and is done without but for ^x and .*x, which have no use for it.
 *
 * Where no memory may be executed the JIT fails, and PCRE2 interprets. */
static pcre2_code *compile_for_match(struct dt_slice text, uint32_t options, bool *ret_one_place)
{
    pcre2_code *code = compile(text, options);
    if (!code)
        return NULL;
    *ret_one_place = begins_at_one_place(code);
    if (!*ret_one_place || info(code, PCRE2_INFO_BACKREFMAX) > 0) {
        pcre2_code_free(code);
        code = compile(text, options | PCRE2_NO_START_OPTIMIZE);
        *ret_one_place = code && (info(code, PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED);
    }
    if (code && !is_for_interpreter(text))
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

bool dt_regex_code_init(struct dt_regex_code *code, struct dt_slice text, bool nocase)
{
    bool one_place;
    pcre2_code *quick = compile_for_match(text, dt_regex_options(nocase), &one_place);
    if (!quick)
        return false;
    uint32_t groups = info(quick, PCRE2_INFO_CAPTURECOUNT) + 1;
    size_t compiled = 0;
    (void)pcre2_pattern_info(quick, PCRE2_INFO_JITSIZE, &compiled);
    *code =
        (struct dt_regex_code){.quick = quick, .one_place = one_place, .compiled = compiled > 0};
    code->groups = (uint16_t)(groups < DT_CAPTURES_MAX ? groups : DT_CAPTURES_MAX);
    return true;
}

void dt_regex_code_release(struct dt_regex_code *code)
{
    pcre2_code_free(code->quick);
    pcre2_code_free(code->careful);
    *code = (struct dt_regex_code){0};
}

/* ---- Matching ---- */

static enum dt_regex_result result_of(int code)
{
    switch (code) {
    case PCRE2_ERROR_NOMATCH:
        return DT_REGEX_NO;
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_RECURSELOOP:
    case PCRE2_ERROR_CALLOUT:
        return DT_REGEX_LIMIT;
    default:
        return code < 0 ? DT_REGEX_DAMAGED : DT_REGEX_YES;
    }
}

static enum dt_regex_result run(struct dt_matcher *m, const struct dt_regex_code *code,
                                const pcre2_code *with, pcre2_match_context *context,
                                struct dt_slice subject)
{
    int pairs = pcre2_match(with, (PCRE2_SPTR)(subject.len ? subject.ptr : ""), subject.len, 0, 0,
                            m->data, context);
    enum dt_regex_result result = result_of(pairs);
    if (result != DT_REGEX_YES)
        return result;
    size_t *offsets = pcre2_get_ovector_pointer(m->data);
    for (size_t i = 2 * (size_t)pairs; i < 2 * (size_t)code->groups; i++)
        offsets[i] = SIZE_MAX;
    if (offsets[0] > offsets[1])
        offsets[0] = offsets[1]; /* \K in what looks ahead */
    return DT_REGEX_YES;
}

/* The limit for each beginning, so that all of them together keep to QUICK_COST. */
static uint32_t quick_limit(const struct dt_regex_code *code, size_t len)
{
    uint64_t cost = (code->one_place ? 1 : (uint64_t)len + 1) * (STEP_COST + len);
    return (uint32_t)(QUICK_COST / cost / (code->compiled ? 1 : INTERPRETED));
}

enum dt_regex_result dt_matcher_quick(struct dt_matcher *m, const struct dt_regex_code *code,
                                      struct dt_slice subject)
{
    uint32_t limit = quick_limit(code, subject.len);
    if (limit < QUICK_LIMIT_MIN)
        return DT_REGEX_LIMIT;
    pcre2_set_match_limit(m->quick, limit);
    return run(m, code, code->quick, m->quick, subject);
}

enum dt_regex_result dt_matcher_careful(struct dt_matcher *m, struct dt_regex_code *code,
                                        struct dt_slice text, bool nocase, struct dt_slice subject)
{
    bool one_place;
    if (!code->careful)
        code->careful =
            compile_for_match(text, dt_regex_options(nocase) | PCRE2_AUTO_CALLOUT, &one_place);
    if (!code->careful)
        return DT_REGEX_LIMIT; /* with callouts it is too large */
    bool compares = info(code->careful, PCRE2_INFO_BACKREFMAX) > 0;
    m->steps = CAREFUL_STEPS / (code->compiled ? 1 : INTERPRETED);
    m->each = 1 + (compares ? (uint32_t)(subject.len / STEP_BYTES) : 0);
    m->last = 0;
    return run(m, code, code->careful, m->careful, subject);
}

const size_t *dt_matcher_groups(const struct dt_matcher *m)
{
    return pcre2_get_ovector_pointer(m->data);
}
