/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What operators see and do. Lists go row by row to a callback (keyset paging, never OFFSET); changes are
 * audited with the operator's name in the same transaction.
 */
#ifndef NEMRA_STORE_OPS_H
#define NEMRA_STORE_OPS_H

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

/* --- filters: key, operator, value; keys are checked against a table per noun (R_BAD_PARAMETER) --- */

enum ops_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

struct ops_cond {
	const char *key;
	enum ops_op op;
	const char *value;	/* times: RFC 3339, or relative as 30d, 12h: ahead for what is to come (not_after,
				 * next_at), back for what has been */
};

struct ops_query {
	const struct ops_cond *cond;
	size_t n_cond;
	const char *after;	/* continue after this key ("" or NULL: from the start) */
	size_t limit;		/* at most 1000 */
};

/* A row as columns of text, in the order of the noun's column list; NULL value: none. */
typedef int ops_row_fn(void *arg, const char *const *value, size_t n);

/*
 * NULL-terminated column names: what the API's objects and the CSV have. A station's begin with those of the
 * import (station,vendor,model,serial,region,profile,subject,san_dns,san_ip,device_key,ssh_key,state; several
 * names in one value are joined by ';'), so that an export can be imported. A request's include next_at.
 */
const char *const *ops_station_columns(void);
const char *const *ops_request_columns(void);
const char *const *ops_certificate_columns(void);
const char *const *ops_audit_columns(void);

/* The first column is the key for after. */
int ops_station_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e) MUSTUSE;
int ops_request_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e) MUSTUSE;
int ops_certificate_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e) MUSTUSE;
int ops_audit_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e) MUSTUSE;

/* --- stations --- */

enum ops_change { CH_ADDED, CH_CHANGED, CH_SAME, CH_ERROR };

/* Columns that a row sets. One not given is left as it is in a row that exists, and empty in a new one. */
enum ops_station_field {
	OSF_VENDOR = 1 << 0,
	OSF_MODEL = 1 << 1,
	OSF_SERIAL = 1 << 2,
	OSF_REGION = 1 << 3,
	OSF_PROFILE = 1 << 4,
	OSF_SUBJECT = 1 << 5,
	OSF_SAN_DNS = 1 << 6,
	OSF_SAN_IP = 1 << 7,
	OSF_DEVICE_KEY = 1 << 8,	/* never set without a key: an empty column does not unbind a device */
	OSF_SSH_KEY = 1 << 9,
	OSF_STATE = 1 << 10
};

struct ops_station {
	/* in */
	struct station s;		/* name and the rest; blocked from column state */
	char *ssh_key;
	unsigned given;			/* OSF_… */
	/* out */
	enum ops_change change;
	struct err err;			/* R_IMPORT_LINE: device key or (vendor, serial) belongs to another row … */
};

enum ops_put {
	PUT_GOOD,		/* commit the rows that can be taken */
	PUT_ALL,		/* commit when every row can be taken, else nothing */
	PUT_TRY			/* roll back: say what would happen */
};

/* Insert or update by name, in one transaction; names are distinct. change and err of each row are filled in. */
int ops_station_put(struct db *db, const char *who, struct ops_station *s, size_t n, enum ops_put how,
    struct err *e) MUSTUSE;

int ops_station_block(struct db *db, const char *who, const char *name, bool block, const char *why,
    struct err *e) MUSTUSE;

/* --- requests --- */

/* held -> queued, or held -> refused (R_DENIED with the words why). */
int ops_request_decide(struct db *db, const char *who, const struct uuid *id, bool approve, const char *why,
    struct err *e) MUSTUSE;

/*
 * One that waits for an operator: retry begins it anew as the next attempt, else it is cancelled; that also ends one
 * that has not left yet. R_WRONG_STATE.
 */
int ops_request_repair(struct db *db, const char *who, const struct uuid *id, bool retry, const char *why,
    struct err *e) MUSTUSE;

/* While it is paused nothing more goes to a CA. R_NOT_FOUND: no dispatcher knows it. */
int ops_ca_pause(struct db *db, const char *who, const char *ca, bool pause, const char *why, struct err *e) MUSTUSE;

struct ops_request {
	char *column[32];		/* as ops_request_columns() */
	size_t n;
	struct door_step_text {
		char *state;
		char *at;		/* RFC 3339 */
		char *why;
	} *step;
	size_t n_steps;
	struct blob envelope, pkcs10, crmf;
	struct ops_message {
		char *kind;		/* "enrol", "answer", "certconf" … */
		char *at;
		struct blob der;
	} *message;
	size_t n_messages;
};
int ops_request_show(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e) MUSTUSE;
void ops_request_free(struct ops_request *r);

/* The PEM chain of a certificate, by request id or by "issuer-sha256:serial" key column. */
int ops_certificate_chain(struct db *db, const char *key, struct blob *pem, struct err *e) MUSTUSE;

/* --- status --- */

struct ops_count {
	char ca[65];
	enum request_state state;
	int64_t n;
};
struct ops_ca {
	char ca[65];
	char circuit[16];	/* "closed", "open", "trial", "paused" */
	char reason[64];
	char detail[256];
	int64_t since;		/* wall clock, microseconds */
	int64_t last_success;	/* 0: never */
	char error_reason[64];	/* of what went wrong last, also when all is well again */
	char error_detail[256];
	int64_t error_at;	/* 0: never */
	int64_t latency_ms;	/* 0: not known */
};

/* A process, as it said itself. */
struct ops_daemon {
	char instance[UUID_TEXT];
	char daemon[64];
	char host[256];
	char version[65];
	int64_t pid;
	int64_t started_at, seen_at;
	int64_t silent_ms;	/* by the database's clock */
	bool stopped;		/* it said goodbye */
};

/* What a process said of something that it depends on or watches. */
struct ops_part {
	size_t daemon;		/* index */
	char part[129];
	char reason[64];	/* "": it is well */
	char detail[513];
	int64_t since;
	int64_t value;
};

struct ops_status {
	struct ops_count *count;	/* kept counters, not scanned */
	size_t n_counts;
	struct ops_ca *ca;
	size_t n_ca;
	struct ops_daemon *daemon;
	size_t n_daemons;
	struct ops_part *part;
	size_t n_parts;
	int64_t stations;
	int64_t oldest_queued_at;	/* wall clock, microseconds; 0: none */
	int64_t oldest_in_doubt_at;	/* when the oldest request of those in doubt came; 0: none */
	int64_t in_doubt_waiting;	/* of the oldest thousand in doubt: so many wait for an operator */
	int64_t database_bytes;
	int64_t audit_events, audit_linked;
};
int ops_status(struct db *db, struct ops_status *out, struct err *e) MUSTUSE;
void ops_status_free(struct ops_status *s);

/* --- audit verify: rows in order, for code that trusts nothing --- */

struct ops_link {
	int64_t seq;
	int64_t event;
	uint8_t prev[32];
	uint8_t mac[32];
	struct mem content;	/* canonical text; empty: the event is missing */
};
typedef int ops_link_fn(void *arg, const struct ops_link *l);
int ops_audit_links(struct db *db, int64_t from_seq, size_t max, ops_link_fn *fn, void *arg, struct err *e) MUSTUSE;

#endif
