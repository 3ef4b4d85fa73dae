/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "gateway/ctl/api.h"
#include "gateway/ctl/out.h"

static const char *
path_of(struct buf *b, const char *id, const char *after)
{
	buf_init(b, 4096);
	buf_add_str(b, "/api/v1/certificates/");
	path_add(b, id);
	buf_add_str(b, after);
	return buf_text(b) == NULL ? "/" : (const char *)b->p;
}

enum ctl_exit
cmd_certificate_show(struct ctl *c)
{
	json_t *o = NULL;
	struct buf b;
	enum ctl_exit rc = api_get(c, path_of(&b, c->args[0], ""), &o);

	if (rc == CTL_OK)
		rc = out_object(c, o);
	json_decref(o);
	buf_free(&b);
	return rc;
}

enum ctl_exit
cmd_certificate_export(struct ctl *c)
{
	struct blob pem = { NULL, 0 };
	struct buf b;
	enum ctl_exit rc = api_get_bytes(c, path_of(&b, c->args[0], "/chain"),
	    "application/pem-certificate-chain", &pem);
	struct err e;

	if (rc == CTL_OK && (fwrite(pem.p, 1, pem.len, stdout) != pem.len || fflush(stdout) != 0)) {
		err_sys(&e, R_FILE_IO, "standard output");
		rc = say_err(&e);
	}
	blob_free(&pem);
	buf_free(&b);
	return rc;
}
