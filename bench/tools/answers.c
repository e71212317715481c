/* SPDX-License-Identifier: MIT
 *
 * Every answer of a run passes through here, millions of them, so the walk looks at the first
 * letter of a field's name before it compares the whole.
 */
#include "answers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct head {
    struct dt_answer *answer;
    size_t body_len;
    bool chunked;
};

/* The field's value when its name (with the colon) is this one, else NULL. */
static const char *value_of(const char *line, const char *name, size_t name_len)
{
    if (strncasecmp(line, name, name_len) != 0)
        return NULL;
    line += name_len;
    while (*line == ' ')
        line++;
    return line;
}

/* The head ends in CR LF CR LF, so that no read of a line runs past it. */
static void read_field(struct head *head, const char *line, const char *end)
{
    const char *value;
    switch (*line | 0x20) {
    case 'c':
        if ((value = value_of(line, "content-length:", 15)) != NULL)
            head->body_len = strtoul(value, NULL, 10);
        else if ((value = value_of(line, "connection:", 11)) != NULL)
            head->answer->closing = strncasecmp(value, "close", 5) == 0;
        break;
    case 'l':
        if ((value = value_of(line, "location:", 9)) != NULL) {
            head->answer->location = value;
            head->answer->location_len = (size_t)(end - value);
        }
        break;
    case 't':
        if (value_of(line, "transfer-encoding:", 18) != NULL)
            head->chunked = true;
        break;
    default:
        break;
    }
}

bool dt_answer_read(const char *bytes, size_t len, struct dt_answer *ret)
{
    const char *head_end = memmem(bytes, len, "\r\n\r\n", 4);
    if (head_end == NULL || head_end - bytes < 12)
        return false;
    struct dt_answer answer = {.status = atoi(bytes + 9)};
    struct head head = {.answer = &answer};
    const char *line = memchr(bytes, '\n', (size_t)(head_end - bytes));
    while (line != NULL && ++line < head_end) {
        const char *next = memchr(line, '\n', (size_t)(head_end - line));
        read_field(&head, line, next != NULL ? next - 1 : head_end);
        line = next;
    }
    const char *body = head_end + 4;
    size_t rest = len - (size_t)(body - bytes);
    if (head.chunked) {
        const char *last = memmem(body, rest, "0\r\n\r\n", 5);
        if (last == NULL)
            return false;
        head.body_len = (size_t)(last - body) + 5;
    } else if (rest < head.body_len) {
        return false;
    }
    answer.len = (size_t)(body - bytes) + head.body_len;
    *ret = answer;
    return true;
}
