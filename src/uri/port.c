/* SPDX-License-Identifier: MIT
 * Port parser; see port.h. */
#include "uri/port.h"
#include "uri/char_class.h"

bool dt_port_parse(struct dt_slice s, int *ret_port)
{
    int port = DT_PORT_NONE;
    for (size_t i = 0; i < s.len; i++) {
        if (!dt_char_is(s.ptr[i], DT_CHAR_DIGIT))
            return false;
        port = (port < 0 ? 0 : port * 10) + (s.ptr[i] - '0');
        if (port > UINT16_MAX)
            return false;
    }
    *ret_port = port;
    return true;
}
