/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/circuit.h"

#include "gateway/flow/retry.h"

void
breaker_init(struct breaker *b)
{
	*b = (struct breaker){ .state = CIRCUIT_CLOSED, .window = SIZE_MAX };
}

static void
trip(struct breaker *b, const struct ca_item *it, int64_t now)
{
	int64_t asked = it->retry_after * 1000;
	int64_t wait;

	/* those that left before it opened say nothing new */
	if (b->state == CIRCUIT_OPEN) {
		if (now + asked > b->probe_at)
			b->probe_at = now + asked;
		return;
	}
	b->opened++;
	wait = retry_backoff_ms(BREAKER_WAIT_MS, BREAKER_WAIT_MAX_MS, b->opened);
	b->state = CIRCUIT_OPEN;
	b->probe_at = now + (asked > wait ? asked : wait);
}

static void
alive(struct breaker *b)
{
	b->lost = 0;
	b->opened = 0;
	if (b->state != CIRCUIT_CLOSED) {
		b->state = CIRCUIT_CLOSED;
		b->window = 1;
	} else if (b->window < SIZE_MAX) {
		b->window++;	/* doubles with each round, as TCP's slow start does */
	}
}

bool
breaker_is_silence(const struct ca_item *it)
{
	return it->verdict == CV_NO_ANSWER && !it->no_resend && (it->answer.len == 0 ||
	    it->err.reason == R_CA_BAD_ANSWER);
}

void
breaker_outcome(struct breaker *b, const struct ca_item *it, int64_t now)
{
	if (it->ca_gone) {
		trip(b, it, now);
	} else if (it->verdict == CV_NEVER_LEFT) {
		return;		/* it stood in line for too long: nothing is known of the endpoint */
	} else if (!breaker_is_silence(it)) {
		alive(b);
	} else if (++b->lost >= BREAKER_LOST || b->state == CIRCUIT_TRIAL) {
		b->lost = 0;
		trip(b, it, now);
	}
}

size_t
breaker_allows(struct breaker *b, size_t in_flight, int64_t now)
{
	size_t most = b->window;

	if (b->state == CIRCUIT_OPEN && now >= b->probe_at)
		b->state = CIRCUIT_TRIAL;
	if (b->state == CIRCUIT_OPEN)
		return 0;
	if (b->state == CIRCUIT_TRIAL)
		most = 1;
	return most > in_flight ? most - in_flight : 0;
}

int64_t
breaker_next(const struct breaker *b)
{
	return b->state == CIRCUIT_OPEN ? b->probe_at : INT64_MAX;
}
