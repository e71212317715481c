/* SPDX-License-Identifier: MIT
 *
 * What is answered, before it is bytes of one protocol. Every protocol's writer takes this.
 */
#ifndef DT_HTTP_ANSWER_H
#define DT_HTTP_ANSWER_H

#include <detour/slice.h>
#include <stdint.h>

struct dt_answer {
    uint16_t status;
    bool close;               /* the connection must not go on after this (HTTP/1) */
    uint32_t retry_after;     /* seconds; DT_RETRY_AFTER_NONE (UINT32_MAX): not sent */
    struct dt_slice location; /* empty: not sent */
    struct dt_slice cache;    /* Cache-Control value; empty: not sent */
    struct dt_slice vary;     /* Vary value; empty: not sent */
    struct dt_slice fields;   /* more field lines, each with its CR LF; none that is named here */
    struct dt_slice allow;    /* Allow value, for 405; empty: not sent */
    struct dt_slice body;     /* text/html; charset=utf-8; empty: Content-Length: 0 */
};

#endif
