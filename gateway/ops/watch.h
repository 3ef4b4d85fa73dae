/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nemra-opsd itself sees of its surroundings: the database, the volume it lies on, the signer. It asks with little
 * patience, so that it can answer operators while what it asks hangs.
 */
#ifndef NEMRA_OPS_WATCH_H
#define NEMRA_OPS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/ops/pool.h"

#define WATCH_PATIENCE_S 3

struct watch;

struct watch_options {
	struct db_options db;
	/* Does it answer? Never called twice at once; NULL: not asked. */
	int (*signer)(void *arg, struct err *e);
	void *signer_arg;
};

struct watch *watch_new(const struct watch_options *o);
void watch_free(struct watch *w);

/* A sign of life to the database, and a look around; to be called about every second. Logs what changed. */
void watch_turn(struct watch *w);
void watch_goodbye(struct watch *w);

/* A connection, as pool_take(). When there is none, since when (wall clock, microseconds). */
int watch_take(struct watch *w, struct db **out, int64_t *since, struct err *e) MUSTUSE;
void watch_give(struct watch *w, struct db *db);

/* Does the database take what is written? Else why not, and since when. */
bool watch_writes(struct watch *w, struct err *why, int64_t *since);

/* Asks it now. */
int watch_signer(struct watch *w, struct err *e) MUSTUSE;

#endif
