/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One message in, one answer out, both in the journal before the answer leaves.
 */
#include <time.h>

#include "common/base/log.h"
#include "common/base/uuid.h"
#include "tests/labca/labca.h"

#define SLOW_MS 2000

static const char *const outcome_names[] = {
	[OUTCOME_ANSWER] = "answered",
	[OUTCOME_CLOSE] = "closed",
	[OUTCOME_BUSY] = "busy",
	[OUTCOME_BAD] = "bad",
};

static const int http_status[] = {
	[OUTCOME_ANSWER] = 200,
	[OUTCOME_CLOSE] = 0,
	[OUTCOME_BUSY] = 503,
	[OUTCOME_BAD] = 400,
};

static int
log_in(struct exchange *x, struct err *e)
{
	json_t *more = json_pack("{s:s}", "mode", mode_name(x->mode));

	return journal_message(x->ca->journal, x->n, JOURNAL_IN, x->in, more, e);
}

static int
log_out(struct exchange *x, enum outcome o, struct err *e)
{
	json_object_set_new(x->note, "outcome", json_string(outcome_names[o]));
	json_object_set_new(x->note, "http", json_integer(http_status[o]));
	return journal_message(x->ca->journal, x->n, JOURNAL_OUT, mem_of(&x->out),
	    json_incref(x->note), e);
}

static int
step(struct exchange *x, struct err *e)
{
	switch (cmp_msg_body(x->msg)) {
	case CMP_IR: case CMP_CR: case CMP_KUR: case CMP_P10CR:
		return enrol(x, e);
	case CMP_CERTCONF:
		return confirm(x, e);
	case CMP_POLLREQ:
		return poll_again(x, e);
	case CMP_GENM:
		return general(x, e);
	case CMP_IP: case CMP_CP: case CMP_POPDECC: case CMP_POPDECR: case CMP_KUP: case CMP_KRR:
	case CMP_KRP: case CMP_RR: case CMP_RP: case CMP_CCR: case CMP_CCP: case CMP_CKUANN:
	case CMP_CANN: case CMP_RANN: case CMP_CRLANN: case CMP_PKICONF: case CMP_NESTED:
	case CMP_GENP: case CMP_ERROR: case CMP_POLLREP: case CMP_BODIES:
		break;
	}
	return reply_error(x, FI_badRequest, "this body is not supported", e);
}

static void
sleep_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (ms > 0)
		(void)nanosleep(&t, NULL);
}

static enum outcome
work(struct exchange *x, struct err *e)
{
	if (x->mode == MODE_DOWN || x->mode == MODE_LOSE_BEFORE)
		return OUTCOME_CLOSE;
	if (x->mode == MODE_HTTP503)
		return OUTCOME_BUSY;
	sleep_ms(x->ca->delay_ms + (x->mode == MODE_SLOW ? SLOW_MS : 0));
	if (cmp_msg_parse(x->in, &x->msg, e) != 0 || sha256(x->in, x->sha256, e) != 0)
		return OUTCOME_BAD;
	x->h = cmp_msg_get0_header(x->msg);
	if (step(x, e) != 0 || answer_build(x, e) != 0)
		return OUTCOME_BAD;
	return x->mode == MODE_LOSE_AFTER ? OUTCOME_CLOSE : OUTCOME_ANSWER;
}

enum outcome
labca_exchange(struct labca *l, enum mode mode, struct mem in, struct blob *out)
{
	struct exchange x = { .ca = l, .mode = mode, .in = in, .n = journal_next(l->journal),
	    .note = json_object() };
	enum outcome o = OUTCOME_BAD;
	struct err e;

	err_clear(&e);
	random_fill(x.nonce, sizeof(x.nonce));
	if (x.note == NULL || log_in(&x, &e) != 0) {
		log_failure(LOG_ERROR, "exchange.log", &e);
		goto out;
	}
	o = work(&x, &e);
	if (o == OUTCOME_BAD) {
		log_failure(LOG_WARN, "exchange.bad", &e);
		json_object_set_new(x.note, "refused", json_string(e.detail));
		blob_free(&x.out);
	}
	if (log_out(&x, o, &e) != 0) {
		log_failure(LOG_ERROR, "exchange.log", &e);
		o = OUTCOME_BAD;
	}
	if (o == OUTCOME_ANSWER) {
		*out = x.out;
		x.out = (struct blob){ NULL, 0 };
	}
out:
	cmp_msg_free(x.msg);
	blob_free(&x.reply.content);
	blob_free(&x.out);
	json_decref(x.note);
	return o;
}
