/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the store stand on: one private cluster for the program, connections by role, stations and
 * uploads that differ from each other.
 */
#ifndef NEMRA_TESTS_UNIT_STORE_FIX_H
#define NEMRA_TESTS_UNIT_STORE_FIX_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/store/db.h"
#include "gateway/store/door.h"
#include "gateway/store/pg.h"
#include "gateway/store/work.h"
#include "tests/unit/unit.h"

void fix_start(void);			/* makes, starts and migrates the cluster; stops it at exit */
const char *fix_url(void);

/* Runs sql/nemra-db -d DIR with these arguments; its exit status. */
int fix_nemra_db(const char *const *args);
const char *fix_dir(void);

/* One connection a role, kept; fix_new() makes another one. Ends the program on failure. */
struct db *fix_db(const char *role);
struct db *fix_new(const char *role);

/* As nemra_owner: a statement, and the first value of a query as text (valid until the next). */
void fix_sql(const char *sql);
const char *fix_value(const char *sql);
/* The same with one %s, for an id or a name of ours. */
const char *fix_value_of(const char *format, const char *id);
void fix_sql_of(const char *format, const char *id);

/* A new station with vendor acme, a serial of its own and a device key; name valid until the next call but eight. */
struct fix_station {
	struct uuid id;
	char name[32];
	uint8_t key[32];
};
struct fix_station fix_station(void);

/* An admitted upload of its own, with a key of its own. */
struct door_upload fix_upload(const struct fix_station *s);

/* Submits one and expects success. */
void fix_submit(struct door_upload *up);

/* A new request, queued for ca. */
struct uuid fix_queued(const char *ca);

/* The state of a request, as the owner sees it. */
enum request_state fix_state(const struct uuid *request);
const char *fix_text(const struct uuid *u);

/* A CA name that no other test uses. */
const char *fix_ca(void);

void fix_random(uint8_t *p, size_t len);

#endif
