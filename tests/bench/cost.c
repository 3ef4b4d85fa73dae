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

/* All of a small file, as text; "" when it cannot be read. Files of /proc have no size beforehand. */
static void
read_text(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t len = 0;

	if (f != NULL) {
		len = fread(out, 1, size - 1, f);
		fclose(f);
	}
	out[len] = '\0';
}

static int
read_pid(const char *path, pid_t *pid, struct err *e)
{
	char text[32];

	read_text(path, text, sizeof(text));
	*pid = (pid_t)strtol(text, NULL, 10);
	return *pid > 0 ? 0 : err_set(e, R_FILE_IO, "%s holds no process", path);
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
	char path[64], text[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	read_text(path, text, sizeof(text));
	line = strstr(text, "VmRSS:");
	return line != NULL ? strtol(line + 6, NULL, 10) : 0;
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
	char path[64], title[128], name[48];
	const char *role = title;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	read_text(path, title, sizeof(title));
	if (strncmp(role, "postgres: ", 10) == 0)
		role += 10;
	snprintf(name, sizeof(name), "postgres %.*s", (int)strcspn(role, " "), role);
	add(c, name, strncmp(role, "nemra_owner", 11) != 0, cpu_ns(pid), 0);
}

/* The time of backends that have ended and were waited for: fields 16 and 17 of stat (proc(5)), in ticks. */
static int64_t
ended_children_ns(pid_t pid)
{
	char path[64], text[1024], *p;
	long user, sys;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	read_text(path, text, sizeof(text));
	p = strrchr(text, ')');		/* of field 2 */
	for (int field = 2; p != NULL && field < 16; field++)
		p = strchr(p + 1, ' ');
	if (p == NULL)
		return 0;
	user = strtol(p, &p, 10);
	sys = strtol(p, &p, 10);
	return (int64_t)(user + sys) * (1000000000 / sysconf(_SC_CLK_TCK));
}

static void
add_postgres(struct costs *c, pid_t postmaster)
{
	char path[96], text[4096], *p = text;
	long pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)postmaster, (int)postmaster);
	read_text(path, text, sizeof(text));
	while ((pid = strtol(p, &p, 10)) > 0)
		add_backend(c, (pid_t)pid);
	add(c, "postgres postmaster", true, cpu_ns(postmaster), 0);
	add(c, "postgres ended", true, ended_children_ns(postmaster), 0);
}

/* The lab keeps its cluster in its own folder, or in the one that DIR/short names. */
static int
postmaster_pid(const char *lab, pid_t *pid, struct err *e)
{
	char path[PATH_MAX], base[PATH_MAX - 64];

	snprintf(path, sizeof(path), "%s/short", lab);
	read_text(path, base, sizeof(base));
	base[strcspn(base, "\n")] = '\0';
	snprintf(path, sizeof(path), "%s/pg/data/postmaster.pid", base[0] != '\0' ? base : lab);
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
