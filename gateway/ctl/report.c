/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/report.h"

#include "gateway/ctl/api.h"
#include "gateway/ctl/csv.h"
#include "gateway/ctl/out.h"

#define SHOWN 5		/* errors on the terminal; all are in the file */

json_int_t
report_count(const json_t *answer, const char *key)
{
	return json_integer_value(json_object_get(answer, key));
}

static const char *const columns[] = { "line", "station", "action", "reason", "message" };

static enum ctl_exit
open_errors(struct report *r)
{
	struct err e;

	r->errors = fopen(r->path, "we");
	if (r->errors == NULL) {
		err_sys(&e, R_FILE_IO, "%s", r->path);
		return say_err(&e);
	}
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		csv_put(r->errors, columns[i], i == 0);
	csv_end(r->errors);
	return CTL_OK;
}

static enum ctl_exit
add_error(struct report *r, const json_t *o)
{
	char number[32];

	if (r->errors == NULL && open_errors(r) != CTL_OK)
		return CTL_LOCAL;
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		csv_put(r->errors, out_text(json_object_get(o, columns[i]), number), i == 0);
	csv_end(r->errors);
	if (r->failed++ < SHOWN) {
		fprintf(stderr, "line %s: ", out_text(json_object_get(o, "line"), number));
		say_text(stderr, out_text(json_object_get(o, "message"), number));
		fputc('\n', stderr);
	}
	return CTL_OK;
}

enum ctl_exit
report_add(struct report *r, const json_t *answer)
{
	const json_t *o;
	size_t i;

	r->lines += report_count(answer, "lines");
	r->added += report_count(answer, "added");
	r->changed += report_count(answer, "changed");
	r->same += report_count(answer, "same");
	r->stopped = json_is_true(json_object_get(answer, "stopped"));
	if (report_count(answer, "taken_to") > 0)
		r->taken_to = report_count(answer, "taken_to");
	json_array_foreach(json_object_get(answer, "errors"), i, o)
		if (add_error(r, o) != CTL_OK)
			return CTL_LOCAL;
	return CTL_OK;
}

static void
say_report(const struct report *r, bool dry)
{
	printf("%s%lld added, %lld changed, %lld the same, %lld failed\n", dry ? "would be: " : "",
	    (long long)r->added, (long long)r->changed, (long long)r->same, (long long)r->failed);
	if (r->stopped && r->taken_to > 0)
		printf("stopped: what stands up to line %lld is taken\n", (long long)r->taken_to);
	else if (r->stopped)
		printf("stopped: nothing is taken\n");
	if (r->errors != NULL)
		printf("lines that were not taken: %s\n", r->path);
}

static enum ctl_exit
print_report(const struct report *r, const struct ctl *c)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:s?}", "lines", r->lines, "added", r->added,
	    "changed", r->changed, "same", r->same, "failed", r->failed, "stopped", r->stopped, "taken_to",
	    r->taken_to, "errors_file", r->errors != NULL ? r->path : NULL);
	enum ctl_exit rc = out_object(c, o);

	json_decref(o);
	return rc;
}

enum ctl_exit
report_end(struct report *r, const struct ctl *c)
{
	enum ctl_exit rc = CTL_OK;
	struct err e;

	if (c->format == FORMAT_TABLE)
		say_report(r, c->opt[OPT_DRY_RUN] != NULL);
	else
		rc = print_report(r, c);
	if (r->errors != NULL && (ferror(r->errors) != 0) + (fclose(r->errors) != 0) > 0) {
		err_sys(&e, R_FILE_IO, "%s", r->path);
		rc = say_err(&e);
	}
	r->errors = NULL;
	return rc != CTL_OK ? rc : r->failed > 0 || r->stopped ? CTL_REFUSED : CTL_OK;
}
