/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Text into JSON, and failures into problems (RFC 9457).
 */
#ifndef NEMRA_OPS_JSON_H
#define NEMRA_OPS_JSON_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* NULL gives null; what is not UTF-8 is escaped. NULL: no memory. */
json_t *json_text(const char *s);

json_t *json_hex(struct mem m);		/* at most 64 octets */
json_t *json_time(int64_t wall_us);	/* RFC 3339; null for 0 */

/* {type, title, status, detail, instance, reason, retryable, cause, fix} */
json_t *json_problem(const struct err *e, const char *instance);

#endif
