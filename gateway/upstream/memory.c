/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/alloc.h"
#include "gateway/upstream/upstream.h"

#define MEMORY_ROOM 64

struct memory {
	void (*answer)(void *arg, struct upstream_call *c);
	void *arg;
	struct upstream_call *first, **last;
	size_t n;
};

static void
memory_start(void *self, struct upstream_call *c)
{
	struct memory *m = self;

	c->next = NULL;
	*m->last = c;
	m->last = &c->next;
	m->n++;
}

static struct upstream_call *
memory_turn(void *self)
{
	struct memory *m = self;
	struct upstream_call *c = m->first;

	if (c == NULL)
		return NULL;
	m->first = c->next;
	if (m->first == NULL)
		m->last = &m->first;
	m->n--;
	m->answer(m->arg, c);
	return c;
}

static size_t
memory_room(void *self)
{
	const struct memory *m = self;

	return m->n < MEMORY_ROOM ? MEMORY_ROOM - m->n : 0;
}

int
upstream_memory_new(void (*answer)(void *arg, struct upstream_call *c), void *arg,
    struct upstream *out, struct err *e)
{
	struct memory *m = mem_calloc(1, sizeof(*m));

	if (m == NULL)
		return err_set(e, R_NO_MEMORY, "endpoint");
	m->answer = answer;
	m->arg = arg;
	m->last = &m->first;
	*out = (struct upstream){ m, memory_start, memory_turn, memory_room, free };
	return 0;
}
