/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The RA's signature under messages to the CA, and the certificate that goes with it.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/signer/job.h"

#define SIGNATURE_MAX 2048u

int
credential_begin(struct job *j, struct err *e)
{
	const struct certs *chain = &j->state->keys->chain;
	struct mem alg = mem_of(&j->state->keys->sig_alg);

	(void)e;
	buf_add_u16(j->out, (uint16_t)chain->n);
	for (size_t i = 0; i < chain->n; i++) {
		struct mem der = cert_get0_der(chain->v[i]);

		buf_add_u32(j->out, (uint32_t)der.len);
		buf_add_mem(j->out, der);
	}
	buf_add_u16(j->out, (uint16_t)alg.len);
	buf_add_mem(j->out, alg);
	return 0;
}

int
sign_cmp_begin(struct job *j, struct err *e)
{
	if (job_count(j, LIM_SIGN_ITEMS, e) != 0)
		return -1;
	buf_add_u16(j->out, (uint16_t)j->n);
	return 0;
}

static void
log_decision(const struct sign_seen *seen, const struct err *why)
{
	struct log_line l;

	log_begin(&l, why == NULL ? LOG_INFO : LOG_WARN, why == NULL ? "signer.signed" : "signer.refused");
	log_str(&l, "body", seen->body);
	log_hex(&l, "transaction", (struct mem){ seen->transaction_id, seen->transaction_id_len });
	if (seen->subject[0] != '\0')
		log_str(&l, "subject", seen->subject);
	log_err(&l, why);
	log_end(&l);
}

/* 0: sig holds the signature. -1: why says what the asker is told. */
static int
decide(struct job *j, struct mem part, struct sign_seen *seen, struct buf *sig, struct err *why)
{
	struct err e;

	if (part.len > LIM_CMP_MSG)
		return err_set(why, R_SIGNER_REFUSED, "TOO_LONG: more than %u octets", LIM_CMP_MSG);
	if (sign_policy_check(j->state->policy, j->state->keys, part, seen, &e) != 0) {
		if (e.reason == R_NO_MEMORY || e.reason == R_CREDENTIAL_CHANGED)
			return err_set(why, e.reason, "%s", e.detail);
		return err_set(why, R_SIGNER_REFUSED, "%s: %.200s", reason_info(e.reason)->id, e.detail);
	}
	if (!rate_take(&j->state->rate, clock_mono_ms()))
		return err_set(why, R_SIGNER_BUSY, "signer.rate");
	return ra_sign(j->state, part, sig, why);
}

static void
add_refusal(struct buf *out, const struct err *why)
{
	const char *id = reason_info(why->reason)->id;

	buf_add_u8(out, 0);
	buf_add_u8(out, (uint8_t)strlen(id));
	buf_add_str(out, id);
	buf_add_u16(out, (uint16_t)strlen(why->detail));
	buf_add_str(out, why->detail);
}

int
sign_cmp_item(struct job *j, struct err *e)
{
	size_t len = rd_u32(&j->in);
	struct mem part = rd_bytes(&j->in, len);
	struct sign_seen seen = { .body = "?" };
	struct err why;
	struct buf sig;

	if (j->in.failed || len == 0)
		return err_set(e, R_SIGNER_QUESTION, "sign_cmp: item %zu is cut or empty", j->done);
	buf_init(&sig, SIGNATURE_MAX);
	if (decide(j, part, &seen, &sig, &why) == 0) {
		buf_add_u8(j->out, 1);
		buf_add_u16(j->out, (uint16_t)sig.len);
		buf_add_mem(j->out, buf_mem(&sig));
		log_decision(&seen, NULL);
	} else {
		add_refusal(j->out, &why);
		log_decision(&seen, &why);
	}
	buf_free(&sig);
	return 0;
}
