# SPDX-License-Identifier: Apache-2.0

$(eval $(call unit,base,common/base,))
$(eval $(call unit,core,gateway/core common/base,))
$(eval $(call unit,net_http,common/net/http common/base,$(CURL) $(call pc,libssl libcrypto) -pthread))
