/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#define BAR_WIDTH	30
#define BAR_MS		100
#define LINE_MS		5000
#define JSON_MS		1000

int
progress_open(struct progress *p, const char *how, uint64_t size)
{
	memset(p, 0, sizeof(*p));
	p->size = size;
	p->began = clock_mono_ms();
	if (how == NULL || strcmp(how, "auto") == 0)
		p->how = isatty(STDERR_FILENO) == 1 ? PROGRESS_BAR : PROGRESS_LINES;
	else if (strcmp(how, "json") == 0)
		p->how = PROGRESS_JSON;
	else if (strcmp(how, "none") == 0)
		p->how = PROGRESS_NONE;
	else
		return -1;
	p->shown = p->how == PROGRESS_LINES ? p->began : p->began - JSON_MS;
	return 0;
}

static void
draw_bar(const struct progress *p, uint64_t done, uint64_t lines, uint64_t failed, double seconds)
{
	double share = p->size > 0 ? (double)done / (double)p->size : 0;
	int full = share >= 1 ? BAR_WIDTH : (int)(share * BAR_WIDTH);

	if (p->size > 0)
		fprintf(stderr, "\r[%.*s%*s] %3.0f%%", full, "##############################",
		    BAR_WIDTH - full, "", share * 100);
	else
		fprintf(stderr, "\r");
	fprintf(stderr, " %" PRIu64 " lines, %" PRIu64 " failed, %.0f/s", lines, failed,
	    seconds > 0 ? (double)lines / seconds : 0);
	if (share > 0 && share < 1)
		fprintf(stderr, ", %.0f s left", seconds * (1 - share) / share);
	fprintf(stderr, "\033[K");
	fflush(stderr);
}

static void
say_line(const struct progress *p, uint64_t done, uint64_t lines, uint64_t failed, double seconds)
{
	fprintf(stderr, "nemractl: %" PRIu64 " lines, %" PRIu64 " failed, %.0f/s", lines, failed,
	    seconds > 0 ? (double)lines / seconds : 0);
	if (p->size > 0)
		fprintf(stderr, ", %.0f%%", (double)done / (double)p->size * 100);
	fprintf(stderr, "\n");
}

static int64_t
interval(const struct progress *p)
{
	switch (p->how) {
	case PROGRESS_BAR:
		return BAR_MS;
	case PROGRESS_LINES:
		return LINE_MS;
	case PROGRESS_JSON:
		return JSON_MS;
	case PROGRESS_NONE:
		break;
	}
	return INT64_MAX;
}

void
progress_show(struct progress *p, uint64_t done, uint64_t lines, uint64_t failed)
{
	int64_t now = clock_mono_ms();
	double seconds = (double)(now - p->began) / 1000;

	if (now - p->shown < interval(p))
		return;
	p->shown = now;
	p->drawn = true;
	if (p->how == PROGRESS_BAR)
		draw_bar(p, done, lines, failed, seconds);
	else if (p->how == PROGRESS_LINES)
		say_line(p, done, lines, failed, seconds);
	else
		fprintf(stderr, "{\"octets\":%" PRIu64 ",\"of\":%" PRIu64 ",\"lines\":%" PRIu64 ",\"failed\":%" PRIu64
		    ",\"seconds\":%.1f}\n", done, p->size, lines, failed, seconds);
}

void
progress_end(struct progress *p)
{
	if (p->how == PROGRESS_BAR && p->drawn)
		fprintf(stderr, "\r\033[K");
}
