/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fix.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/enc.h"

#define ROLES 8
#define VALUE 4096

static char dir[64], url[128];
static struct {
	char role[32];
	struct db *db;
} kept[ROLES];
static size_t n_kept;

static void
die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s: %s\n", what, reason_info(e->reason)->id, e->detail);
	exit(2);
}

/* --- the cluster --- */

int
fix_nemra_db(const char *const *args)
{
	const char *argv[12] = { "sql/nemra-db", "-d", dir };
	size_t n = 3;
	int status;
	pid_t pid;

	while (*args != NULL && n < COUNT_OF(argv) - 1)
		argv[n++] = *args++;
	pid = fork();
	if (pid == 0) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
run(const char *verb)
{
	const char *const args[] = { verb, NULL };
	int rc = fix_nemra_db(args);

	if (rc != 0) {
		fprintf(stderr, "nemra-db %s: exit status %d\n", verb, rc);
		exit(2);
	}
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
stop(void)
{
	const char *const args[] = { "stop", NULL };

	for (size_t i = 0; i < n_kept; i++)
		db_close(kept[i].db);
	(void)fix_nemra_db(args);
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
fix_start(void)
{
	snprintf(dir, sizeof(dir), "/tmp/nemra-store-XXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) != 0 || atexit(stop) != 0) {
		perror(dir);
		exit(2);
	}
	run("init");
	run("start");
	run("migrate");
	snprintf(url, sizeof(url), "host=%s/run dbname=nemra", dir);
}

const char *
fix_dir(void)
{
	return dir;
}

const char *
fix_url(void)
{
	return url;
}

/* --- connections --- */

struct db *
fix_new(const char *role)
{
	const struct db_options o = { .url = url, .role = role };
	struct db *db;
	struct err e;

	if (db_open(&o, &db, &e) != 0)
		die(role, &e);
	return db;
}

struct db *
fix_db(const char *role)
{
	struct err e;

	for (size_t i = 0; i < n_kept; i++)
		if (strcmp(kept[i].role, role) == 0) {
			if (db_is_away(kept[i].db) && db_reopen(kept[i].db, &e) != 0)
				die(role, &e);
			return kept[i].db;
		}
	if (n_kept == ROLES)
		abort();
	snprintf(kept[n_kept].role, sizeof(kept[0].role), "%s", role);
	kept[n_kept].db = fix_new(role);
	return kept[n_kept++].db;
}

/* --- SQL of the tests' own --- */

const char *
fix_value(const char *sql)
{
	static char value[VALUE];
	PGresult *r;
	struct err e;

	if (pg_query(fix_db("nemra_owner"), sql, NULL, &r, &e) != 0)
		die(sql, &e);
	snprintf(value, sizeof(value), "%s",
	    PQntuples(r) > 0 && PQnfields(r) > 0 ? PQgetvalue(r, 0, 0) : "(none)");
	PQclear(r);
	return value;
}

void
fix_sql(const char *sql)
{
	(void)fix_value(sql);
}

const char *
fix_value_of(const char *format, const char *id)
{
	const char *at = strstr(format, "%s");
	char sql[VALUE];

	if (at == NULL)
		abort();
	snprintf(sql, sizeof(sql), "%.*s%s%s", (int)(at - format), format, id, at + 2);
	return fix_value(sql);
}

void
fix_sql_of(const char *format, const char *id)
{
	(void)fix_value_of(format, id);
}

/* --- things to store --- */

void
fix_random(uint8_t *p, size_t len)
{
	random_fill(p, len);
}

const char *
fix_text(const struct uuid *u)
{
	static char text[8][UUID_TEXT];
	static unsigned next;
	char *t = text[next++ % 8];

	uuid_print(u, t);
	return t;
}

const char *
fix_ca(void)
{
	static char name[8][32];
	static unsigned count;
	char *n = name[count % 8];

	snprintf(n, sizeof(name[0]), "ca-%u", count++);
	return n;
}

struct fix_station
fix_station(void)
{
	static unsigned count;
	struct fix_station s = { .id = uuid_new() };
	char key[65], sql[512];

	snprintf(s.name, sizeof(s.name), "gnb-%u", count++);
	random_fill(s.key, sizeof(s.key));
	hex_print((struct mem){ s.key, sizeof(s.key) }, key);
	snprintf(sql, sizeof(sql), "INSERT INTO nemra.station (id, name, vendor, serial, device_key, san_dns) "
	    "VALUES ('%s', '%s', 'acme', 'serial-%s', '\\x%s', '{a.example,b.example}')", fix_text(&s.id), s.name,
	    s.name, key);
	fix_sql(sql);
	return s;
}

struct door_upload
fix_upload(const struct fix_station *s)
{
	struct door_upload up = {
		.id = uuid_new(), .station = s->id, .door = "https", .source = "127.0.0.1", .profile = "gnb",
		.ca = "core", .operation = "enrol", .form = FORM_PKCS10, .pkcs10 = mem_str("a request"),
		.subject = "CN=x", .verdict = EV_ADMITTED, .max_open = 10
	};

	random_fill(up.sha256, sizeof(up.sha256));
	random_fill(up.spki_sha256, sizeof(up.spki_sha256));
	return up;
}

void
fix_submit(struct door_upload *up)
{
	struct err e;

	if (door_submit(fix_db("nemra_httpd"), up, 1, &e) != 0)
		die("door_submit", &e);
}

struct uuid
fix_queued(const char *ca)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);

	up.ca = ca;
	fix_submit(&up);
	return up.request;
}

enum request_state
fix_state(const struct uuid *request)
{
	return request_state_parse(fix_value_of("SELECT state FROM nemra.queue WHERE request = '%s'",
	    fix_text(request)));
}
