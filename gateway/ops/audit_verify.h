/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checks the audit trail from its first link to its last and trusts nothing: not the code that wrote it, not
 * the counters, not the database. The MACs alone are asked of the signer, who holds their key.
 *
 * What one run cannot see is a trail that was cut at its end together with all that counts it: for that the
 * head of an earlier run, kept elsewhere, is expected again.
 */
#ifndef NEMRA_OPS_AUDIT_VERIFY_H
#define NEMRA_OPS_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/store/ops.h"

struct audit_verify {
	/* ops_audit_links() without its first argument: links from from_seq on, in order */
	int (*links)(void *arg, int64_t from_seq, size_t max, ops_link_fn *fn, void *fn_arg, struct err *e);
	void *links_arg;

	/* signer_audit_check() */
	int (*check)(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
	    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e);
	void *check_arg;

	int64_t counted_events;		/* what the kept counters say */
	int64_t counted_links;
	int64_t expect_seq;		/* a head that must be found again; 0: none */
	uint8_t expect_mac[32];
	bool (*stop)(void *arg);	/* give up (R_NOT_READY); NULL: never */
	void *stop_arg;
};

struct audit_report {
	int64_t links;			/* that are right, from the first on */
	int64_t unlinked;		/* events that wait for their link, as the counters say */
	uint8_t head[32];		/* MAC of the last right link */
	bool whole;
	int64_t bad_seq;		/* the first that is not */
	int64_t bad_event;		/* 0: not known */
	char what[160];			/* what is wrong with it */
};

/* 0: *out says what was found, right or wrong. -1: could not look (R_DB_AWAY, R_SIGNER_AWAY …). */
int audit_verify(const struct audit_verify *v, struct audit_report *out, struct err *e) MUSTUSE;

/* "SEQ:64 hexadecimal digits", as a report's head is shown. R_BAD_PARAMETER. */
int audit_head_parse(const char *text, int64_t *seq, uint8_t mac[32], struct err *e) MUSTUSE;

#endif
