/* SPDX-License-Identifier: MIT
 *
 * Who asks: the first line of the input is a list of trusted networks, the others are values of
 * X-Forwarded-For. Whatever they are, the client is never one that only a client has vouched for:
 * with a peer that is not trusted it is the peer, and what a trusted one added last decides. Taking
 * a value apart does not depend on what stands before its last address.
 */
#include "semantics/network.h"
#include "server/client.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine)
        abort();
}

static struct dt_slice next_line(struct dt_slice *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    struct dt_slice line = dt_slice_of(rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len);
    *rest = dt_slice_from(*rest, line.len + 1);
    return line;
}

static bool is_trusted(const struct dt_client_trust *trust, const uint8_t address[16])
{
    bool found = false;
    for (unsigned i = 0; i < trust->count; i++)
        found |= dt_net_has(&trust->proxies[i], address);
    return found;
}

static struct dt_request find(const struct dt_client_trust *trust,
                              const struct dt_http_request *request)
{
    static char country[2];
    struct dt_request found = {0};
    dt_client_find(trust, request, DT_NEED_ADDRESS | DT_NEED_COUNTRY, country, &found);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dt_http_request request;
    struct dt_client_trust trust = {0};
    struct dt_slice rest = dt_slice_of((const char *)data, size);
    struct dt_slice bad = DT_SLICE_NONE;
    uint8_t peer[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1};
    enum dt_err err = dt_client_trust_add(&trust, next_line(&rest), &bad);
    must(err == DT_OK || err == DT_ERR_INVALID || err == DT_ERR_LIMIT);
    request.peer = peer;
    for (request.nfields = 0; rest.len && request.nfields < DT_HTTP_MAX_FIELDS; request.nfields++)
        request.fields[request.nfields] =
            (struct dt_field){DT_S("X-Forwarded-For"), next_line(&rest)};

    struct dt_request found = find(&trust, &request);
    bool peer_only = !is_trusted(&trust, peer) || request.nfields == 0;
    must(!peer_only || (found.has_address && memcmp(found.address, peer, 16) == 0));
    must(found.country.len == 0);

    /* What the last proxy adds is believed, and nothing before it is looked at. */
    static const uint8_t ADDED[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 7};
    if (request.nfields < DT_HTTP_MAX_FIELDS && is_trusted(&trust, peer) &&
        !is_trusted(&trust, ADDED)) {
        request.fields[request.nfields++] =
            (struct dt_field){DT_S("x-forwarded-for"), DT_S("192.0.2.7:4711")};
        found = find(&trust, &request);
        must(found.has_address && memcmp(found.address, ADDED, 16) == 0);
    }
    return 0;
}
