/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "gateway/store/ops_list.h"

#define NO { NULL, NULL, NULL }

/* --- stations: the first twelve are those of the import --- */

static const struct column station[] = {
	{ "station", COL_TEXT, "s.name", NO },
	{ "vendor", COL_TEXT, "s.vendor", NO },
	{ "model", COL_TEXT, "s.model", NO },
	{ "serial", COL_TEXT, "s.serial", NO },
	{ "region", COL_TEXT, "s.region", NO },
	{ "profile", COL_TEXT, "s.profile", NO },
	{ "subject", COL_TEXT, "s.subject", NO },
	{ "san_dns", COL_TEXT, "pg_catalog.array_to_string(s.san_dns, ';')", NO },
	{ "san_ip", COL_TEXT, "pg_catalog.array_to_string(s.san_ip, ';')", NO },
	{ "device_key", COL_HEX, "s.device_key", NO },
	{ "ssh_key", COL_TEXT, "s.ssh_key", NO },
	{ "state", COL_TEXT, "CASE WHEN s.blocked THEN 'blocked' ELSE 'active' END", NO },
	{ "added_at", COL_PAST, "s.added_at", NO },
	{ "changed_at", COL_PAST, "s.changed_at", NO },
	{ "bound_at", COL_PAST, "s.bound_at", NO },
};

const struct noun noun_station = {
	station, COUNT_OF(station), " FROM nemra.station AS s WHERE true", { "s.name > ", "", NULL },
	" ORDER BY s.name"
};

/*
 * --- requests: the newest first. A state is found by its phase, which has an index; most states are one, and to ask
 * for both would make the planner think that hardly a row is both. ---
 */

static const struct column request[] = {
	{ "request", COL_UUID, "q.request", NO },
	{ "station", COL_TEXT, "s.name", { "q.request IN (SELECT k.request FROM nemra.request_key AS k "
	    "JOIN nemra.station AS t ON t.id = k.station WHERE t.name = ", ")", NULL } },
	{ "state", COL_STATE, "q.state", { "q.phase = nemra.phase(",
	    ") AND (q.phase <> 'queued' OR q.state = ", ")" } },
	{ "ca", COL_TEXT, "q.ca", NO },
	{ "profile", COL_TEXT, "r.profile", NO },
	{ "reason", COL_TEXT, "q.reason", NO },
	{ "detail", COL_TEXT, "q.detail", NO },
	{ "next_at", COL_FUTURE, "q.next_at", NO },
	{ "received_at", COL_PAST, "r.received_at", NO },
	{ "queued_at", COL_PAST, "q.queued_at", NO },
	{ "changed_at", COL_PAST, "q.changed_at", NO },
	{ "attempt", COL_INT, "q.attempt", NO },
	{ "tries", COL_INT, "q.tries", NO },
	{ "subject", COL_TEXT, "r.subject", NO },
	{ "vendor", COL_TEXT, "s.vendor", NO },
	{ "model", COL_TEXT, "s.model", NO },
	{ "region", COL_TEXT, "s.region", NO },
	{ "door", COL_TEXT, "r.door", NO },
	{ "source", COL_TEXT, "r.source", NO },
	{ "operation", COL_TEXT, "r.operation", NO },
	{ "form", COL_TEXT, "CASE r.form WHEN 1 THEN 'pkcs10' WHEN 2 THEN 'crmf' ELSE 'both' END", NO },
	{ "enveloped", COL_BOOL, "r.envelope IS NOT NULL", NO },
	{ "spki_sha256", COL_HEX, "r.spki_sha256", NO },
};

const struct noun noun_request = {
	request, COUNT_OF(request), " FROM nemra.queue AS q JOIN nemra.request AS r ON r.id = q.request "
	"JOIN nemra.station AS s ON s.id = q.station WHERE true", { "q.request < ", "", NULL },
	" ORDER BY q.request DESC"
};

/*
 * --- certificates: the newest request's first, one row each, also when an answer came twice. Whether a row is shown
 * is asked as a boolean of each, not as a join: the planner takes three joined columns for one row in all, and would
 * then sort the whole table for a page.
 */

#define KEY_ISSUER "pg_catalog.decode(pg_catalog.split_part("
#define KEY_SERIAL ", ':', 1), 'hex')"
#define KEY_END ", ':', 2), 'hex')"

static const struct column certificate[] = {
	{ "certificate", COL_TEXT,
	    "pg_catalog.encode(c.issuer_sha256, 'hex') || ':' || pg_catalog.encode(c.serial, 'hex')",
	    { "(c.request, c.issuer_sha256, c.serial) IN (SELECT k.request, k.issuer_sha256, k.serial "
	    "FROM nemra.certificate_key AS k WHERE k.issuer_sha256 = " KEY_ISSUER,
	    KEY_SERIAL " AND k.serial = " KEY_ISSUER, KEY_END ")" } },
	{ "station", COL_TEXT, "s.name", { "c.request IN (SELECT k.request FROM nemra.request_key AS k "
	    "JOIN nemra.station AS t ON t.id = k.station WHERE t.name = ", ")", NULL } },
	{ "subject", COL_TEXT, "c.subject", NO },
	{ "issuer", COL_TEXT, "c.issuer", NO },
	{ "serial", COL_HEX, "c.serial", NO },
	{ "not_before", COL_PAST, "c.not_before", NO },
	{ "not_after", COL_FUTURE, "c.not_after", NO },
	{ "request", COL_UUID, "c.request", NO },
	{ "state", COL_STATE, "q.state", NO },
	{ "accepted", COL_BOOL, "c.accepted", NO },
	{ "ca", COL_TEXT, "q.ca", NO },
	{ "profile", COL_TEXT, "r.profile", NO },
	{ "vendor", COL_TEXT, "s.vendor", NO },
	{ "region", COL_TEXT, "s.region", NO },
	{ "issued_at", COL_PAST, "c.at", NO },
	{ "spki_sha256", COL_HEX, "c.spki_sha256", NO },
};

const struct noun noun_certificate = {
	certificate, COUNT_OF(certificate),
	" FROM nemra.certificate AS c JOIN nemra.queue AS q ON q.request = c.request "
	"JOIN nemra.request AS r ON r.id = c.request JOIN nemra.station AS s ON s.id = r.station "
	"WHERE (SELECT k.request = c.request FROM nemra.certificate_key AS k "
	"WHERE k.issuer_sha256 = c.issuer_sha256 AND k.serial = c.serial) "
	"AND (SELECT pg_catalog.max(d.id) = c.id FROM nemra.certificate AS d WHERE d.request = c.request "
	"AND d.issuer_sha256 = c.issuer_sha256 AND d.serial = c.serial)",
	{ "(c.request, c.id) < (SELECT x.request, pg_catalog.max(x.id) FROM nemra.certificate_key AS k "
	"JOIN nemra.certificate AS x ON x.request = k.request AND x.issuer_sha256 = k.issuer_sha256 "
	"AND x.serial = k.serial WHERE k.issuer_sha256 = " KEY_ISSUER, KEY_SERIAL " AND k.serial = " KEY_ISSUER,
	KEY_END " GROUP BY x.request)" },
	" ORDER BY c.request DESC, c.id DESC"
};

/* --- audit: the newest first --- */

static const struct column audit[] = {
	{ "event", COL_INT, "e.id", NO },
	{ "at", COL_PAST, "e.at", NO },
	{ "who", COL_TEXT, "e.who", NO },
	{ "what", COL_TEXT, "e.what", NO },
	{ "object", COL_TEXT, "e.object", NO },
	{ "outcome", COL_TEXT, "e.outcome", NO },
	{ "reason", COL_TEXT, "e.reason", NO },
	{ "before", COL_SHOWN, "e.before::text", NO },
	{ "after", COL_SHOWN, "e.after::text", NO },
};

const struct noun noun_audit = {
	audit, COUNT_OF(audit), " FROM nemra.audit_event AS e WHERE true", { "e.id < ", "", NULL },
	" ORDER BY e.id DESC"
};

/* --- what ops.h promises of them --- */

static const struct noun *const nouns[] = { &noun_station, &noun_request, &noun_certificate, &noun_audit };
static const char *names[COUNT_OF(nouns)][LIST_COLUMNS + 1];

_Static_assert(COUNT_OF(station) <= LIST_COLUMNS && COUNT_OF(request) <= LIST_COLUMNS &&
    COUNT_OF(certificate) <= LIST_COLUMNS && COUNT_OF(audit) <= LIST_COLUMNS, "too many columns");

static void
name_columns(void)
{
	for (size_t i = 0; i < COUNT_OF(nouns); i++)
		for (size_t k = 0; k < nouns[i]->n; k++)
			names[i][k] = nouns[i]->column[k].name;
}

static const char *const *
columns_of(size_t noun)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, name_columns);
	return names[noun];
}

const char *const *
ops_station_columns(void)
{
	return columns_of(0);
}

const char *const *
ops_request_columns(void)
{
	return columns_of(1);
}

const char *const *
ops_certificate_columns(void)
{
	return columns_of(2);
}

const char *const *
ops_audit_columns(void)
{
	return columns_of(3);
}

int
ops_station_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	return list_run(db, &noun_station, q, fn, arg, e);
}

int
ops_request_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	return list_run(db, &noun_request, q, fn, arg, e);
}

int
ops_certificate_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	return list_run(db, &noun_certificate, q, fn, arg, e);
}

int
ops_audit_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	return list_run(db, &noun_audit, q, fn, arg, e);
}
