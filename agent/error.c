/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent/priv.h"

/* Exit statuses of nemra-agent(8) where the reason's class does not say it. */
static int
status_of(enum reason r)
{
	switch ((int)r) {
	case R_NONE:
		return 0;
	case R_USAGE:
		return 1;
	case R_CONFIG:
		return 4;
	case R_STILL_PENDING:
	case R_NEEDS_APPROVAL:
		return 5;
	case R_PEER_NOT_TRUSTED:
	case R_CERT_NOT_TRUSTED:
	case R_CERT_EXPIRED:
	case R_CA_WRONG_KEY:
	case R_CA_WRONG_NAME:
	case R_CA_CERT_BAD:
		return 7;
	case R_CLOCK_NOT_SET:
		return 8;
	case R_INSTALL_FAILED:
	case R_HOOK_FAILED:
		return 9;
	default:
		break;
	}
	switch (reason_info(r)->class) {
	case RC_RETRY:
		return 3;
	case RC_REFUSE:
	case RC_HOLD:
		return 2;
	case RC_INTERNAL:
		break;
	}
	return 6;
}

void
error_from(struct nemra_error *to, const struct err *e)
{
	const struct reason_info *info = reason_info(e->reason);

	if (to == NULL)
		return;
	nemra_error_clear(to);
	if (e->reason == R_NONE)
		return;
	to->reason = info->id;
	to->sentence = info->sentence;
	to->cause = info->cause;
	to->fix = info->fix;
	to->status = status_of(e->reason);
	snprintf(to->detail, sizeof(to->detail), "%s", e->detail);
}

int
error_take(struct err *to, const struct nemra_error *e)
{
	enum reason r = e->reason == NULL ? R_NONE : reason_by_id(e->reason);

	return err_set(to, r == R_NONE ? R_INTERNAL : r, "%s", e->detail);
}

void
nemra_error_clear(struct nemra_error *e)
{
	*e = (struct nemra_error){ .reason = "", .sentence = "", .cause = "", .fix = "" };
}

int
nemra_error_set(struct nemra_error *e, const char *reason, const char *detail)
{
	enum reason r = reason_by_id(reason);
	struct err x;

	(void)err_set(&x, r == R_NONE ? R_INTERNAL : r, "%s", detail);
	error_from(e, &x);
	return -1;
}
