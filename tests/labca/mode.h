/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * How the lab CA behaves: DIR/mode, read at each message. One word, or a word and a count: the next
 * N messages, then ok.
 */
#ifndef NEMRA_LABCA_MODE_H
#define NEMRA_LABCA_MODE_H

enum mode {
	MODE_OK,
	MODE_SLOW,		/* two seconds before it looks at the message */
	MODE_WAIT,		/* "waiting"; the certificate comes with the second pollReq */
	MODE_REFUSE,		/* rejection */
	MODE_LOSE_BEFORE,	/* closes before it looks at the message */
	MODE_LOSE_AFTER,	/* does all and closes without answering */
	MODE_WRONG_KEY,		/* a certificate for another key */
	MODE_WRONG_NONCE,
	MODE_WRONG_TID,
	MODE_UNPROTECTED,
	MODE_HTTP503,
	MODE_REISSUE,		/* a repeated request gets another certificate */
	MODE_TID_IN_USE,	/* a repeated request gets transactionIdInUse */
	MODE_DOWN		/* closes every connection */
};

const char *mode_name(enum mode m);

/* The mode for the message at hand; a count is counted down. Unknown words read as ok, with a warning. */
enum mode mode_take(const char *dir);

#endif
