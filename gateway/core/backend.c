/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/backend.h"

#include <stdlib.h>

void
ca_item_free(struct ca_item *it)
{
	blob_free(&it->peer_nonce);
	blob_free(&it->peer_signer);
	blob_free(&it->message);
	blob_free(&it->answer);
	blob_free(&it->cert);
	blob_free(&it->chain);
	blob_free(&it->info.serial);
	free(it->info.subject);
	free(it->info.issuer);
	it->info.subject = it->info.issuer = NULL;
}
