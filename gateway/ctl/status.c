/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/api.h"
#include "gateway/ctl/out.h"

enum ctl_exit
cmd_status(struct ctl *c)
{
	json_t *o = NULL;
	enum ctl_exit rc = api_get(c, "/api/v1/status", &o);

	if (rc == CTL_OK)
		rc = out_object(c, o);
	out_ca_trouble(c, json_object_get(o, "cas"));
	json_decref(o);
	return rc;
}
