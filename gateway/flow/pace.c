/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/pace.h"

#include "gateway/store/work.h"

/* At most a second's worth may go in one burst, but always one. */
static double
burst(double rate)
{
	return rate < 1 ? 1 : rate;
}

int
pace_take(struct pace *p, struct db *db, size_t want, int64_t now, size_t *allowed, struct err *e)
{
	uint32_t got = 0;
	int64_t wait_ms = 0;

	*allowed = want;
	if (p->rate <= 0)
		return 0;
	if (p->stock < want && now >= p->at) {
		if (work_tokens(db, p->ca, p->rate, burst(p->rate), (uint32_t)(want - p->stock), &got,
		    &wait_ms, e) != 0)
			return -1;
		p->stock += got;
		if (got == 0)
			p->at = now + (wait_ms > 1 ? wait_ms : 1);
	}
	if (p->stock < want)
		*allowed = p->stock;
	return 0;
}

void
pace_used(struct pace *p, size_t n)
{
	if (p->rate > 0)
		p->stock -= n < p->stock ? n : p->stock;
}
