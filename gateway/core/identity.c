/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
vendor_rule_compile(struct vendor_rule *r, struct err *e)
{
	char why[128];
	int rc;

	rc = regcomp(&r->regex, r->pattern, REG_EXTENDED);
	if (rc != 0) {
		(void)regerror(rc, &r->regex, why, sizeof(why));
		return err_set(e, R_CONFIG, "pattern of vendor %s: %s", r->vendor, why);
	}
	r->compiled = true;
	return 0;
}

int
vendor_rule_serial(const struct vendor_rule *r, const char *text, struct buf *serial, struct err *e)
{
	regmatch_t m[2];
	size_t which = r->regex.re_nsub > 0 ? 1 : 0;
	int rc;

	errno = 0;
	rc = regexec(&r->regex, text, COUNT_OF(m), m, 0);
	if (rc != 0 && errno == ENOMEM)		/* glibc says REG_NOMATCH */
		return err_set(e, R_NO_MEMORY, "the pattern of vendor %s", r->vendor);
	if (rc != 0)
		return err_set(e, R_NO_VENDOR_ID, "%s does not fit the pattern of vendor %s",
		    r->serial_field, r->vendor);
	if (m[which].rm_so < 0 || m[which].rm_so == m[which].rm_eo)
		return err_set(e, R_NO_VENDOR_ID, "%s has no serial for the pattern of vendor %s",
		    r->serial_field, r->vendor);
	buf_add(serial, text + m[which].rm_so, (size_t)(m[which].rm_eo - m[which].rm_so));
	if (!buf_ok(serial))
		return err_set(e, serial->over ? R_NO_VENDOR_ID : R_NO_MEMORY, "the serial in %s is too long",
		    r->serial_field);
	return 0;
}

void
vendor_rule_free(struct vendor_rule *r)
{
	if (r->compiled)
		regfree(&r->regex);
	free(r->vendor);
	free(r->serial_field);
	free(r->pattern);
	memset(r, 0, sizeof(*r));
}
