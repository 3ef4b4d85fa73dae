/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is at the other end of a TLS connection. The TLS library proves possession of a key and hands
 * the chain over as DER; all that is concluded from it is concluded here, by OpenSSL, once per
 * connection and again every minute.
 */
#ifndef NEMRA_INTAKE_IDENTITY_H
#define NEMRA_INTAKE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/pki/hash.h"
#include "gateway/core/station.h"
#include "gateway/intake/anchors.h"

#define IDENTITY_TTL_MS 60000	/* a chain is verified again after this */
#define STATION_TTL_MS 2000	/* an inventory row is read again after this */
#define IDENTITY_TEXT 256

/* The chain as the peer sent it, leaf first, and the SPKI that the TLS library verified with. */
struct peer {
	struct mem cert[LIM_CHAIN];
	size_t n;
	struct mem spki;
};

struct identity {
	int64_t verified_at;		/* monotonic ms; 0: never */
	uint64_t by;			/* mark of the anchors it was verified against */
	struct err err;			/* R_NONE: what follows is true */
	int64_t not_before, not_after;	/* the narrowest of the chain; seconds */
	uint8_t device_key[SHA256_LEN];
	char vendor[IDENTITY_TEXT];	/* "" = known by an operator's CA */
	char serial[IDENTITY_TEXT];
	bool bind;			/* its rule lets the key be bound at first contact */

	int64_t asked_at;		/* when the store last answered; 0: never */
	struct err station_err;
	struct station station;		/* when asked_at and station_err.reason == R_NONE */
};

/* Fills all but the station; the result stands in id->err too. */
int identity_verify(struct identity *id, const struct anchors *a, const struct peer *p, int64_t now_s,
    int64_t mono_ms, struct err *e) MUSTUSE;

/* The chain could not even be had. */
void identity_refuse(struct identity *id, const struct err *why);

/* May id be used without looking at the chain again? */
bool identity_is_fresh(const struct identity *id, const struct anchors *a, int64_t mono_ms);

/* A verified chain's own time, for each request on a kept connection. R_CERT_EXPIRED. */
int identity_in_time(const struct identity *id, int64_t now_s, struct err *e) MUSTUSE;

bool identity_knows_station(const struct identity *id, int64_t mono_ms);
void identity_forget_station(struct identity *id);
void identity_free(struct identity *id);	/* the fields, not it */

#endif
