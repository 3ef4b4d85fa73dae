/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct reason_info reasons[] = {
	{ R_NONE, "NONE", RC_INTERNAL, FI_NONE, 200, "Nothing is wrong.", "", "" },
#define REASON(id, class, fail, http, sentence, cause, fix) \
	{ R_##id, #id, RC_##class, FI_##fail, http, sentence, cause, fix },
#include "common/base/reasons.def"
#undef REASON
};

static const char *const fail_names[] = {
	"badAlg", "badMessageCheck", "badRequest", "badTime", "badCertId", "badDataFormat",
	"wrongAuthority", "incorrectData", "missingTimeStamp", "badPOP", "certRevoked",
	"certConfirmed", "wrongIntegrity", "badRecipientNonce", "timeNotAvailable",
	"unacceptedPolicy", "unacceptedExtension", "addInfoNotAvailable", "badSenderNonce",
	"badCertTemplate", "signerNotTrusted", "transactionIdInUse", "unsupportedVersion",
	"notAuthorized", "systemUnavail", "systemFailure", "duplicateCertReq"
};

const struct reason_info *
reason_info(enum reason r)
{
	if ((unsigned)r >= (unsigned)R_COUNT)
		return &reasons[R_INTERNAL];
	return &reasons[r];
}

enum reason
reason_by_id(const char *id)
{
	for (size_t i = 1; id != NULL && i < COUNT_OF(reasons); i++)
		if (strcmp(reasons[i].id, id) == 0)
			return reasons[i].reason;
	return R_NONE;
}

const char *
reason_class_name(enum reason_class c)
{
	switch (c) {
	case RC_RETRY:
		return "retry";
	case RC_REFUSE:
		return "refuse";
	case RC_HOLD:
		return "hold";
	case RC_INTERNAL:
		break;
	}
	return "internal";
}

const char *
fail_info_name(int bit)
{
	if (bit < 0 || (size_t)bit >= COUNT_OF(fail_names))
		return NULL;
	return fail_names[bit];
}

static void
set(struct err *e, enum reason r, int sys, const char *fmt, va_list ap)
{
	int n;

	if (e == NULL)
		return;
	e->reason = r;
	n = vsnprintf(e->detail, sizeof(e->detail), fmt, ap);
	if (n < 0)
		e->detail[0] = '\0';
	else if (sys != 0 && (size_t)n < sizeof(e->detail))
		snprintf(e->detail + n, sizeof(e->detail) - (size_t)n, "%s%s", n > 0 ? ": " : "",
		    strerror(sys));
}

int
err_set(struct err *e, enum reason r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, r, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, enum reason r, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	va_start(ap, fmt);
	set(e, r, sys, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_at(struct err *e, const char *where)
{
	struct err was;

	if (e == NULL)
		return -1;
	was = *e;
	return err_set(e, was.reason, was.detail[0] != '\0' ? "%s: %s" : "%s%s", where, was.detail);
}

void
err_clear(struct err *e)
{
	if (e == NULL)
		return;
	e->reason = R_NONE;
	e->detail[0] = '\0';
}

void
err_print(const struct err *e, char *out, size_t size)
{
	const struct reason_info *r = reason_info(e->reason);

	if (e->detail[0] != '\0')
		snprintf(out, size, "%s: %s (%s)", r->id, r->sentence, e->detail);
	else
		snprintf(out, size, "%s: %s", r->id, r->sentence);
}
