/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Imports of stations: whatever the octets and however they are cut, it ends, what it hands to the store is clean,
 * and what it reports adds up. The first octet chooses the format and the options, the second the cuts.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"
#include "gateway/ops/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s)
{
	if (s == NULL || !utf8_ok(mem_str(s)))
		abort();
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20)
			abort();
}

static int
put(void *arg, struct ops_station *s, size_t n, enum ops_put how, struct err *e)
{
	size_t *rows = arg;

	(void)how;
	(void)e;
	if (n == 0 || n > IMPORT_BATCH)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (!station_name_ok(s[i].s.name))
			abort();
		for (size_t k = 0; k < i; k++)
			if (strcmp(s[i].s.name, s[k].s.name) == 0)
				abort();
		check_text(s[i].s.vendor);
		check_text(s[i].s.subject);
		check_text(s[i].ssh_key);
		for (size_t k = 0; k < s[i].s.n_san_dns; k++)
			check_text(s[i].s.san_dns[k]);
		s[i].change = i % 2 == 0 ? CH_ADDED : CH_SAME;
	}
	*rows += n;
	return 0;
}

static void
check_report(const json_t *report, size_t rows)
{
	int lines = 0, added = 0, changed = 0, same = 0, failed = 0, stopped = 0;

	if (json_unpack((json_t *)(uintptr_t)report, "{s:i, s:i, s:i, s:i, s:i, s:b}", "lines", &lines, "added", &added,
	    "changed", &changed, "same", &same, "failed", &failed, "stopped", &stopped) != 0)
		abort();
	if ((size_t)(added + changed + same) != rows || (!stopped && lines != added + changed + same + failed))
		abort();
	if ((size_t)failed != json_array_size(json_object_get(report, "errors")))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t rows = 0, piece;
	struct import_options o = { .put = put, .arg = &rows };
	json_t *report = NULL;
	struct import *im;
	struct err e;

	if (size < 2)
		return 0;
	o.ndjson = (data[0] & 1) != 0;
	o.dry_run = (data[0] & 2) != 0;
	o.keep_going = (data[0] & 4) != 0;
	piece = 1 + data[1];
	im = import_new(&o);
	for (size_t i = 2; i < size; i += piece)
		import_feed(im, (struct mem){ data + i, size - i < piece ? size - i : piece });
	if (import_finish(im, &report, &e) == 0)
		check_report(report, rows);
	json_decref(report);
	import_free(im);
	return 0;
}
