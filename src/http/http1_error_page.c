/* SPDX-License-Identifier: MIT
 *
 * Each page is one string literal: an error answer is what an attacker can make us write most
 * often, so it costs a copy and nothing else, and it holds no byte of the request.
 */
#include "http/http1_error_page.h"

/* X(status, reason, sentence); the reasons are those of the status table, and a test says so. */
#define PAGES(X)                                                                                   \
    X(400, "Bad Request", "The request is not valid HTTP, so it was not read any further.")        \
    X(404, "Not Found", "There is nothing at this address, and it does not lead anywhere else.")   \
    X(405, "Method Not Allowed", "This method cannot be used here.")                               \
    X(408, "Request Timeout", "The request took too long to arrive.")                              \
    X(410, "Gone", "What was at this address is gone, and will not come back.")                    \
    X(414, "URI Too Long", "The address is longer than this server reads.")                        \
    X(417, "Expectation Failed", "What the request expects cannot be met.")                        \
    X(421, "Misdirected Request", "This server does not answer for that host.")                    \
    X(429, "Too Many Requests", "There were too many requests. Please try again later.")           \
    X(431, "Request Header Fields Too Large",                                                      \
      "The request has more fields than this server "                                              \
      "reads. Deleting cookies may help.")                                                         \
    X(451, "Unavailable For Legal Reasons", "This address may not be shown, for legal reasons.")   \
    X(500, "Internal Server Error", "Something is wrong here. Please try again later.")            \
    X(501, "Not Implemented", "The request asks for something that this server cannot do.")        \
    X(503, "Service Unavailable", "This is not available now. Please try again later.")            \
    X(505, "HTTP Version Not Supported", "This server speaks HTTP/1.0 and HTTP/1.1.")

#define PAGE(status, reason, sentence)                                                             \
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" #status           \
    " " reason "</title></head>\n<body>\n<h1>" reason "</h1>\n<p>" sentence "</p>\n</body>\n"      \
    "</html>\n"

struct dt_slice dt_http1_error_page(unsigned status)
{
    switch (status) {
#define X(code, reason, sentence)                                                                  \
    case code:                                                                                     \
        return DT_S(PAGE(code, reason, sentence));
        PAGES(X)
#undef X
    default:
        return DT_SLICE_NONE;
    }
}
