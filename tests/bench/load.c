/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-load: many base stations against the gateway of a lab, and what an enrolment cost it. See --help.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/child.h"
#include "common/base/file.h"
#include "tests/bench/report.h"

#define IMPORT_MS (20 * 60 * 1000)
#define ENV_MAX (16 * 1024)

enum { EXIT_WRONG = 1, EXIT_USAGE = 2 };

/* Where the lab is: the values of DIR/env. */
struct lab {
	char env[ENV_MAX];
	char bin[PATH_MAX], api[PATH_MAX], ops[PATH_MAX], tls_ca[PATH_MAX], factory_cert[PATH_MAX],
	    factory_key[PATH_MAX], ca_cert[PATH_MAX], db[PATH_MAX], ca_log[PATH_MAX], csv[PATH_MAX];
};

/* NAME=value or NAME='value', a line each. */
static int
env_value(const char *env, const char *name, char *out, struct err *e)
{
	size_t len = strlen(name), n;

	for (const char *p = env; p != NULL && *p != '\0'; p = strchr(p, '\n'), p = p != NULL ? p + 1 : NULL) {
		if (strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		p += len + 1;
		p += *p == '\'';
		n = strcspn(p, "'\n");
		if (n >= PATH_MAX)
			break;
		memcpy(out, p, n);
		out[n] = '\0';
		return 0;
	}
	return err_set(e, R_INTERNAL, "no %s in the lab's env", name);
}

static int
lab_find(const char *dir, struct lab *l, struct err *e)
{
	char path[PATH_MAX];
	struct blob b = { NULL, 0 };

	snprintf(path, sizeof(path), "%s/env", dir);
	if (file_read(path, ENV_MAX - 1, &b, e) != 0)
		return -1;
	snprintf(l->env, sizeof(l->env), "%.*s", (int)b.len, (const char *)b.p);
	blob_free(&b);
	snprintf(l->ca_log, sizeof(l->ca_log), "%s/ca/log.jsonl", dir);
	snprintf(l->csv, sizeof(l->csv), "%s/load-%d.csv", dir, (int)getpid());
	return env_value(l->env, "NEMRA_BIN", l->bin, e) != 0 || env_value(l->env, "NEMRA_API_URL", l->api, e) != 0 ||
	    env_value(l->env, "NEMRA_OPS_URL", l->ops, e) != 0 ||
	    env_value(l->env, "NEMRA_TLS_CA", l->tls_ca, e) != 0 ||
	    env_value(l->env, "NEMRA_FACTORY_CERT", l->factory_cert, e) != 0 ||
	    env_value(l->env, "NEMRA_FACTORY_KEY", l->factory_key, e) != 0 ||
	    env_value(l->env, "NEMRA_CA_CERT", l->ca_cert, e) != 0 ||
	    env_value(l->env, "NEMRA_DB_URL", l->db, e) != 0 ? -1 : 0;
}

static int
import(const struct lab *l, struct err *e)
{
	char program[PATH_MAX + 16];
	char *const argv[] = { program, (char *)"--url", (char *)l->ops, (char *)"station", (char *)"import",
	    (char *)"--progress", (char *)"none", (char *)l->csv, NULL };
	char *const env[] = { (char *)"LC_ALL=C.UTF-8", NULL };

	snprintf(program, sizeof(program), "%s/nemractl", l->bin);
	return child_run(argv, env, IMPORT_MS, R_INTERNAL, e);
}

/* What is still being written when the last station has its certificate belongs to the price. */
static void
settle(void)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
}

static int
measure(const struct options *o, const struct lab *l, const struct stations *s, struct result *r,
    struct costs *used, struct count *count, struct err *e)
{
	struct costs before, after;
	struct checker *checker = NULL;
	struct books *books = NULL;
	struct target target = { .tls = NULL };
	int rc = -1;

	if (checker_new(o->operator_ca != NULL ? o->operator_ca : l->ca_cert, &checker, e) != 0 ||
	    target_open(&target, l->api, l->tls_ca, e) != 0 ||
	    books_open(l->db, l->ca_log, o->prefix, &books, e) != 0)
		goto out;
	settle();
	if (costs_read(o->lab, &before, e) != 0 || run(o, &target, checker, s, r, e) != 0)
		goto out;
	settle();
	if (costs_read(o->lab, &after, e) != 0 || books_count(books, count, e) != 0)
		goto out;
	rc = costs_between(&before, &after, used, e);
out:
	books_close(books);
	target_close(&target);
	checker_free(checker);
	return rc;
}

/* 0: all that was asked for is there, once. */
static int
judge(const struct options *o, const struct result *r, const struct count *c, struct err *e)
{
	int64_t all = (int64_t)(o->stations * o->each);

	if (r->failed > 0)
		return err_set(e, R_INTERNAL, "%zu enrolments failed, first that of %s: %.160s", r->failed,
		    r->first_station, r->first.detail);
	if ((int64_t)r->done != all || c->requests != all || c->delivered != all || c->certificates != all ||
	    c->ca_issued != all)
		return err_set(e, R_INTERNAL, "%ld wanted, but %zu done; database: %ld requests, %ld delivered, "
		    "%ld serial numbers; CA: %ld issued", (long)all, r->done, (long)c->requests, (long)c->delivered,
		    (long)c->certificates, (long)c->ca_issued);
	return 0;
}

static int
load(const struct options *o, struct err *e)
{
	struct stations s = { NULL, 0, 0 };
	struct result r = { 0 };
	struct costs used;
	struct count count;
	static struct lab l;
	int rc = -1;

	if (lab_find(o->lab, &l, e) != 0 || stations_make(o, l.factory_cert, l.factory_key, &s, e) != 0 ||
	    stations_write_csv(&s, o, l.csv, e) != 0 || import(&l, e) != 0)
		goto out;
	if (measure(o, &l, &s, &r, &used, &count, e) != 0)
		goto out;
	const struct report p = { o, &r, &used, &count };
	if (!o->quiet)
		report_print(&p);
	if (o->json != NULL && report_write(&p, o->json, e) != 0)
		goto out;
	rc = judge(o, &r, &count, e);
out:
	(void)unlink(l.csv);
	result_free(&r);
	stations_free(&s);
	rsa_primes_free();
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err e;
	char text[512];

	if (options_read(argc, argv, &o) != 0) {
		options_usage();
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	err_clear(&e);
	if (load(&o, &e) == 0)
		return EXIT_SUCCESS;
	err_print(&e, text, sizeof(text));
	fflush(stdout);
	fprintf(stderr, "nemra-load: %s\n", e.detail[0] != '\0' ? e.detail : text);
	return EXIT_WRONG;
}
