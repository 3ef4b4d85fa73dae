/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server that knows no HTTP: it accepts connections on 127.0.0.1, reads each request to its end and answers
 * with the bytes it was given, whatever they are.
 */
#ifndef NEMRA_TESTS_NET_HTTP_PEER_H
#define NEMRA_TESTS_NET_HTTP_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define PEER_SILENT "\001silent"	/* an answer: say nothing, keep the connection */
#define PEER_CLOSE "\002close"		/* an answer: close without a word */

struct peer {
	const char *const *answer;	/* one a request, over all connections; NULL ends */
	bool close_after;		/* close the connection after each answer */
	const char *path;		/* unix socket; NULL: TCP */
	SSL_CTX *tls;			/* NULL: plain */

	int port;
	char url[64];
	atomic_int connections;
	atomic_int requests;		/* complete ones */
	char last[8192];		/* the last request */

	int listener;
	int stop[2];
	pthread_t thread;
};

void peer_start(struct peer *p);	/* ends the program when it cannot */
void peer_stop(struct peer *p);

#endif
