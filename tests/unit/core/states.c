/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/core/states.h"

#include "gateway/core/request.h"

static const char head[] =
"# States of a request\n"
"\n"
"Drawn from the table in `gateway/core/request.c` by `build/unit/core --draw`; a unit test compares. The\n"
"database enforces the same table (`request_transition`). An arrow is named by its event; events that leave\n"
"a request in its state (further messages of a transaction under way) are in the list below only.\n"
"\n"
"```mermaid\n"
"stateDiagram-v2\n";

static void
draw_arrows(struct buf *b, const struct request_trans *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (t[i].from == RQ_NONE)
			buf_printf(b, "    [*] --> %s: %s\n", request_state_name(t[i].to),
			    request_event_name(t[i].ev));
		else if (t[i].from != t[i].to)
			buf_printf(b, "    %s --> %s: %s\n", request_state_name(t[i].from),
			    request_state_name(t[i].to), request_event_name(t[i].ev));
	}
	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++)
		if (request_state_is_final(s))
			buf_printf(b, "    %s --> [*]\n", request_state_name(s));
}

void
states_draw(struct buf *b)
{
	const struct request_trans *t;
	size_t n;

	t = request_transitions(&n);
	buf_add_str(b, head);
	draw_arrows(b, t, n);
	buf_add_str(b, "```\n\n| from | event | to |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "| %s | %s | %s |\n", request_state_name(t[i].from),
		    request_event_name(t[i].ev), request_state_name(t[i].to));
}
