/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * How this process is, for those who look after it. Whoever depends on something says here whether it is well; every
 * few seconds, or soon after a change, one statement carries all of it to the database, where nemractl status reads
 * it. The process's own clock and log are watched here too.
 */
#ifndef NEMRA_STORE_HEALTH_H
#define NEMRA_STORE_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/store/db.h"

#define HEALTH_EVERY_MS 5000	/* between two signs of life */
#define HEALTH_SOON_MS 1000	/* after a change */
#define HEALTH_PARTS 32

/*
 * A part is well (why NULL or R_NONE, then its detail is shown all the same) or not. part is "signer", "ra_credential",
 * "ca_certificate:core"; value whatever the part counts. Any thread. More parts than HEALTH_PARTS are not kept.
 */
void health_set(const char *part, const struct err *why, int64_t value);

/* A credential that ends at not_after (seconds since 1970): told 30 days ahead, and when it is over. */
void health_expires(const char *part, int64_t not_after);

/* A volume of so many octets, and so many left. */
void health_space(const char *part, int64_t size, int64_t left);

void health_drop(const char *part);

/* How a part is; R_NONE also when nobody said anything of it. */
enum reason health_of(const char *part);

/* Says it to the database when it is time to. As any call of the store: -1 may mean that the connection is lost. */
int health_turn(struct db *db, struct err *e) MUSTUSE;

/* In how many ms the next health_turn() has something to say. */
int64_t health_next_ms(void);

/* The last word of a process that ends in order. */
void health_goodbye(struct db *db);

/* --- what this process sees without a database --- */

struct health_part {
	char part[80];
	struct err why;
	int64_t value;
};

/* Looks at clock and log, and copies what is known; how many. */
size_t health_parts(struct health_part *out, size_t max);

/* This process, as its rows name it. */
const char *health_host(void);

#endif
