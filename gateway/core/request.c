/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/request.h"

#include <string.h>

static const char *const state_name[RQ_STATES] = {
	[RQ_NONE] = "none",
	[RQ_RECEIVED] = "received",
	[RQ_HELD] = "held",
	[RQ_QUEUED] = "queued",
	[RQ_PREPARED] = "prepared",
	[RQ_SENT] = "sent",
	[RQ_WAITING] = "waiting",
	[RQ_ISSUED] = "issued",
	[RQ_CONFIRMED] = "confirmed",
	[RQ_DELIVERED] = "delivered",
	[RQ_INSTALLED] = "installed",
	[RQ_IN_DOUBT] = "in_doubt",
	[RQ_EXPORTED] = "exported",
	[RQ_REFUSED] = "refused",
	[RQ_EXPIRED] = "expired",
	[RQ_SUPERSEDED] = "superseded",
	[RQ_CANCELLED] = "cancelled",
};

static const char *const event_name[EV_EVENTS] = {
	[EV_UPLOADED] = "uploaded",
	[EV_ADMITTED] = "admitted",
	[EV_HELD] = "held",
	[EV_REFUSED] = "refused",
	[EV_APPROVED] = "approved",
	[EV_JUDGED_ANEW] = "judged_anew",
	[EV_PREPARED] = "prepared",
	[EV_SENT] = "sent",
	[EV_NEVER_LEFT] = "never_left",
	[EV_WAITING] = "waiting",
	[EV_ISSUED] = "issued",
	[EV_CONFIRMED] = "confirmed",
	[EV_DELIVERED] = "delivered",
	[EV_INSTALLED] = "installed",
	[EV_ANSWER_LOST] = "answer_lost",
	[EV_RETRIED] = "retried",
	[EV_EXPORTED] = "exported",
	[EV_UNEXPORTED] = "unexported",
	[EV_EXPIRED] = "expired",
	[EV_SUPERSEDED] = "superseded",
	[EV_CANCELLED] = "cancelled",
};

/*
 * What is not here cannot happen. Two things shape it:
 *
 * - Between sent and an answer nothing but the CA's word ends a request: it may hold a certificate.
 *   So sent cannot be cancelled, nor can in_doubt run out of time; it goes to an operator.
 * - A transition to the same state is a message of the transaction under way: a message built anew
 *   because no octet of the old one left, stored bytes sent again, a further pollReq.
 */
static const struct request_trans trans[] = {
	{ RQ_NONE,	EV_UPLOADED,	RQ_RECEIVED },

	{ RQ_RECEIVED,	EV_ADMITTED,	RQ_QUEUED },
	{ RQ_RECEIVED,	EV_HELD,	RQ_HELD },
	{ RQ_RECEIVED,	EV_REFUSED,	RQ_REFUSED },

	{ RQ_HELD,	EV_APPROVED,	RQ_QUEUED },
	{ RQ_HELD,	EV_REFUSED,	RQ_REFUSED },
	{ RQ_HELD,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_HELD,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_HELD,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_QUEUED,	EV_PREPARED,	RQ_PREPARED },
	{ RQ_QUEUED,	EV_EXPORTED,	RQ_EXPORTED },
	{ RQ_QUEUED,	EV_REFUSED,	RQ_REFUSED },	/* our own second check */
	{ RQ_QUEUED,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_QUEUED,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_QUEUED,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_PREPARED,	EV_PREPARED,	RQ_PREPARED },
	{ RQ_PREPARED,	EV_SENT,	RQ_SENT },
	{ RQ_PREPARED,	EV_EXPORTED,	RQ_EXPORTED },
	{ RQ_PREPARED,	EV_REFUSED,	RQ_REFUSED },
	{ RQ_PREPARED,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_PREPARED,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_PREPARED,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_SENT,	EV_SENT,	RQ_SENT },	/* its sender died */
	{ RQ_SENT,	EV_NEVER_LEFT,	RQ_PREPARED },
	{ RQ_SENT,	EV_WAITING,	RQ_WAITING },
	{ RQ_SENT,	EV_ISSUED,	RQ_ISSUED },
	{ RQ_SENT,	EV_REFUSED,	RQ_REFUSED },
	{ RQ_SENT,	EV_ANSWER_LOST,	RQ_IN_DOUBT },
	{ RQ_SENT,	EV_RETRIED,	RQ_QUEUED },	/* a verified "not now": nothing was issued */

	{ RQ_WAITING,	EV_PREPARED,	RQ_WAITING },	/* pollReq */
	{ RQ_WAITING,	EV_SENT,	RQ_WAITING },
	{ RQ_WAITING,	EV_NEVER_LEFT,	RQ_WAITING },
	{ RQ_WAITING,	EV_WAITING,	RQ_WAITING },
	{ RQ_WAITING,	EV_ISSUED,	RQ_ISSUED },
	{ RQ_WAITING,	EV_REFUSED,	RQ_REFUSED },
	{ RQ_WAITING,	EV_ANSWER_LOST,	RQ_IN_DOUBT },
	{ RQ_WAITING,	EV_RETRIED,	RQ_QUEUED },
	{ RQ_WAITING,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_WAITING,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_WAITING,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_IN_DOUBT,	EV_PREPARED,	RQ_IN_DOUBT },	/* certConf that rejects a bad certificate */
	{ RQ_IN_DOUBT,	EV_SENT,	RQ_SENT },
	{ RQ_IN_DOUBT,	EV_WAITING,	RQ_WAITING },	/* the CA's own list says so */
	{ RQ_IN_DOUBT,	EV_ISSUED,	RQ_ISSUED },	/* found at the CA */
	{ RQ_IN_DOUBT,	EV_REFUSED,	RQ_REFUSED },
	{ RQ_IN_DOUBT,	EV_RETRIED,	RQ_QUEUED },
	{ RQ_IN_DOUBT,	EV_EXPORTED,	RQ_EXPORTED },
	{ RQ_IN_DOUBT,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_IN_DOUBT,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_EXPORTED,	EV_ISSUED,	RQ_ISSUED },
	{ RQ_EXPORTED,	EV_REFUSED,	RQ_REFUSED },
	{ RQ_EXPORTED,	EV_UNEXPORTED,	RQ_QUEUED },
	{ RQ_EXPORTED,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_EXPORTED,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_EXPORTED,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_ISSUED,	EV_PREPARED,	RQ_ISSUED },	/* certConf */
	{ RQ_ISSUED,	EV_SENT,	RQ_ISSUED },
	{ RQ_ISSUED,	EV_NEVER_LEFT,	RQ_ISSUED },
	{ RQ_ISSUED,	EV_CONFIRMED,	RQ_CONFIRMED },
	{ RQ_ISSUED,	EV_ANSWER_LOST,	RQ_IN_DOUBT },	/* the CA would not have it confirmed */

	{ RQ_CONFIRMED,	EV_DELIVERED,	RQ_DELIVERED },
	{ RQ_CONFIRMED,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_CONFIRMED,	EV_SUPERSEDED,	RQ_SUPERSEDED },
	{ RQ_CONFIRMED,	EV_CANCELLED,	RQ_CANCELLED },

	{ RQ_DELIVERED,	EV_INSTALLED,	RQ_INSTALLED },
	{ RQ_DELIVERED,	EV_EXPIRED,	RQ_EXPIRED },
	{ RQ_DELIVERED,	EV_SUPERSEDED,	RQ_SUPERSEDED },

	{ RQ_REFUSED,	EV_JUDGED_ANEW,	RQ_RECEIVED },	/* if it was our policy that refused */
	{ RQ_REFUSED,	EV_RETRIED,	RQ_QUEUED },	/* an operator's wish, after a CA's no */
};

const char *
request_state_name(enum request_state s)
{
	return (unsigned)s < RQ_STATES ? state_name[s] : "none";
}

const char *
request_event_name(enum request_event ev)
{
	return (unsigned)ev < EV_EVENTS ? event_name[ev] : "unknown";
}

enum request_state
request_state_parse(const char *name)
{
	for (unsigned i = 0; name != NULL && i < RQ_STATES; i++)
		if (strcmp(name, state_name[i]) == 0)
			return (enum request_state)i;
	return RQ_NONE;
}

bool
request_state_is_final(enum request_state s)
{
	switch (s) {
	case RQ_INSTALLED:
	case RQ_REFUSED:
	case RQ_EXPIRED:
	case RQ_SUPERSEDED:
	case RQ_CANCELLED:
		return true;
	case RQ_NONE:
	case RQ_RECEIVED:
	case RQ_HELD:
	case RQ_QUEUED:
	case RQ_PREPARED:
	case RQ_SENT:
	case RQ_WAITING:
	case RQ_ISSUED:
	case RQ_CONFIRMED:
	case RQ_DELIVERED:
	case RQ_IN_DOUBT:
	case RQ_EXPORTED:
	case RQ_STATES:
		break;
	}
	return false;
}

bool
request_state_is_open(enum request_state s)
{
	return s != RQ_NONE && s != RQ_DELIVERED && !request_state_is_final(s);
}

int
request_apply(enum request_state *state, enum request_event ev, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(trans); i++)
		if (trans[i].from == *state && trans[i].ev == ev) {
			*state = trans[i].to;
			return 0;
		}
	return err_set(e, R_WRONG_STATE, "%s, and then %s", request_state_name(*state),
	    request_event_name(ev));
}

const struct request_trans *
request_transitions(size_t *n)
{
	*n = COUNT_OF(trans);
	return trans;
}
