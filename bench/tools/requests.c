/* SPDX-License-Identifier: MIT
 *
 * Building is done before any clock runs: in the measured loop a request is a pointer and a length.
 * The heads stand one behind the other in memory, as the key file had them.
 */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    return false;
}

static void set_location(struct dt_request *request, int version, const char *location)
{
    request->location[version] = location;
    request->location_len[version] = location != NULL ? strlen(location) : 0;
}

static bool add(struct dt_requests *requests, const char *path, const char *fields)
{
    if ((requests->count & (requests->count - 1)) == 0) { /* full at each power of two */
        size_t room = requests->count == 0 ? 1 : requests->count * 2;
        struct dt_request *items = realloc(requests->items, room * sizeof *items);
        if (items == NULL)
            return complain("out of memory");
        requests->items = items;
    }
    char *head = NULL;
    const char *host = "www.example.ai";
    int host_len = (int)strlen(host);
    if (strncmp(path, "http://", 7) == 0) {
        host = path + 7;
        host_len = (int)strcspn(host, "/");
        path = host + host_len;
    }
    int len =
        asprintf(&head, "GET %s HTTP/1.1\r\nHost: %.*s\r\n%s\r\n", path, host_len, host, fields);
    if (len < 0)
        return complain("out of memory");
    requests->items[requests->count++] = (struct dt_request){.head = head, .head_len = (size_t)len};
    return true;
}

bool dt_requests_one(const char *path, const char *location, const char *fields,
                     struct dt_requests *ret)
{
    *ret = (struct dt_requests){0};
    if (!add(ret, path, fields))
        return false;
    set_location(&ret->items[0], 0, location);
    return true;
}

bool dt_requests_read(const char *path, const char *fields, struct dt_requests *ret)
{
    *ret = (struct dt_requests){0};
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return complain("cannot open the key file");
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    while (ok && getline(&line, &room, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        char *rest = line; /* each line is kept: the locations point into it */
        const char *key = strsep(&rest, "\t");
        ok = add(ret, key, fields);
        for (int version = 0; ok && version < 2 && rest != NULL; version++)
            set_location(&ret->items[ret->count - 1], version, strsep(&rest, "\t"));
        line = NULL;
        room = 0;
    }
    free(line);
    fclose(file);
    if (ok && ret->count == 0)
        return complain("the key file is empty");
    return ok;
}
