/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the database and the test CA have on record: a run that lost or doubled something shows here.
 */
#ifndef NEMRA_BENCH_BOOKS_H
#define NEMRA_BENCH_BOOKS_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct books;

/* url: of the database's owner. ca_log: the test CA's log.jsonl; what it holds now does not count. */
int books_open(const char *url, const char *ca_log, const char *prefix, struct books **out, struct err *e) MUSTUSE;
void books_close(struct books *b);

struct count {
	int64_t requests;	/* of stations with the prefix */
	int64_t delivered;	/* of these, with a certificate handed out */
	int64_t certificates;	/* of these requests, different serial numbers */
	int64_t ca_issued;	/* by the CA, to names with the prefix */
	int64_t wal_bytes;	/* written since books_open() */
	int64_t database_bytes;
};

int books_count(struct books *b, struct count *out, struct err *e) MUSTUSE;

#endif
