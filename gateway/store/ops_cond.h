/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values of a filter, checked before the database sees them.
 */
#ifndef NEMRA_STORE_OPS_COND_H
#define NEMRA_STORE_OPS_COND_H

#include "gateway/store/ops_list.h"

/*
 * The parameter for value, as text that the cast of the column's type takes, into out. *ago: it is a distance in
 * seconds from now. R_BAD_PARAMETER.
 */
int cond_value(const struct column *col, const struct ops_cond *c, char *out, size_t size, bool *ago,
    struct err *e) MUSTUSE;

#endif
