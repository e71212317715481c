/* SPDX-License-Identifier: MIT
 *
 * The target's host: an address in place of a name, letters of several scripts, http behind https.
 */
#include "rules/check/lint.h"
#include "rules/check/scripts.h"

#include "uri/punycode.h"

#define LONGEST_LABEL 63u /* of the DNS (RFC 1035 section 2.3.4) */

/* The host parser has brought every spelling of an IPv4 address to four numbers. */
static bool is_ipv4(struct dt_slice host)
{
    unsigned dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == '.')
            dots++;
        else if (host.ptr[i] < '0' || host.ptr[i] > '9')
            return false;
    }
    return dots == 3;
}

static bool is_localhost(struct dt_slice host)
{
    struct dt_slice name = DT_S("localhost");
    return dt_slice_eq(host, name) ||
           (host.len > name.len && host.ptr[host.len - name.len - 1] == '.' &&
            dt_slice_eq(dt_slice_from(host, host.len - name.len), name));
}

static void check_address(struct dt_checker *checker, uint32_t number,
                          const struct dt_lint_target *target)
{
    bool local = is_localhost(target->host) || dt_slice_starts(target->host, DT_S("127.")) ||
                 dt_slice_eq(target->host, DT_S("[::1]"));
    if (!local && !is_ipv4(target->host) && !dt_slice_starts(target->host, DT_S("[")))
        return;
    struct dt_finding *finding =
        dt_check_add(checker, DT_FIND_TARGET_ADDRESS, number, dt_lint_example(checker, number),
                     local ? "%.*s is the visitor's own machine" : "%.*s is an address, not a name",
                     DT_SLICE_FMT(target->host));
    dt_lint_at_target(checker, finding);
}

/* ---- Scripts ---- */

/* True when the label was told. */
static bool check_label(struct dt_checker *checker, uint32_t number, struct dt_slice label)
{
    uint32_t cps[LONGEST_LABEL];
    const char *names[2] = {"", ""};
    size_t len;
    if (!dt_slice_starts(label, DT_S("xn--")) ||
        dt_punycode_decode(dt_slice_from(label, 4), cps, LONGEST_LABEL, &len) != DT_OK)
        return false;
    enum dt_script_verdict verdict = dt_script_judge(cps, len, names);
    if (verdict == DT_SCRIPT_PLAIN)
        return false;
    struct dt_slice example = dt_lint_example(checker, number);
    struct dt_finding *finding =
        verdict == DT_SCRIPT_MIXED
            ? dt_check_add(checker, DT_FIND_TARGET_MIXED_SCRIPT, number, example,
                           "%.*s has letters of two scripts: %s and %s", DT_SLICE_FMT(label),
                           names[0], names[1])
            : dt_check_add(checker, DT_FIND_TARGET_MIXED_SCRIPT, number, example,
                           "%.*s is all %s, and each of its letters looks like a Latin one",
                           DT_SLICE_FMT(label), names[0]);
    dt_lint_at_target(checker, finding);
    return true;
}

static void check_scripts(struct dt_checker *checker, uint32_t number, struct dt_slice host)
{
    if (!memmem(host.ptr, host.len, "xn--", 4))
        return;
    while (host.len) {
        const char *dot = memchr(host.ptr, '.', host.len);
        size_t len = dot ? (size_t)(dot - host.ptr) : host.len;
        if (check_label(checker, number, dt_slice_of(host.ptr, len)))
            return;
        host = dt_slice_from(host, len + 1);
    }
}

void dt_lint_host(struct dt_checker *checker, uint32_t number, const struct dt_lint_target *target)
{
    const struct dt_rule *rule = dt_ruleset_rule(checker->set, number);
    if (!target->web || target->host.len == 0)
        return;
    check_address(checker, number, target);
    check_scripts(checker, number, target->host);
    if (rule->scheme != DT_SCHEME_HTTPS || !dt_slice_eq(target->scheme, DT_S("http")))
        return;
    struct dt_finding *finding =
        dt_check_add(checker, DT_FIND_TARGET_DOWNGRADE, number, dt_lint_example(checker, number),
                     "a request that came by https is sent to http");
    dt_lint_at_target(checker, finding);
}
