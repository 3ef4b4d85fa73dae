# SPDX-License-Identifier: Apache-2.0

$(eval $(call unit,base,common/base,))
$(eval $(call unit,pki,common/pki common/base,$(CRYPTO) -pthread))
$(eval $(call unit,core,gateway/core common/base,))
$(eval $(call unit,net_http,common/net/http common/base,$(CURL) $(call pc,libssl libcrypto) -pthread))
$(eval $(call unit,conf,common/conf common/base,$(CYAML) -lm))
$(eval $(call unit,upstream,gateway/upstream common/net/http common/base,$(CURL) $(call pc,libssl libcrypto) -pthread))
$(BUILD)/unit/upstream: $(BUILD)/obj/tests/unit/net_http/peer.o
$(eval $(call unit,ops,gateway/ops gateway/core common/cmp common/pki common/base,$(MHD) $(PQ) $(JANSSON) -lcsv $(CRYPTO) -pthread))
$(eval $(call unit,flow,gateway/flow gateway/core common/base,))
$(eval $(call unit,policy,gateway/policy gateway/core common/pki common/base,$(CRYPTO)))
# the agent's library: no libcyaml, no jansson
$(eval $(call unit,agent,agent common/net/http common/pki common/base,$(CURL) $(CRYPTO)))
$(eval $(call unit,agent_program,agent common/conf common/base,$(JANSSON) $(CYAML)))
$(eval $(call unit,run,gateway/run gateway/core common/conf common/pki common/base,$(CYAML) $(CRYPTO)))
$(eval $(call unit,cmp,common/cmp common/pki common/base,$(CRYPTO)))
$(eval $(call unit,intake,gateway/intake gateway/policy gateway/core common/pki common/base,$(JANSSON) $(CRYPTO) -pthread))
$(eval $(call unit,ra,gateway/ra gateway/upstream gateway/policy gateway/core tests/labca common/net/http common/cmp common/pki common/base,$(CURL) $(JANSSON) $(CRYPTO) -pthread))
$(eval $(call unit,store,gateway/store gateway/core common/base,$(PQ)))
$(eval $(call unit,signer,gateway/signer common/cmp common/pki common/base,$(CRYPTO) -pthread))
$(eval $(call unit,ctl,gateway/ctl common/net/http common/base,$(CURL) $(JANSSON) $(SMARTCOLS) -lcsv -pthread))
$(eval $(call unit,fuzz,common/pki common/base,$(CRYPTO)))
$(BUILD)/unit/fuzz: $(BUILD)/obj/tests/fuzz/der.o
