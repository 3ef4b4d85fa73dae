/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"

const char *
standing_name(enum standing s)
{
	switch (s) {
	case STAND_WELL:
		return "well";
	case STAND_DEGRADED:
		return "degraded";
	case STAND_DOWN:
		break;
	}
	return "down";
}

void
verdict_add(struct verdict *v, enum standing s, const char *what, const struct err *why, int64_t since)
{
	struct trouble *t;

	v->v = xgrow(v->v, v->n + 1, sizeof(*v->v));
	t = &v->v[v->n++];
	*t = (struct trouble){ .standing = s, .why = *why, .since = since };
	snprintf(t->what, sizeof(t->what), "%s", what);
	if (s > v->overall)
		v->overall = s;
}

void
verdict_free(struct verdict *v)
{
	free(v->v);
	*v = (struct verdict){ .n = 0 };
}

/* What the database says of a reason; a newer daemon may have one that we do not know. */
static struct err
err_of(const char *id, const char *detail)
{
	enum reason r = reason_by_id(id);
	struct err e;

	if (r == R_NONE)
		(void)err_set(&e, R_INTERNAL, "%.64s: %.180s", id, detail);
	else
		(void)err_set(&e, r, "%.250s", detail);
	return e;
}

/* --- processes --- */

/* A time that is to come was written by a clock that has been set back since: it proves no life. */
static bool
is_silent(const struct ops_daemon *d)
{
	return d->silent_ms > VERDICT_SILENT_MS || d->silent_ms < -VERDICT_SILENT_MS;
}

const char *
daemon_state(const struct ops_daemon *d)
{
	return d->stopped ? "stopped" : is_silent(d) ? "silent" : "running";
}

static bool
runs(const struct ops_daemon *d)
{
	return !d->stopped && !is_silent(d);
}

/* Without one of these stations are turned away, or nothing goes to a CA. */
static void
judge_kind(struct verdict *v, const struct ops_status *s, const char *kind)
{
	const struct ops_daemon *last = NULL;
	char when[CLOCK_TEXT];
	struct err why;

	for (size_t i = 0; i < s->n_daemons; i++) {
		const struct ops_daemon *d = &s->daemon[i];

		if (strcmp(d->daemon, kind) != 0)
			continue;
		if (runs(d))
			return;
		if (last == NULL || d->seen_at > last->seen_at)
			last = d;
	}
	if (last == NULL) {
		(void)err_set(&why, R_DAEMON_AWAY, "%s was never seen", kind);
	} else {
		clock_print(last->seen_at, when, sizeof(when));
		(void)err_set(&why, R_DAEMON_AWAY, "%s on %.128s %s at %s", kind, last->host,
		    last->stopped ? "was stopped" : "was last seen", when);
	}
	verdict_add(v, STAND_DOWN, kind, &why, last != NULL ? last->seen_at : 0);
}

static bool
another_runs(const struct ops_status *s, const struct ops_daemon *d)
{
	for (size_t i = 0; i < s->n_daemons; i++)
		if (strcmp(s->daemon[i].daemon, d->daemon) == 0 && runs(&s->daemon[i]))
			return true;
	return false;
}

/* One copy that ended without a word, where others go on. */
static void
judge_copies(struct verdict *v, const struct ops_status *s)
{
	char what[400];
	struct err why;

	for (size_t i = 0; i < s->n_daemons; i++) {
		const struct ops_daemon *d = &s->daemon[i];

		if (d->stopped || !is_silent(d) || !another_runs(s, d))
			continue;
		snprintf(what, sizeof(what), "%s on %s", d->daemon, d->host);
		(void)err_set(&why, R_DAEMON_AWAY, "process %" PRId64 "; others of its kind go on", d->pid);
		verdict_add(v, STAND_DEGRADED, what, &why, d->seen_at);
	}
}

static void
judge_parts(struct verdict *v, const struct ops_status *s)
{
	char what[600];

	for (size_t i = 0; i < s->n_parts; i++) {
		const struct ops_part *p = &s->part[i];
		const struct ops_daemon *d = &s->daemon[p->daemon];
		bool signer = strcmp(p->part, "signer") == 0;
		struct err why;

		if (p->reason[0] == '\0' || !runs(d))
			continue;
		why = err_of(p->reason, p->detail);
		snprintf(what, sizeof(what), "%s of %s on %s", p->part, d->daemon, d->host);
		what[sizeof(((struct trouble *)NULL)->what) - 1] = '\0';
		verdict_add(v, signer ? STAND_DOWN : STAND_DEGRADED, what, &why, p->since);
	}
}

/* --- CAs and what waits --- */

static void
judge_cas(struct verdict *v, const struct ops_status *s)
{
	char what[80];
	struct err why;

	for (size_t i = 0; i < s->n_ca; i++) {
		const struct ops_ca *c = &s->ca[i];

		if (strcmp(c->circuit, "closed") == 0)
			continue;
		if (strcmp(c->circuit, "paused") == 0)
			(void)err_set(&why, R_CA_PAUSED, "%s", "");
		else
			why = err_of(c->reason, c->detail);
		snprintf(what, sizeof(what), "ca %s", c->ca);
		verdict_add(v, STAND_DEGRADED, what, &why, c->since);
	}
}

static void
judge_in_doubt(struct verdict *v, const struct ops_status *s)
{
	struct err why;

	if (s->in_doubt_waiting == 0)
		return;
	(void)err_set(&why, R_IN_DOUBT, "%" PRId64 "%s", s->in_doubt_waiting,
	    s->in_doubt_waiting >= 1000 ? " or more" : "");
	verdict_add(v, STAND_DEGRADED, "requests in doubt", &why, s->oldest_in_doubt_at);
}

void
verdict_judge(struct verdict *v, const struct ops_status *s)
{
	judge_kind(v, s, "nemra-httpd");
	judge_kind(v, s, "nemra-dispatch");
	judge_copies(v, s);
	judge_parts(v, s);
	judge_cas(v, s);
	judge_in_doubt(v, s);
}
