/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the doors may do: identify a station, hand in uploads, read and mark their own requests.
 * Many stations' calls travel in one statement, one commit.
 */
#ifndef NEMRA_STORE_DOOR_H
#define NEMRA_STORE_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/uuid.h"
#include "gateway/core/request.h"
#include "gateway/core/station.h"
#include "gateway/store/db.h"

/* --- who is it --- */

struct door_who {
	/* in */
	uint8_t device_key[32];		/* SHA-256 of the SPKI that TLS or SSH proved */
	const char *vendor;		/* "" when the chain leads to no factory CA */
	const char *serial;		/* "" when unknown */
	bool bind;			/* may be bound to the row of (vendor, serial) now; audited */
	const char *source;		/* address, for the audit */
	/* out */
	struct station station;		/* freed by the caller: station_free() */
	bool bound_now;
	struct err err;			/* R_STATION_UNKNOWN, R_DEVICE_KEY_DIFFERS, R_DEVICE_KEY_UNBOUND,
					 * R_STATION_BLOCKED; R_NONE: found */
};

/* First by device key, then by (vendor, serial). One commit for all. */
int door_identify(struct db *db, struct door_who *who, size_t n, struct err *e) MUSTUSE;

/* --- uploads --- */

struct door_upload {
	/* in; lent */
	struct uuid id;			/* for the case that it is new */
	struct uuid station;
	const char *door;		/* "https", "est", "sftp" */
	const char *source;
	const char *profile;
	const char *ca;
	const char *operation;		/* "enrol" */
	enum request_form form;
	uint8_t sha256[32];		/* of the upload's bytes as they came */
	uint8_t spki_sha256[32];
	struct mem envelope;		/* empty: plain */
	struct mem pkcs10;
	struct mem crmf;
	const char *subject;		/* as text, for lists */
	enum request_event verdict;	/* EV_ADMITTED, EV_HELD, EV_REFUSED */
	struct err why;			/* when held or refused */
	uint32_t max_open;		/* quota of requests of this station that are not final */
	/* out */
	struct uuid request;		/* the id to acknowledge */
	bool existed;			/* the same upload was here before */
	enum request_state state;
	int64_t at;			/* the database's clock, microseconds: of both steps of what is new */
	struct err err;			/* R_KEY_SHARED, R_TOO_MANY_OPEN, R_STATION_BLOCKED …: stored as
					 * refused, or (state RQ_NONE) not stored; else as why */
};

/*
 * One commit for all. -1: nothing is acknowledged (R_DB_AWAY, R_DB_UNKNOWN, R_STORE_FULL …). The same upload
 * again finds its row; one that our own policy refused is judged anew in it.
 */
int door_submit(struct db *db, struct door_upload *up, size_t n, struct err *e) MUSTUSE;

/* --- reading --- */

struct door_step {
	enum request_state state;
	int64_t at;			/* wall clock, microseconds */
};

#define DOOR_STEPS 32

struct door_read {
	/* in */
	struct uuid station;
	struct uuid request;
	bool want_timeline;
	bool want_certificate;		/* the chain is read only when asked for */
	bool delivering;		/* and the request becomes delivered when it was confirmed */
	/* out; freed by door_read_free() */
	bool found;			/* false: unknown, or another station's */
	enum request_state state;
	enum reason reason;
	char *detail;			/* may be NULL */
	char *profile;
	struct blob chain;		/* PEM, certificate first; empty until confirmed */
	struct door_step step[DOOR_STEPS];
	size_t n_steps;
};

int door_read(struct db *db, struct door_read *r, size_t n, struct err *e) MUSTUSE;
void door_read_free(struct door_read *r);

/* --- waiting --- */

struct door_watch {
	/* in */
	struct uuid station;
	struct uuid request;
	/* out */
	bool over;			/* in none of the states that wait, or no request of the station's */
};

/* A cheap look at many, most of which have not changed. waits says in which states one goes on waiting. */
int door_watch(struct db *db, struct door_watch *w, size_t n, bool (*waits)(enum request_state),
    struct err *e) MUSTUSE;

/* --- marks --- */

struct door_mark {
	/* in */
	struct uuid station;
	struct uuid request;
	enum request_event event;	/* EV_INSTALLED */
	/* out */
	bool found;
	struct err err;			/* R_WRONG_STATE; R_NONE: done, or was so already */
};

int door_mark(struct db *db, struct door_mark *m, size_t n, struct err *e) MUSTUSE;

#endif
