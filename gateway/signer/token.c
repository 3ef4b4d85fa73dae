/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * An RA key in a token, which may go away and come back. While it is away nobody waits for it: those who ask are
 * told, and ask again; every few seconds the key is opened anew.
 */
#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/signer/job.h"

#define AGAIN_MS 5000

static void
log_away(const char *event, const struct err *e)
{
	log_failure(LOG_ERROR, event, e);
}

int
ra_sign(struct sign_state *s, struct mem part, struct buf *sig, struct err *e)
{
	if (s->token.away)
		return err_set(e, s->token.why.reason, "%s", s->token.why.detail);
	if (key_sign(s->keys->ra, part, sig, e) == 0)
		return 0;
	if (e->reason == R_TOKEN_AWAY) {
		s->token = (struct token_watch){ .away = true, .again_at = clock_mono_ms() + AGAIN_MS, .why = *e };
		log_away("signer.token_away", e);
	}
	return -1;
}

/* The dead key goes first: as long as one is open, the module keeps what it knew of the token. */
static int
open_again(struct signer_keys *k, struct err *e)
{
	key_free(k->ra);
	k->ra = NULL;
	if (key_load(k->ra_uri, &k->ra, e) != 0)
		return -1;
	if (cert_fits_key(k->chain.v[0], k->ra))
		return 0;
	return err_set(e, R_KEY_UNUSABLE, "the token that came back has another key");
}

static bool
may_try_again(const struct err *e)
{
	return e->reason != R_TOKEN_PIN && e->reason != R_KEY_FILE_OPEN && e->reason != R_CONFIG;
}

void
ra_token_turn(struct sign_state *s)
{
	struct log_line l;
	struct err e;

	if (!s->token.away || s->token.again_at == 0 || clock_mono_ms() < s->token.again_at)
		return;
	if (open_again(s->keys, &e) == 0) {
		s->token = (struct token_watch){ .away = false };
		log_begin(&l, LOG_NOTICE, "signer.token_there");
		log_end(&l);
		return;
	}
	s->token.again_at = clock_mono_ms() + AGAIN_MS;
	if (!may_try_again(&e)) {
		s->token = (struct token_watch){ .away = true, .again_at = 0, .why = e };
		log_away("signer.token_refused", &e);
	}
}

int
ra_token_wait(const struct sign_state *s, int wait_ms)
{
	int64_t left = s->token.again_at - clock_mono_ms();

	if (!s->token.away || s->token.again_at == 0 || left >= wait_ms)
		return wait_ms;
	return left > 0 ? (int)left : 0;
}

void
ra_token_let_go(struct sign_state *s)
{
	if (!s->token.away)
		return;
	key_free(s->keys->ra);
	s->keys->ra = NULL;
}
