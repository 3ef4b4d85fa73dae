/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/quota.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

#define SETS 4096u	/* a power of two */
#define WAYS 8u
#define MINUTE_MS 60000

struct bucket {
	struct uuid station;
	int64_t at;		/* when tokens was right; 0: free */
	double tokens;
};

struct quota {
	double per_minute;
	uint64_t salt;		/* so that nobody can choose whose bucket is forgotten */
	pthread_mutex_t lock;
	struct bucket b[SETS][WAYS];
};

struct quota *
quota_new(uint64_t per_minute)
{
	struct quota *q = xcalloc(1, sizeof(*q));

	q->per_minute = (double)per_minute;
	random_fill(&q->salt, sizeof(q->salt));
	pthread_mutex_init(&q->lock, NULL);
	return q;
}

void
quota_free(struct quota *q)
{
	if (q == NULL)
		return;
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* FNV-1a over the id, started from a secret. */
static size_t
set_of(const struct quota *q, const struct uuid *station)
{
	uint64_t h = 14695981039346656037u ^ q->salt;

	for (size_t i = 0; i < sizeof(station->b); i++)
		h = (h ^ station->b[i]) * 1099511628211u;
	return (size_t)(h >> 32) & (SETS - 1);
}

static void
refill(const struct quota *q, struct bucket *b, int64_t now)
{
	if (now > b->at)
		b->tokens += (double)(now - b->at) * q->per_minute / MINUTE_MS;
	if (b->tokens > q->per_minute)
		b->tokens = q->per_minute;
	b->at = now;
}

/* The station's bucket, else a free one, else the fullest of its set. */
static struct bucket *
find(struct quota *q, const struct uuid *station, int64_t now)
{
	struct bucket *set = q->b[set_of(q, station)], *best = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].at == 0) {
			best = &set[i];
			continue;
		}
		refill(q, &set[i], now);
		if (memcmp(&set[i].station, station, sizeof(*station)) == 0)
			return &set[i];
		if (best->at != 0 && set[i].tokens > best->tokens)
			best = &set[i];
	}
	*best = (struct bucket){ *station, now, q->per_minute };
	return best;
}

int
quota_take(struct quota *q, const struct uuid *station, int64_t now_ms, int *wait_s, struct err *e)
{
	struct bucket *b;
	double missing = 0;

	if (q->per_minute <= 0)
		return 0;
	pthread_mutex_lock(&q->lock);
	b = find(q, station, now_ms > 0 ? now_ms : 1);
	if (b->tokens >= 1)
		b->tokens -= 1;
	else
		missing = 1 - b->tokens;
	pthread_mutex_unlock(&q->lock);
	if (missing <= 0)
		return 0;
	*wait_s = 1 + (int)(missing * 60 / q->per_minute);
	return err_set(e, R_RATE_LIMITED, "%.0f requests a minute", q->per_minute);
}
