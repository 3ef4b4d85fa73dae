/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The HTTPS door: libmicrohttpd with its TLS, around exchanges. A request that must wait is
 * suspended; no thread waits for anything.
 */
#ifndef NEMRA_INTAKE_HTTPD_H
#define NEMRA_INTAKE_HTTPD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/core/profile.h"
#include "gateway/intake/anchors.h"
#include "gateway/intake/worker.h"

struct httpd_options {
	const char *listen;		/* "[::]:8443", "127.0.0.1:0" */
	const char *cert, *key;		/* files, PEM */
	bool tls12;
	unsigned max_connections;
	unsigned max_strangers;		/* of them, before a client certificate is proved */
	unsigned per_address;		/* connections from one address */
	unsigned per_station;		/* connections of one device key */
	int64_t handshake_ms;		/* TLS and the first request's header */
	int64_t penalty_ms;		/* how long an address that misbehaves is kept out; 0: not at all */
	int64_t timeout_ms;		/* of silence, and of a kept connection's rest */
	uint64_t requests_per_minute;	/* of one station; 0: no limit */
	uint32_t max_open;		/* requests of one station that are not final */
	struct anchors_options anchors;
	struct worker_options store;
	const struct profiles *profiles;
};

struct httpd;

/* All that is lent in o must outlive the door. */
int httpd_start(const struct httpd_options *o, struct httpd **out, struct err *e) MUSTUSE;

/* Reads the door's certificate, the trust anchors and the CRLs again; on failure the old ones stay. */
int httpd_reload(struct httpd *h, struct err *e) MUSTUSE;

/* To be called about once a second: reports what was refused, and gives memory back. */
void httpd_tick(struct httpd *h);

/* False when a thread of ours has not gone round for a minute: it hangs. */
bool httpd_alive(struct httpd *h);

/* Finishes what it has begun, then ends. */
void httpd_stop(struct httpd *h);

#endif
