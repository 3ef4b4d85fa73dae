/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A few database connections for many short calls. Nobody waits for one for ever, and a database that is away
 * is asked again at most twice a second.
 */
#ifndef NEMRA_OPS_POOL_H
#define NEMRA_OPS_POOL_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/store/db.h"

struct pool;

/* Opens nothing yet; o's texts must live as long as the pool. */
struct pool *pool_new(const struct db_options *o, size_t n);
void pool_free(struct pool *p);		/* when everything is given back */

/* A connection that works, for this thread alone. R_NOT_READY when all are busy for 10 s; R_DB_AWAY …. */
int pool_take(struct pool *p, struct db **out, struct err *e) MUSTUSE;
void pool_give(struct pool *p, struct db *db);

#endif
