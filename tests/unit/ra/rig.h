/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A CA, an RA and a station in one process: the back-end under test speaks, over memory, with a CA made of
 * common/cmp that answers as it is told.
 */
#ifndef NEMRA_TESTS_RA_RIG_H
#define NEMRA_TESTS_RA_RIG_H

#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "gateway/ra/ra.h"
#include "tests/labca/ca.h"

/* How the CA answers the next message; zero: properly. */
struct told {
	/* the message */
	bool as_error, unprotected, as_pki_conf;
	bool other_key;			/* signed by a key that the certificate in it does not have */
	bool other_signer;		/* by somebody whom the CA certified, but who is not the CA */
	bool no_extra_certs;
	bool wrong_tid, wrong_nonce, first_nonce, no_sender_nonce;
	bool cut;			/* the last octet is missing */
	bool no_time;			/* no messageTime */
	int http_status;		/* 0: 200 */
	enum upstream_outcome outcome;	/* other than UP_ANSWER: nothing comes back */

	/* ip, cp */
	enum cmp_body body;		/* 0: what fits */
	int status;			/* enum pki_status */
	uint32_t fail_info;
	const char *text;
	bool implicit, minus_one, no_cert;
	int64_t behind_s;		/* the CA's clock */
	int64_t req_id;

	/* pollRep */
	bool poll_rep;
	int64_t check_after;

	/* the certificate */
	bool for_other_key, other_name, extra_eku, expired, self_made, own;
	const struct ca *by;		/* another CA's */
	unsigned more_names;		/* so many OUs of 64 octets in its subject */
	int64_t from_s, to_s;		/* valid from, to; counted from now. 0, 0: as usual */
	struct mem der;			/* these octets */
};

struct rig {
	struct ca ca;
	struct trust *trust;
	struct key *ra_key, *device, *own, *other;
	struct certs ra_chain, device_chain;
	struct certs officer_chain;	/* certified by the CA, with the device's key */
	struct profile profile;
	struct profiles profiles;
	struct station station;
	struct blob csr, crmf, envelope;

	struct told told;
	struct cmp_msg *seen;		/* the last message, parsed */
	struct blob last;		/* its octets */
	uint8_t first_nonce[16];
	unsigned messages, txid_asks, sign_asks, credential_asks;
	bool signer_away;
	enum reason refuses;		/* the signer, whatever it is asked; R_NONE: it does not */
	unsigned replaced;		/* so many times the credential is another when the signature is asked for */

	struct ca_backend ra;
	struct ca_item item;
	uint8_t upload_sha256[32], spki_sha256[32], device_key[32];
};

void rig_open(struct rig *r, bool implicit);
void rig_close(struct rig *r);

/* The item as a first claim of a request in these forms gives it; the former one is freed. */
void rig_item(struct rig *r, bool pkcs10, bool crmf, bool enveloped);

/* prepare() for one step; -1: it, or the item, failed. */
int rig_prepare(struct rig *r, enum ca_step step);

/* send() and turn(): the verdict. */
enum ca_verdict rig_exchange(struct rig *r);

/* Both, with the CA told how to answer. */
enum ca_verdict rig_step(struct rig *r, enum ca_step step, struct told told);

#endif
