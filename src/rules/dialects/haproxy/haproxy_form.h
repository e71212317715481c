/* SPDX-License-Identifier: MIT
 *
 * The lines by which HAProxy is told to bring a request to the normal form that rules are compared
 * in. HAProxy's own `path` is what the client wrote. Its `http-request normalize-uri` knows these
 * steps too, but only under expose-experimental-directives, and it changes what a backend gets; so
 * variables are set instead. The writer writes these texts, and the reader knows them again: to it
 * they change nothing, for its rules are about the normal form anyway.
 */
#ifndef DT_RULES_HAPROXY_FORM_H
#define DT_RULES_HAPROXY_FORM_H

#define DT_HAPROXY_HOST "txn.rd_host"     /* lower case, without port and final dot */
#define DT_HAPROXY_PATH "txn.rd_path"     /* normal form */
#define DT_HAPROXY_QUERY "txn.rd_query"   /* normal form, without "?"; may be unset */
#define DT_HAPROXY_TAIL "txn.rd_tail"     /* the query with its "?", or empty */
#define DT_HAPROXY_KEY "txn.rd_key"       /* host and path */
#define DT_HAPROXY_SCHEME "txn.rd_scheme" /* "http" or "https" */
#define DT_HAPROXY_PORT "txn.rd_port"     /* the one in effect */
#define DT_HAPROXY_URL "txn.rd_url"       /* scheme://host:port/path?query */
#define DT_HAPROXY_TO "txn.rd_to"         /* what a map has */

#define DT_HAPROXY_VAR(name) "var(" name ")"

/* A lone "%" is an escaped one, and escapes of letters, digits and "-._~" are undone: the "%" of
 * all others is escaped first, so that url_dec gives it back. */
#define DT_HAPROXY_KEEP_ESCAPES                                                                    \
    "regsub(\"%(?![0-9A-F]{2})\",\"%25\",gi),"                                                     \
    "regsub(\"%(?!2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])\",\"%25\",gi)"
#define DT_HAPROXY_DECODE_PATH "path," DT_HAPROXY_KEEP_ESCAPES ",url_dec"
/* url_dec takes a "+" behind a "?" for a blank. */
#define DT_HAPROXY_DECODE_QUERY                                                                    \
    "query," DT_HAPROXY_KEEP_ESCAPES ",regsub(\"\\+\",\"%2B\",g),url_dec"

/* Escapes in capitals. */
#define DT_HAPROXY_CAPITALS                                                                        \
    "regsub(\"%a\",\"%A\",g),regsub(\"%b\",\"%B\",g),regsub(\"%c\",\"%C\",g),"                     \
    "regsub(\"%d\",\"%D\",g),regsub(\"%e\",\"%E\",g),regsub(\"%f\",\"%F\",g),"                     \
    "regsub(\"(%.)a\",\"\\1A\",g),regsub(\"(%.)b\",\"\\1B\",g),regsub(\"(%.)c\",\"\\1C\",g),"      \
    "regsub(\"(%.)d\",\"\\1D\",g),regsub(\"(%.)e\",\"\\1E\",g),regsub(\"(%.)f\",\"\\1F\",g)"

/* "." and ".." (RFC 3986 section 5.2.4). */
#define DT_HAPROXY_DOTS                                                                            \
    "regsub(\"/\\.(?=/)\",\"\",g),regsub(\"/\\.$\",\"/\"),regsub(\"/\\.\\.$\",\"/../\"),"          \
    "regsub(\"(/(?!\\.\\./)[^/]*(?1)*/\\.\\.)(?=/)\",\"\",g),regsub(\"^(/\\.\\.)+(?=/)\",\"\")"

/* A path that begins with two slashes would be sent as another host. */
#define DT_HAPROXY_GUARD "regsub(\"^//\",\"/.//\")"

/* Behind a map's value "folder target" and the path: the target and what is below the folder. */
#define DT_HAPROXY_BELOW "regsub(\"^([^ ]*) ([^ ]*) \\1/?(.*)$\",\"\\2\\3\")"
#define DT_HAPROXY_BELOW_NOCASE "regsub(\"^([^ ]*) ([^ ]*) \\1/?(.*)$\",\"\\2\\3\",i)"

/* A target's own, and behind it. */
#define DT_HAPROXY_BEFORE_HASH "regsub(\"#.*\",\"\")"
#define DT_HAPROXY_FROM_HASH "regsub(\"^[^#]*\",\"\")"

/* Filters of the query: names stand between BEGIN and END. What is left is tidied. */
#define DT_HAPROXY_LESS_BEGIN "regsub(\"(?<![^&])(?:"
#define DT_HAPROXY_LESS_END ")(?:=[^&]*)?(?:&+|$)\",\"\",g)"
#define DT_HAPROXY_ONLY_BEGIN "regsub(\"(?<![^&])(?!(?:"
#define DT_HAPROXY_ONLY_END ")(?:=|&|$))[^&]+(?:&+|$)\",\"\",g)"
#define DT_HAPROXY_TIDY "regsub(\"&&+\",\"&\",g),regsub(\"^&\",\"\"),regsub(\"&$\",\"\")"
#define DT_HAPROXY_ASK "regsub(\"^(.)\",\"?\\1\")"
#define DT_HAPROXY_AND "regsub(\"^(.)\",\"&\\1\")"

/* The host of a referer, as an expression for the field. */
#define DT_HAPROXY_REFERER_BEGIN "^[^/]*//(?:[^/?#]*@)?(?i:"
#define DT_HAPROXY_REFERER_BELOW "[^/?#:@]+\\."
#define DT_HAPROXY_REFERER_DOMAIN "(?:[^/?#:@]+\\.)?"
#define DT_HAPROXY_REFERER_END ")\\.?(?::[^/?#]*)?(?:[/?#]|$)"

/* ---- What the variables are set to ---- */

#define DT_HAPROXY_SET_HOST "req.hdr(host),host_only,lower,regsub(\"\\.$\",\"\")"
#define DT_HAPROXY_SET_CAPITALS_PATH DT_HAPROXY_VAR(DT_HAPROXY_PATH) "," DT_HAPROXY_CAPITALS
#define DT_HAPROXY_SET_CAPITALS_QUERY DT_HAPROXY_VAR(DT_HAPROXY_QUERY) "," DT_HAPROXY_CAPITALS
#define DT_HAPROXY_SET_DOTS DT_HAPROXY_VAR(DT_HAPROXY_PATH) "," DT_HAPROXY_DOTS
#define DT_HAPROXY_SET_TAIL DT_HAPROXY_VAR(DT_HAPROXY_QUERY) "," DT_HAPROXY_ASK
#define DT_HAPROXY_SET_KEY DT_HAPROXY_VAR(DT_HAPROXY_HOST) ",concat(," DT_HAPROXY_PATH ")"
/* The port is in a URL when it is not the scheme's own. */
#define DT_HAPROXY_SET_URL                                                                         \
    DT_HAPROXY_VAR(DT_HAPROXY_SCHEME)                                                              \
    ",concat(://," DT_HAPROXY_HOST "),concat(:," DT_HAPROXY_PORT                                   \
    "),regsub(\"^(http:.*):80$\",\"\\1\"),regsub(\"^(https:.*):443$\",\"\\1\")"                    \
    ",concat(\"\"," DT_HAPROXY_PATH "),concat(\"\"," DT_HAPROXY_TAIL ")"
/* Into what a map has, before DT_HAPROXY_BELOW. */
#define DT_HAPROXY_WITH_PATH "concat(\" \"," DT_HAPROXY_PATH ")"

#endif
