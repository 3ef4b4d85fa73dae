/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/retry.h"

#include <stdio.h>
#include <string.h>

#include "common/base/uuid.h"

#define LADDER_MS 2000
#define FOLLOW_UP_MAX_MS (300 * 1000)
#define AGAIN_MS 10000
#define AGAIN_MAX_MS (3600 * 1000)
#define NEVER_LEFT_MS 1000
#define POLL_MIN_S 1
#define POLL_MAX_S (24 * 3600)		/* a CA that says a year is asked every day all the same */

static int64_t
random_ms(int64_t below)
{
	if (below <= 0)
		return 0;
	return random_below(below > UINT32_MAX ? UINT32_MAX : (uint32_t)below);
}

static int64_t
doubled(int64_t base, int64_t max, uint32_t n)
{
	int64_t ms = base;

	while (n-- > 1 && ms < max)
		ms *= 2;
	return ms < max ? ms : max;
}

int64_t
retry_backoff_ms(int64_t base, int64_t max, uint32_t n)
{
	int64_t ms = doubled(base, max, n);

	return ms / 2 + random_ms(ms - ms / 2 + 1);
}

int64_t
retry_jitter_ms(int64_t base, int64_t max, uint32_t n)
{
	return random_ms(doubled(base, max, n) + 1);
}

static int64_t
later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static uint32_t
bound(const struct ca_item *it)
{
	return it->step == CA_ENROL ? 1 + RETRY_RESENDS : RETRY_FOLLOW_UPS;
}

bool
retry_is_spent(const struct ca_item *it, uint32_t sends)
{
	return sends >= 2 * bound(it);	/* twice: those that a crash of ours made are not the CA's fault */
}

/* The bound's reason, with the last cause behind it. */
static void
give_up(struct ca_item *it, enum reason r)
{
	struct err last = it->err;

	(void)err_set(&it->err, r, "%s: %.200s", reason_info(last.reason)->id, last.detail);
}

/* 2, 4, 8 … s ± 20 %, then ever so often. */
static int64_t
ladder(struct ca_item *it, uint32_t sends)
{
	int64_t ms = doubled(LADDER_MS, FOLLOW_UP_MAX_MS, sends);

	if (sends >= bound(it)) {
		give_up(it, R_CA_SILENT);
		return RETRY_OPERATOR;
	}
	return ms * 4 / 5 + random_ms(ms * 2 / 5 + 1);
}

static int64_t
no_answer(struct ca_item *it, uint32_t sends, int64_t busy_ms)
{
	int64_t asked = it->retry_after * 1000;
	int64_t ms;

	if (it->no_resend)
		return RETRY_OPERATOR;
	if (it->uncounted)
		return later_of(asked, busy_ms) + retry_jitter_ms(LADDER_MS, LADDER_MS, 1);
	ms = ladder(it, sends);
	return ms < 0 ? ms : later_of(ms, asked);
}

/* RFC 9483 section 4.4: checkAfter is a minimum. Spread, so that a CA is not asked by all at once. */
static int64_t
poll_after(const struct ca_item *it)
{
	int64_t s = it->check_after < POLL_MIN_S ? POLL_MIN_S :
	    it->check_after > POLL_MAX_S ? POLL_MAX_S : it->check_after;

	return s * 1000 + random_ms(s * 100 + 1);
}

static int64_t
again(struct ca_item *it)
{
	if (it->attempt >= RETRY_ATTEMPTS) {
		it->verdict = CV_REFUSED;
		give_up(it, R_CA_TOO_OFTEN);
		return 0;
	}
	return later_of(it->retry_after * 1000, retry_backoff_ms(AGAIN_MS, AGAIN_MAX_MS, it->attempt));
}

int64_t
retry_delay_ms(struct ca_item *it, uint32_t sends, int64_t busy_ms)
{
	switch (it->verdict) {
	case CV_ISSUED:
		return 0;
	case CV_BAD_CERT:
		return it->confirm ? 0 : RETRY_OPERATOR;
	case CV_CONFIRMED:
		return it->reject ? RETRY_OPERATOR : 0;
	case CV_REFUSED:
		return it->step == CA_CONFIRM ? RETRY_OPERATOR : 0;
	case CV_WAITING:
		return poll_after(it);
	case CV_AGAIN:
		return again(it);
	case CV_NEVER_LEFT:
		return later_of(busy_ms, it->retry_after * 1000) + retry_jitter_ms(NEVER_LEFT_MS, NEVER_LEFT_MS, 1);
	case CV_NO_ANSWER:
		return no_answer(it, sends, busy_ms);
	case CV_NONE:
		break;
	}
	return RETRY_OPERATOR;
}
