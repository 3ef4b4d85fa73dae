/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share and nobody else sees.
 */
#ifndef NEMRA_RA_INTERNAL_H
#define NEMRA_RA_INTERNAL_H

#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "common/cmp/protect.h"
#include "gateway/ra/ra.h"

struct ra_call;

struct ra {
	struct ra_options o;
	struct blob recipient;		/* DER Name of o.recipient */
	struct ra_call *calls;		/* under way */
};

/*
 * The body of a message is a CertReqMsg when the station sent one, else its PKCS#10: with CMP a CRMF request
 * keeps its bytes and its proof of possession (RFC 9483 section 5.2.3.1), and so does a PKCS#10 (4.1.4).
 */
enum cmp_body ra_request_body(const struct ca_item *it);

/* --- one file a message: fill what is special to it; content owns what out->content lends --- */

int ra_enrol_draft(const struct ra *ra, struct ca_item *it, struct cmp_out *out, struct err *e) MUSTUSE;
int ra_poll_draft(const struct ca_item *it, struct cmp_out *out, struct blob *content, struct err *e) MUSTUSE;
int ra_confirm_draft(const struct ca_item *it, struct cmp_out *out, struct blob *content,
    struct err *e) MUSTUSE;

/*
 * Judges the request anew from its own bytes, as a door did: envelope, names, key. A broken door cannot have a foreign
 * station enrolled. Its proof of possession is left to the signer, which signs for none without (struct ra_signer).
 */
int ra_check_evidence(const struct ra *ra, const struct ca_item *it, struct err *e) MUSTUSE;

/* The signer refused: when the request itself is why, its err says so as the door would have. */
void ra_explain_refusal(const struct ra *ra, struct ca_item *it);

/* The outcome of an exchange, into the item. */
void ra_judge(const struct ra *ra, struct ca_item *it, struct upstream_call *c);

/*
 * A certificate that a CA made for it: key, names, chain, times. ca_time: of the CA's message, 0: it did not say. cert
 * and info are filled whenever it can be parsed, chain on success only. R_CA_WRONG_KEY, R_CA_WRONG_NAME,
 * R_CA_CERT_BAD; R_NO_MEMORY says nothing of it.
 */
int ra_check_cert(const struct ra *ra, struct ca_item *it, struct mem der, const struct certs *others,
    int64_t ca_time, struct err *e) MUSTUSE;

#endif
