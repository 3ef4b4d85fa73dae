/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Links audit events into their chain, within a second of their commit. One dispatcher at a time holds the
 * lock; the MACs come from the signer, so that nobody who writes the database can make a chain.
 */
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "gateway/flow/internal.h"
#include "gateway/flow/retry.h"
#include "gateway/store/health.h"

#define LINK_MAX 500		/* events in one commit */
#define LINK_GROUP 100		/* they come in groups of at most so many, which are not divided */
#define LINK_EVERY_MS 200	/* a burst of commits is one run */
#define LINK_AGAIN_MS 1000	/* somebody else holds the lock, or the signer is away */
#define LINK_AGAIN_MAX_MS 30000

static int
link_rows(struct flow *f, const struct audit_row *rows, size_t n, int64_t seq, const uint8_t head[32],
    struct err *e)
{
	struct mem *content = xcalloc(n, sizeof(*content));
	uint8_t (*mac)[32] = xcalloc(n, sizeof(*mac));
	int rc;

	for (size_t i = 0; i < n; i++)
		content[i] = mem_of(&rows[i].content);
	rc = f->o.audit(f->o.audit_self, seq, head, content, mac, n, e);
	if (rc == 0)
		rc = work_audit_link(f->db, rows, (const uint8_t (*)[32])mac, n, seq, head, e);
	free(content);
	free(mac);
	return rc;
}

/* One run. *more: another group would not have fitted. */
static int
link_run(struct flow *f, bool *more, struct err *e)
{
	struct audit_row *rows = NULL;
	uint8_t head[32];
	int64_t seq;
	size_t n = 0;
	int rc;

	if (work_audit_unlinked(f->db, LINK_MAX, &rows, &n, &seq, head, e) != 0)
		return -1;
	rc = n == 0 ? 0 : link_rows(f, rows, n, seq, head, e);
	*more = n + LINK_GROUP > LINK_MAX;
	work_audit_free(rows, n);
	FAILPOINT("linked");
	return rc;
}

static void
run_failed(struct flow *f, const struct err *e)
{
	struct audit *a = &f->audit;

	if (++a->failed == 1)
		log_failure(LOG_WARN, "audit.not_linked", e);
	a->at = f->now + retry_backoff_ms(LINK_AGAIN_MS, LINK_AGAIN_MAX_MS, a->failed);
	if (e->reason == R_SIGNER_AWAY)
		health_set("signer", e, a->failed);
	if (db_is_away(f->db) || e->reason == R_DB_UNKNOWN)
		flow_db_failed(f, "audit.link", e);
}

void
audit_turn(struct flow *f)
{
	struct audit *a = &f->audit;
	bool mine = false, more = false;
	struct err e;

	if (!a->look || !f->db_ok || f->now < a->at)
		return;
	if (work_audit_lock(f->db, &mine, &e) != 0 || (mine && link_run(f, &more, &e) != 0)) {
		run_failed(f, &e);
		return;
	}
	if (a->failed > 0 && mine)
		health_set("signer", NULL, 0);
	a->failed = 0;
	a->look = !mine || more;
	a->at = f->now + (!mine ? LINK_AGAIN_MS : more ? 0 : LINK_EVERY_MS);
}
