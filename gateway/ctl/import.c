/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * station import: the file goes in parts, so that memory stays flat, progress can be shown, and what is done
 * stays done when the connection breaks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/alloc.h"
#include "gateway/ctl/api.h"
#include "gateway/ctl/chunk.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/report.h"

struct job {
	struct ctl *c;
	struct chunker file;
	struct report report;
	struct progress progress;
};

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

/* CTL_USAGE when --format is neither. */
static enum ctl_exit
format_of(const struct ctl *c, bool *csv)
{
	const char *format = c->opt[OPT_FORMAT];

	*csv = !ends_with(c->args[0], ".ndjson") && !ends_with(c->args[0], ".jsonl");
	if (format == NULL)
		return CTL_OK;
	*csv = strcmp(format, "csv") == 0;
	if (*csv || strcmp(format, "ndjson") == 0)
		return CTL_OK;
	fprintf(stderr, "nemractl: --format takes csv or ndjson\n");
	return CTL_USAGE;
}

static enum ctl_exit
send_part(struct job *j, struct mem body, size_t line)
{
	struct ctl *c = j->c;
	json_t *answer = NULL;
	char path[128];
	enum ctl_exit rc;

	snprintf(path, sizeof(path), "/api/v1/stations?dry_run=%d&keep_going=%d",
	    c->opt[OPT_DRY_RUN] != NULL, c->opt[OPT_CONTINUE] != NULL);
	if (line > 0)
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "&line=%zu", line);
	rc = api_post(c, path, j->file.csv ? "text/csv" : "application/x-ndjson", body, &answer);
	if (rc == CTL_OK)
		rc = report_add(&j->report, answer);
	json_decref(answer);
	return rc;
}

/* *more: go on with the next part. */
static enum ctl_exit
next_part(struct job *j, bool *more)
{
	enum ctl_exit rc;
	struct buf body;
	struct err e;
	size_t line;

	buf_init(&body, 2 * CHUNK_MAX);
	if (chunker_next(&j->file, &body, &line, more, &e) != 0)
		rc = say_err(&e);
	else
		rc = send_part(j, buf_mem(&body), line);
	buf_free(&body);
	if (rc == CTL_OK)
		progress_show(&j->progress, j->file.taken, (uint64_t)j->report.lines,
		    (uint64_t)j->report.failed);
	*more = *more && rc == CTL_OK && !j->report.stopped;
	return rc;
}

static enum ctl_exit
run(struct job *j)
{
	enum ctl_exit rc, end;
	bool more = true;

	do
		rc = next_part(j, &more);
	while (more);
	progress_end(&j->progress);
	if (rc != CTL_OK && j->report.taken_to > 0)
		fprintf(stderr, "nemractl: what stands up to line %lld is taken; import the file again\n",
		    (long long)j->report.taken_to);
	end = report_end(&j->report, j->c);
	return rc != CTL_OK ? rc : end;
}

static uint64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

static char *
errors_path(const struct ctl *c)
{
	const char *name = strcmp(c->args[0], "-") == 0 ? "stdin" : c->args[0];
	struct buf b;
	char *path;

	if (c->opt[OPT_ERRORS] != NULL)
		return xstrdup(c->opt[OPT_ERRORS]);
	buf_init(&b, 64 * 1024);
	buf_printf(&b, "%s.errors.csv", name);
	path = xstrdup(buf_text(&b) == NULL ? "errors.csv" : (const char *)b.p);
	buf_free(&b);
	return path;
}

enum ctl_exit
cmd_station_import(struct ctl *c)
{
	struct job j = { .c = c };
	enum ctl_exit rc;
	struct err e;
	char *path;
	bool csv;

	rc = format_of(c, &csv);
	if (rc != CTL_OK)
		return rc;
	if (chunker_open(&j.file, c->args[0], csv, &e) != 0)
		return say_err(&e);
	if (progress_open(&j.progress, c->opt[OPT_PROGRESS], size_of(j.file.fd)) != 0) {
		fprintf(stderr, "nemractl: --progress takes auto, json or none\n");
		rc = CTL_USAGE;
	} else {
		j.report.path = path = errors_path(c);
		rc = run(&j);
		free(path);
	}
	chunker_close(&j.file);
	return rc;
}
