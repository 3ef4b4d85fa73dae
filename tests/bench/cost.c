/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/cost.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	bool gateway;
} daemons[] = {
	{ "nemra-httpd", true },
	{ "nemra-dispatch", true },
	{ "nemra-signer", true },
	{ "nemra-opsd", true },
	{ "nemra-labca", false },
};

static int
read_pid(const char *path, pid_t *pid, struct err *e)
{
	FILE *f = fopen(path, "re");
	long v = 0;

	*pid = 0;
	if (f == NULL)
		return err_sys(e, R_FILE_IO, "%s", path);
	if (fscanf(f, "%ld", &v) != 1)
		v = 0;
	fclose(f);
	*pid = (pid_t)v;
	return v > 0 ? 0 : err_set(e, R_FILE_IO, "%s holds no process", path);
}

/* 0 for a process that is gone. */
static int64_t
cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
rss_kb(pid_t pid)
{
	char path[64], line[128];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kb;
}

static void
add(struct costs *c, const char *name, bool gateway, int64_t ns, int64_t rss)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0) {
			c->v[i].ns += ns;
			c->v[i].rss_kb += rss;
			return;
		}
	if (c->n == COST_MAX)
		return;
	c->v[c->n] = (struct cost){ .gateway = gateway, .ns = ns, .rss_kb = rss };
	snprintf(c->v[c->n++].name, sizeof(c->v[0].name), "%s", name);
}

/* A backend says in its title whose it is: "postgres: nemra_httpd nemra [local] idle", "postgres: walwriter ". */
static void
add_backend(struct costs *c, pid_t pid)
{
	char path[64], title[128] = "", name[48];
	const char *role = title;
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "re");
	if (f != NULL) {
		len = fread(title, 1, sizeof(title) - 1, f);
		fclose(f);
	}
	title[len] = '\0';
	if (strncmp(role, "postgres: ", 10) == 0)
		role += 10;
	snprintf(name, sizeof(name), "postgres %.*s", (int)strcspn(role, " "), role);
	add(c, name, strncmp(role, "nemra_owner", 11) != 0, cpu_ns(pid), 0);
}

/* The time of backends that have ended and were waited for: fields 16 and 17 of stat, in ticks. */
static int64_t
ended_children_ns(pid_t pid)
{
	char path[64], line[1024] = "";
	unsigned long user = 0, sys = 0;
	const char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f != NULL) {
		if (fgets(line, sizeof(line), f) == NULL)
			line[0] = '\0';
		fclose(f);
	}
	p = strrchr(line, ')');
	if (p == NULL || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &user,
	    &sys) != 2)
		return 0;
	return (int64_t)(user + sys) * (1000000000 / sysconf(_SC_CLK_TCK));
}

static void
add_postgres(struct costs *c, pid_t postmaster)
{
	char path[96];
	long pid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)postmaster, (int)postmaster);
	f = fopen(path, "re");
	while (f != NULL && fscanf(f, "%ld", &pid) == 1)
		add_backend(c, (pid_t)pid);
	if (f != NULL)
		fclose(f);
	add(c, "postgres postmaster", true, cpu_ns(postmaster), 0);
	add(c, "postgres ended", true, ended_children_ns(postmaster), 0);
}

/* The lab keeps its cluster in its own folder, or in the one that DIR/short names. */
static int
postmaster_pid(const char *lab, pid_t *pid, struct err *e)
{
	char path[PATH_MAX], base[PATH_MAX - 64];
	FILE *f;

	snprintf(base, sizeof(base), "%s", lab);
	snprintf(path, sizeof(path), "%s/short", lab);
	f = fopen(path, "re");
	if (f != NULL) {
		if (fgets(base, sizeof(base), f) != NULL)
			base[strcspn(base, "\n")] = '\0';
		fclose(f);
	}
	snprintf(path, sizeof(path), "%s/pg/data/postmaster.pid", base);
	return read_pid(path, pid, e);
}

int
costs_read(const char *lab, struct costs *out, struct err *e)
{
	char path[PATH_MAX];
	pid_t pid;

	*out = (struct costs){ .n = 0 };
	for (size_t i = 0; i < COUNT_OF(daemons); i++) {
		snprintf(path, sizeof(path), "%s/pid/%s", lab, daemons[i].name);
		(void)read_pid(path, &pid, NULL);	/* one that does not run yet has used nothing */
		add(out, daemons[i].name, daemons[i].gateway, pid > 0 ? cpu_ns(pid) : 0, pid > 0 ? rss_kb(pid) : 0);
		out->v[out->n - 1].pid = pid;
	}
	if (postmaster_pid(lab, &pid, e) != 0)
		return -1;
	add_postgres(out, pid);
	return 0;
}

int
costs_between(const struct costs *before, const struct costs *after, struct costs *out, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(daemons); i++)
		if (before->v[i].pid != 0 && before->v[i].pid != after->v[i].pid)
			return err_set(e, R_INTERNAL, "%s was restarted during the run", before->v[i].name);
	*out = *after;
	for (size_t i = 0; i < before->n; i++)
		add(out, before->v[i].name, before->v[i].gateway, -before->v[i].ns, -before->v[i].rss_kb);
	for (size_t i = 0; i < after->n; i++)
		out->v[i].rss_kb = after->v[i].rss_kb;
	return 0;
}

int64_t
costs_gateway(const struct costs *c)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].gateway)
			sum += c->v[i].ns;
	return sum;
}
