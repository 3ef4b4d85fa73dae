/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong. A function that can fail returns 0 or -1 and fills its last argument.
 * The reason comes from one list, reasons.def, and its class tells the caller what to do;
 * audit, metrics, HTTP status and CMP failInfo are looked up there and so cannot disagree.
 */
#ifndef NEMRA_BASE_ERR_H
#define NEMRA_BASE_ERR_H

#include <stddef.h>

#include "common/base/attr.h"

enum reason {
	R_NONE = 0,
#define REASON(id, class, fail, http, sentence, cause, fix) R_##id,
#include "common/base/reasons.def"
#undef REASON
	R_COUNT
};

/* What the caller must do. */
enum reason_class {
	RC_RETRY,		/* the same thing may work later */
	RC_REFUSE,		/* it will not work until somebody changes the input */
	RC_HOLD,		/* a person must decide */
	RC_INTERNAL		/* a bug or a broken installation */
};

/* PKIFailureInfo bits, RFC 4210 section 5.2.3; the value is the bit's number. */
enum fail_info {
	FI_NONE = -1,
	FI_badAlg = 0,
	FI_badMessageCheck = 1,
	FI_badRequest = 2,
	FI_badTime = 3,
	FI_badCertId = 4,
	FI_badDataFormat = 5,
	FI_wrongAuthority = 6,
	FI_incorrectData = 7,
	FI_missingTimeStamp = 8,
	FI_badPOP = 9,
	FI_certRevoked = 10,
	FI_certConfirmed = 11,
	FI_wrongIntegrity = 12,
	FI_badRecipientNonce = 13,
	FI_timeNotAvailable = 14,
	FI_unacceptedPolicy = 15,
	FI_unacceptedExtension = 16,
	FI_addInfoNotAvailable = 17,
	FI_badSenderNonce = 18,
	FI_badCertTemplate = 19,
	FI_signerNotTrusted = 20,
	FI_transactionIdInUse = 21,
	FI_unsupportedVersion = 22,
	FI_notAuthorized = 23,
	FI_systemUnavail = 24,
	FI_systemFailure = 25,
	FI_duplicateCertReq = 26
};

struct err {
	enum reason reason;
	char detail[256];	/* UTF-8, printable; what was special about this case; may be empty */
};

struct reason_info {
	enum reason reason;
	const char *id;		/* KEY_TOO_WEAK */
	enum reason_class class;
	enum fail_info fail_info;
	int http_status;
	const char *sentence;	/* what */
	const char *cause;	/* why */
	const char *fix;	/* what to do */
};

/* Never NULL; an unknown reason reads as INTERNAL. */
const struct reason_info *reason_info(enum reason r);

/* The reason with that id, or R_NONE. */
enum reason reason_by_id(const char *id);

/* "retry", "refuse", "hold", "internal". */
const char *reason_class_name(enum reason_class c);

/* "badPOP"; NULL for FI_NONE or an unknown bit. */
const char *fail_info_name(int bit);

/* Fills e (may be NULL) and returns -1, so that a failure is one line. */
int err_set(struct err *e, enum reason r, const char *fmt, ...) PRINTF(3, 4);

/* As err_set, with strerror(errno) after the text. */
int err_sys(struct err *e, enum reason r, const char *fmt, ...) PRINTF(3, 4);

/* Puts "where: " before the text of a failure: a file's name, where only what is in it was known. */
int err_at(struct err *e, const char *where);

void err_clear(struct err *e);

/* "KEY_TOO_WEAK: The public key is weaker … (RSA 1024)" into out; always terminated. */
void err_print(const struct err *e, char *out, size_t size);

#endif
