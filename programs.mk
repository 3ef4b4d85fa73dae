# SPDX-License-Identifier: Apache-2.0
#
# What each program is made of. tests/check-needed.sh holds the shared libraries that each may need.

$(eval $(call program,nemra-httpd,gateway/run/main_httpd.c,\
	gateway/run gateway/intake gateway/policy gateway/store gateway/core common/conf common/cmp common/pki common/base,\
	$(MHD) $(GNUTLS) $(PQ) $(JANSSON) $(CYAML) $(CRYPTO) -pthread))

$(eval $(call program,nemra-dispatch,gateway/run/main_dispatch.c,\
	gateway/run gateway/flow gateway/ra gateway/upstream gateway/policy gateway/store gateway/signer gateway/core common/net/http common/conf common/cmp common/pki common/base,\
	$(CURL) $(PQ) $(CYAML) $(CRYPTO)))

$(eval $(call program,nemra-signer,gateway/run/main_signer.c,\
	gateway/run gateway/signer gateway/core common/conf common/cmp common/pki common/base,\
	$(CYAML) $(CRYPTO)))

$(eval $(call program,nemra-opsd,gateway/run/main_opsd.c,\
	gateway/run gateway/ops gateway/store gateway/signer gateway/core common/conf common/cmp common/pki common/base,\
	$(MHD) $(PQ) $(JANSSON) -lcsv $(CYAML) $(CRYPTO)))

$(eval $(call program,nemractl,gateway/ctl/main.c,\
	gateway/ctl common/net/http common/base,\
	$(CURL) $(JANSSON) $(SMARTCOLS) -lcsv))

include agent/agent.mk

$(eval $(call program,nemra-labca,tests/labca/main.c,\
	tests/labca common/cmp common/pki common/base,\
	$(MHD) $(JANSSON) $(CRYPTO)))
