/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The filter grammar that command line, API and page share: conditions "key op value" joined by commas, which
 * mean "and". A value with a comma or quotes stands in double quotes, a quote inside it doubled. Which keys
 * there are is the store's business.
 */
#ifndef NEMRA_OPS_WHERE_H
#define NEMRA_OPS_WHERE_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/store/ops.h"

#define WHERE_TEXT 2048		/* octets of an expression */
#define WHERE_CONDS 16

struct where {
	struct ops_cond cond[WHERE_CONDS];	/* point into text */
	size_t n;
	char text[WHERE_TEXT + 1];
};

/* R_BAD_PARAMETER. An empty expression has no conditions. */
int where_parse(const char *expr, struct where *out, struct err *e) MUSTUSE;

#endif
