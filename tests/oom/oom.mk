# SPDX-License-Identifier: Apache-2.0
#
# A file tests/oom/NAME.c is one program in which every allocation of its scenarios fails in turn.

OOMS :=
# oom NAME, modules in link order, libraries, kits of the unit tests
define oom
OOMS += $(BUILD)/oom/$(1)
$(BUILD)/oom/$(1): $(BUILD)/obj/tests/oom/$(1).o $(BUILD)/obj/tests/oom/oom.o $(BUILD)/obj/tests/oom/hook.o \
    $(BUILD)/obj/tests/unit/unit.o $(patsubst %,$(BUILD)/obj/tests/unit/%.o,$(4)) $(call lib,$(2))
$(BUILD)/oom/$(1): LIBS = $(3)
endef

$(BUILD)/oom/%:
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -rdynamic -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) $(UNIT_LIBS)

$(eval $(call oom,pki,common/pki common/base,$(CRYPTO) -pthread,pki/kit))
$(eval $(call oom,cmp,common/cmp common/pki common/base,$(CRYPTO),cmp/fixture))
$(eval $(call oom,agent,agent common/net/http common/pki common/base,$(CURL) $(CRYPTO),agent/world agent/ca))
$(eval $(call oom,door,gateway/intake gateway/policy gateway/core common/pki common/base,$(JANSSON) $(CRYPTO) -pthread,intake/scene intake/store_stub))
$(eval $(call oom,signer,gateway/signer common/cmp common/pki common/base,$(CRYPTO) -pthread,signer/fixture signer/clock))
$(eval $(call oom,ra,gateway/ra gateway/upstream gateway/policy gateway/core tests/labca common/net/http common/cmp common/pki common/base,$(CURL) $(JANSSON) $(CRYPTO) -pthread,ra/rig))
$(eval $(call oom,ops,gateway/ops gateway/run gateway/core common/conf common/cmp common/pki common/base,$(PQ) $(JANSSON) -lcsv $(CYAML) $(CRYPTO),))
