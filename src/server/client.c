/* SPDX-License-Identifier: MIT
 *
 * Anybody can write X-Forwarded-For, so it is read from its end: the last address was added by our
 * peer, and is as good as the peer; the one before it as good as the last address, and so on. The
 * first that is no proxy of ours is the client. Whatever stands before is hearsay.
 *
 * Forwarded (RFC 7239) is not read. A proxy cleans and extends one of the two fields and hands on
 * the other as the client wrote it, so to believe both is to believe the client; and the one that
 * proxies write by themselves is X-Forwarded-For.
 *
 * An address that cannot be read ("unknown", a name) ends the walk: who is behind it is not known,
 * and then no condition on the address holds. Only a proxy that is trusted can cause that.
 */
#include "server/client.h"

#include "semantics/network.h"
#include "semantics/ows.h"

enum dt_err dt_client_trust_add(struct dt_client_trust *trust, struct dt_slice list,
                                struct dt_slice *ret_bad)
{
    for (size_t from = 0; from <= list.len;) {
        struct dt_slice rest = dt_slice_from(list, from);
        const char *comma = rest.len ? memchr(rest.ptr, ',', rest.len) : NULL;
        size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len;
        struct dt_slice text = dt_ows_trim(dt_slice_of(rest.ptr, len));
        if (trust->count == DT_CLIENT_MAX_TRUSTED)
            return DT_ERR_LIMIT;
        if (dt_net_parse(text, &trust->proxies[trust->count]) != DT_OK) {
            *ret_bad = text;
            return DT_ERR_INVALID;
        }
        trust->count++;
        from += len + 1;
    }
    return DT_OK;
}

static bool is_trusted(const struct dt_client_trust *trust, const uint8_t address[16])
{
    for (unsigned i = 0; i < trust->count; i++)
        if (dt_net_has(&trust->proxies[i], address))
            return true;
    return false;
}

/* ---- Address ---- */

/* "192.0.2.7", "192.0.2.7:4711", "2001:db8::1", "[2001:db8::1]:4711". */
static bool read_address(struct dt_slice text, uint8_t ret[16])
{
    const char *colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
    if (text.len && text.ptr[0] == '[') {
        const char *end = memchr(text.ptr, ']', text.len);
        text.len = end ? (size_t)(end - text.ptr) + 1 : 0;
    } else if (colon) {
        size_t at = (size_t)(colon - text.ptr);
        struct dt_slice behind = dt_slice_from(text, at + 1);
        if (behind.len && !memchr(behind.ptr, ':', behind.len))
            text.len = at;
    }
    return dt_address_parse(text, ret) == DT_OK;
}

/* Takes the last element off a comma list; false when nothing is left. */
static bool take_last(struct dt_slice *list, struct dt_slice *ret)
{
    size_t from = list->len;
    if (!list->ptr)
        return false;
    while (from > 0 && list->ptr[from - 1] != ',')
        from--;
    *ret = dt_ows_trim(dt_slice_of(list->ptr + from, list->len - from));
    *list = from ? dt_slice_of(list->ptr, from - 1) : DT_SLICE_NONE;
    return true;
}

/* False when it is not known. */
static bool find_address(const struct dt_client_trust *trust, const struct dt_http_request *request,
                         uint8_t ret[16])
{
    if (!request->peer)
        return false;
    memcpy(ret, request->peer, 16);
    if (!is_trusted(trust, ret))
        return true;
    for (size_t i = request->nfields; i-- > 0;) {
        struct dt_slice list = request->fields[i].value;
        struct dt_slice element;
        if (!dt_slice_eq_nocase(request->fields[i].name, DT_S("x-forwarded-for")))
            continue;
        while (take_last(&list, &element)) {
            if (element.len == 0) /* RFC 9110 section 5.6.1 */
                continue;
            if (!read_address(element, ret))
                return false;
            if (!is_trusted(trust, ret))
                return true;
        }
    }
    return true; /* proxies all the way: the first of them asks for itself */
}

/* ---- Country ---- */

static bool read_country(struct dt_slice text, char ret[2])
{
    if (text.len != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        char c = dt_ascii_lower(text.ptr[i]);
        if (c < 'a' || c > 'z')
            return false;
        ret[i] = (char)(c & ~0x20);
    }
    return true;
}

/* The last field of the name is the one that the peer wrote, if others did before it. */
static bool find_in_field(const struct dt_client_trust *trust,
                          const struct dt_http_request *request, char ret[2])
{
    if (trust->count && !(request->peer && is_trusted(trust, request->peer)))
        return false;
    for (size_t i = request->nfields; i-- > 0;)
        if (dt_slice_eq_nocase(request->fields[i].name, trust->country_field))
            return read_country(request->fields[i].value, ret);
    return false;
}

static void find_country(const struct dt_client_trust *trust, const struct dt_http_request *request,
                         const uint8_t *address, char country[2], struct dt_request *ret)
{
    bool by_field = trust->country_field.len && find_in_field(trust, request, country);
    if (by_field ||
        (address && trust->country && dt_country_find(trust->country, address, country)))
        ret->country = dt_slice_of(country, 2);
    /* Without the field the address decides, so for a cache the field alone tells too little. */
    if (by_field || !trust->country)
        ret->country_field = trust->country_field;
}

void dt_client_find(const struct dt_client_trust *trust, const struct dt_http_request *request,
                    uint32_t needs, char country[2], struct dt_request *ret)
{
    uint8_t address[16] = {0};
    bool by_address = (needs & DT_NEED_ADDRESS) || ((needs & DT_NEED_COUNTRY) && trust->country);
    bool known = by_address && find_address(trust, request, address);
    if (known && (needs & DT_NEED_ADDRESS)) {
        ret->has_address = true;
        memcpy(ret->address, address, sizeof address);
    }
    if (needs & DT_NEED_COUNTRY)
        find_country(trust, request, known ? address : NULL, country, ret);
}
