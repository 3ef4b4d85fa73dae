/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a stored message says, for people: CMP by our codec, anything else by its kind and size.
 */
#ifndef NEMRA_OPS_MESSAGE_H
#define NEMRA_OPS_MESSAGE_H

#include <jansson.h>

#include "gateway/store/ops.h"

/* {kind, at, octets, sha256, body, transaction_id, sender, status}; NULL: no memory. */
json_t *message_json(const struct ops_message *m);

#endif
