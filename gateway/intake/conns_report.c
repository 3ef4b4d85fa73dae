/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gateway/intake/conns_priv.h"

#define LINES_BURST 1000.0	/* log lines of one address */
#define LINES_PER_MINUTE 300.0
#define ALL_LINES_BURST 3000.0	/* of all addresses */
#define ALL_LINES_PER_MINUTE 1200.0

bool
conns_may_log(struct conns *l, struct conn *c, int64_t now)
{
	bool may;

	pthread_mutex_lock(&l->lock);
	may = tokens_take(&c->from->lines, LINES_BURST, LINES_PER_MINUTE, now) &&
	    tokens_take(&l->lines, ALL_LINES_BURST, ALL_LINES_PER_MINUTE, now);
	if (!may) {
		c->from->unsaid++;
		l->unsaid++;
	}
	pthread_mutex_unlock(&l->lock);
	return may;
}

void
conns_busy(struct conns *l, int change)
{
	pthread_mutex_lock(&l->lock);
	l->busy = change > 0 ? l->busy + 1 : l->busy - 1;
	pthread_mutex_unlock(&l->lock);
}

size_t
conns_count_busy(struct conns *l)
{
	size_t n;

	pthread_mutex_lock(&l->lock);
	n = l->busy;
	pthread_mutex_unlock(&l->lock);
	return n;
}

struct tally {
	struct conns *l;
	struct conns_report *r;
	int64_t now;
};

/* Keeps the worst: a place is taken from one with less. */
static void
tally(struct source *s, void *arg)
{
	struct tally *t = arg;
	struct conns_report *r = t->r;
	const bool penalised = source_is_penalised(t->l->sources, s, t->now);
	size_t least = 0;

	r->penalised += penalised;
	if (s->turned_away + s->unsaid == 0)
		return;
	for (size_t i = 1; i < r->n_worst; i++)
		if (r->worst[i].turned_away + r->worst[i].unsaid < r->worst[least].turned_away + r->worst[least].unsaid)
			least = i;
	if (r->n_worst < REPORT_SOURCES)
		least = r->n_worst++;
	else if (r->worst[least].turned_away + r->worst[least].unsaid >= s->turned_away + s->unsaid)
		least = REPORT_SOURCES;
	if (least < REPORT_SOURCES) {
		memcpy(r->worst[least].source, s->text, sizeof(s->text));
		r->worst[least].turned_away = s->turned_away;
		r->worst[least].unsaid = s->unsaid;
		r->worst[least].penalised = penalised;
	}
	s->turned_away = s->unsaid = 0;
}

void
conns_report(struct conns *l, int64_t now, struct conns_report *out)
{
	struct tally t = { l, out, now };

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&l->lock);
	sources_each(l->sources, tally, &t);
	out->open = l->n_live;
	out->strangers = l->n_strangers + l->n_waiting;
	out->turned_away = l->turned_away;
	out->crowded_out = l->crowded_out;
	out->timed_out = l->timed_out;
	out->unsaid = l->unsaid;
	l->turned_away = l->crowded_out = l->timed_out = l->unsaid = 0;
	pthread_mutex_unlock(&l->lock);
}
