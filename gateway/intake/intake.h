/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one door behind all doors: an upload's bytes become an upload for the store, with the
 * policy's verdict on it. Nothing is stored here, and nothing is decided anywhere else.
 */
#ifndef NEMRA_INTAKE_INTAKE_H
#define NEMRA_INTAKE_INTAKE_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "common/pki/envelope.h"
#include "gateway/core/profile.h"
#include "gateway/core/station.h"
#include "gateway/store/door.h"

enum intake_kind {
	INTAKE_NONE,
	INTAKE_PKCS10,		/* application/pkcs10: DER or PEM */
	INTAKE_PKCS10_BASE64,	/* the same as EST sends it: base64 of DER (RFC 8951 section 3), or PEM */
	INTAKE_CRMF,		/* application/vnd.nemra.crmf: DER CertReqMessages */
	INTAKE_ENVELOPE		/* application/cms: DER */
};

/* The kind that a media type (lower case, without parameters) names at /v1/requests. */
enum intake_kind intake_kind_of(const char *type);

/* How long such a body may be. */
size_t intake_max(enum intake_kind kind);

struct intake_in {
	const struct station *station;	/* as the channel proved it */
	const struct profiles *profiles;
	const char *wish;		/* profile that the client named; "" or NULL: none */
	enum intake_kind kind;
	struct mem body;
	const char *door;		/* "https", "est" */
	const char *source;
	uint32_t max_open;
};

struct intake {
	struct blob der;		/* the upload, without its text armour */
	struct csr *csr;
	struct crmf *crmf;
	struct envelope *envelope;
	struct buf subject;
	const struct profile *profile;	/* lent */
	struct door_upload up;		/* lends from the above and from the input */
};

/*
 * -1: it cannot be read, nobody here could own it, or the trouble is ours; it is not stored. 0: *out is to be
 * stored, as queued, held or refused. Its digest is over the DER: the same request in other line lengths is the same.
 */
int intake_judge(const struct intake_in *in, struct intake **out, struct err *e) MUSTUSE;
void intake_free(struct intake *t);

#endif
