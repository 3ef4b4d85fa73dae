/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One step: walk from place to place until somebody outside has to do something.
 */
#include "agent/priv.h"
#include "common/base/uuid.h"

/*
 * When to come back: what the peer says counts; else exponential back-off with full jitter and a cap: a thousand
 * stations that lost one gateway do not return together. Never sooner than a quarter of the first step, whatever
 * the dice or the peer say.
 */
static int64_t
back_off_ms(const struct nemra_agent *a)
{
	int64_t most = (int64_t)a->set.retry_most_s * 1000, top = (int64_t)a->set.retry_first_s * 1000;

	for (unsigned i = 0; i < a->tries && top < most; i++)
		top *= 2;
	if (top > most)
		top = most;
	return (int64_t)random_below((uint32_t)top + 1);
}

/* Sets wake_ms for the next attempt. -1: the time allowed is over. after_s: what the peer said, or -1. */
static int
wait_next(struct nemra_agent *a, int64_t now_ms, int64_t after_s)
{
	int64_t least = (int64_t)a->set.retry_first_s * 250, delay;
	bool forever = a->set.wait_s < 0;

	if (after_s > AGENT_RETRY_MAX)
		after_s = AGENT_RETRY_MAX;
	/* up to a tenth later than said, so that those who were told the same do not come together */
	delay = after_s >= 0 ? after_s * 1000 + (int64_t)random_below((uint32_t)after_s * 100 + 1) : back_off_ms(a);
	if (delay < least)
		delay = least;
	if (!forever && now_ms >= a->until_ms)
		return -1;
	if (!forever && now_ms + delay > a->until_ms) {
		/* the peer's word is not broken; our own wait may end with one last attempt */
		if (after_s >= 0)
			return -1;
		delay = a->until_ms - now_ms;
	}
	a->tries++;
	a->wake_ms = now_ms + delay;
	return 0;
}

/* The time allowed begins with the first step. */
static void
begin(struct nemra_agent *a, const struct nemra_now *now)
{
	a->now = now;
	if (a->timed)
		return;
	a->timed = true;
	a->until_ms = now->mono_ms + (a->set.wait_s < 0 ? 0 : a->set.wait_s * 1000);
}

static void
say(struct nemra_agent *a, enum nemra_action action, const struct verdict *v)
{
	a->last = (struct nemra_step){ .action = action, .ask = v->ask };
	error_from(&a->last.error, &v->e);
	if (v->status != 0 && v->e.reason != R_NONE)
		a->last.error.status = v->status;
}

/* False: the walk goes on. */
static bool
settle(struct nemra_agent *a, enum turn t, const struct verdict *v)
{
	switch (t) {
	case TURN_ON:
		return false;
	case TURN_ASK:
		a->asked = true;
		say(a, NEMRA_SEND, v);
		break;
	case TURN_HOOKS:
		a->asked = true;
		say(a, NEMRA_HOOKS, v);
		break;
	case TURN_AGAIN:
		a->waiting = wait_next(a, a->now->mono_ms, v->after_s) == 0;
		say(a, a->waiting ? NEMRA_WAIT : NEMRA_FAILED, v);
		a->last.wake_ms = a->waiting ? a->wake_ms : 0;
		break;
	case TURN_FAIL:
		say(a, NEMRA_FAILED, v);
		break;
	case TURN_END:
		say(a, NEMRA_DONE, v);
		break;
	}
	return true;
}

void
nemra_agent_step(struct nemra_agent *a, const struct nemra_now *now, const struct nemra_answer *in,
    struct nemra_step *out)
{
	struct verdict v = { .after_s = -1 };
	enum turn t = TURN_ON;

	begin(a, now);
	if (a->last.action == NEMRA_DONE || a->last.action == NEMRA_FAILED || (a->asked && in == NULL) ||
	    (a->waiting && now->mono_ms < a->wake_ms)) {
		*out = a->last;
		return;
	}
	a->waiting = false;
	if (a->asked) {
		a->asked = false;
		v.after_s = in->status != 0 ? in->retry_after_s : -1;
		t = places[a->at].hear(a, in, &v);
	}
	while (!settle(a, t, &v)) {
		v = (struct verdict){ .after_s = -1 };
		t = places[a->at].enter(a, &v);
	}
	*out = a->last;
}
