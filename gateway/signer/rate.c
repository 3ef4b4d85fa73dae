/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer/rate.h"

static double
capacity(const struct rate *r)
{
	return r->per_second > 1 ? r->per_second : 1;
}

void
rate_init(struct rate *r, double per_second, int64_t now_ms)
{
	r->per_second = per_second;
	r->tokens = capacity(r);
	r->at = now_ms;
}

bool
rate_take(struct rate *r, int64_t now_ms)
{
	if (r->per_second <= 0)
		return true;
	if (now_ms > r->at)
		r->tokens += (double)(now_ms - r->at) / 1000 * r->per_second;
	r->at = now_ms;
	if (r->tokens > capacity(r))
		r->tokens = capacity(r);
	if (r->tokens < 1)
		return false;
	r->tokens -= 1;
	return true;
}
