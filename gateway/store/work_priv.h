/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the writing calls of work.h have in common: the first three parameters say which row version the caller saw,
 * the result names the rows that still were that.
 */
#ifndef NEMRA_STORE_WORK_PRIV_H
#define NEMRA_STORE_WORK_PRIV_H

#include "gateway/store/pg.h"
#include "gateway/store/work.h"

enum { W_REQUEST, W_STATE, W_EPOCH, W_FIRST };
#define W_TYPES ARG_UUIDS, ARG_TEXTS, ARG_BIGINTS

void work_seen(struct args *a, const struct work *w);

/* fn is called for each row that was changed, with the function's word for it ("done", "taken", "unusable"). */
typedef void work_row_fn(struct work *w, const char *outcome);

/* Calls; frees a; rows that are not in the result become lost. */
int work_write(struct db *db, const struct stmt *s, struct args *a, struct work **w, size_t n, work_row_fn *fn,
    struct err *e) MUSTUSE;

const char *ca_step_name(enum ca_step step);

#endif
