/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The blocking loop, for programs that may block. Firmware with a loop of its own leaves this file out.
 */
#include <errno.h>
#include <time.h>

#include "agent/priv.h"
#include "common/base/clock.h"

static void
default_now(void *self, struct nemra_now *out)
{
	(void)self;
	*out = (struct nemra_now){ clock_wall_s(), clock_mono_ms(), true };
}

static void
default_sleep(void *self, int64_t mono_ms, const struct nemra_error *why)
{
	int64_t left = mono_ms - clock_mono_ms();
	struct timespec t;

	(void)self;
	(void)why;
	if (left <= 0)
		return;
	t.tv_sec = (time_t)(left / 1000);
	t.tv_nsec = (long)(left % 1000) * 1000000;
	(void)nanosleep(&t, NULL);
}

const struct nemra_host nemra_host_default = { .now = default_now, .sleep_until = default_sleep };

static const struct nemra_answer *
act(const struct nemra_step *s, const struct nemra_transport *t, const struct nemra_host *h,
    struct nemra_answer *answer)
{
	*answer = (struct nemra_answer){ .retry_after_s = -1 };
	nemra_error_clear(&answer->error);
	if (s->action == NEMRA_SEND) {
		t->exchange(t->self, &s->ask, answer);
		return answer;
	}
	if (s->action == NEMRA_HOOKS) {
		if (h->hooks != NULL && h->hooks(h->self, &answer->error) != 0 && answer->error.reason[0] == '\0')
			(void)nemra_error_set(&answer->error, "HOOK_FAILED", "");
		return answer;
	}
	h->sleep_until(h->self, s->wake_ms, &s->error);
	return NULL;
}

int
nemra_agent_run(struct nemra_agent *a, const struct nemra_transport *t, const struct nemra_host *h,
    struct nemra_error *e)
{
	const struct nemra_answer *in = NULL;
	struct nemra_answer answer;
	struct nemra_step s;
	struct nemra_now now;

	for (;;) {
		h->now(h->self, &now);
		nemra_agent_step(a, &now, in, &s);
		if (s.action == NEMRA_DONE || s.action == NEMRA_FAILED)
			break;
		in = act(&s, t, h, &answer);
	}
	*e = s.error;
	return s.action == NEMRA_DONE ? 0 : -1;
}
