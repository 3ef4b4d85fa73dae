# SPDX-License-Identifier: Apache-2.0
#
# The agent goes onto small machines. Its objects are made a second time, for size; the same ones make the program
# and libnemra-agent.a, whose one object shows nothing but nemra_*. A build that looks for bugs (SAN, COV) uses the
# ordinary ones.
#
#	make cross-agent ARCH=arm64|armhf      the same on another machine; see deploy/cross.mk

, := ,
OBJCOPY ?= objcopy
SMALL_CFLAGS := -Os -fPIC -fvisibility=hidden -fno-asynchronous-unwind-tables -fno-unwind-tables
SMALL_LDFLAGS := $(if $(filter x86_64%,$(machine)),-Wl$(,)-z$(,)pack-relative-relocs)

# What only the program has: a configuration file, JSON, hooks.
AGENT_PROGRAM := $(addprefix agent/,config.c hooks.c json.c)
AGENT_LIBRARY := $(filter-out $(AGENT_PROGRAM),$(call sources,agent)) \
	$(foreach m,common/net/http common/pki common/base,$(call sources,$(m)))
small = $(patsubst %.c,$(BUILD)/small/%.o,$(1))

$(BUILD)/small/%.o: %.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(SMALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/small/nemra-agent.o: $(call small,$(AGENT_LIBRARY))
	$(Q)$(CC) -nostdlib -r -o $@ $^
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='nemra_*' $@

$(BUILD)/lib/libnemra-agent.a: $(BUILD)/small/nemra-agent.o
	$(SAY) AR $@
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

ifeq ($(SAN)$(COV),)
PROGRAMS += $(BUILD)/bin/nemra-agent
$(BUILD)/bin/nemra-agent: $(call small,agent/main.c $(AGENT_PROGRAM) $(call sources,common/conf) $(AGENT_LIBRARY))
$(BUILD)/bin/nemra-agent: LIBS = $(SMALL_LDFLAGS) $(CURL) $(JANSSON) $(CYAML) $(CRYPTO)
else
$(eval $(call program,nemra-agent,agent/main.c,\
	agent common/net/http common/conf common/pki common/base,\
	$(CURL) $(JANSSON) $(CYAML) $(CRYPTO)))
endif

# The example of libnemra-agent(3), as a stranger builds it: the header, the archive, two libraries.
$(BUILD)/example-agent: docs/example-agent.c agent/nemra-agent.h $(BUILD)/lib/libnemra-agent.a
	$(SAY) CC $@
	$(Q)$(CC) -std=c11 -Wall -Wextra -Werror $(CFLAGS) $(SANFLAGS) -Iagent -o $@ $< -Wl,--gc-sections $(LDFLAGS) $(BUILD)/lib/libnemra-agent.a \
	    $(call pc,libcurl) $(call pc,libcrypto)

libnemra-agent: $(BUILD)/lib/libnemra-agent.a
all: $(BUILD)/lib/libnemra-agent.a $(BUILD)/example-agent

-include $(shell test -d $(BUILD)/small && find $(BUILD)/small -name '*.d')

.PHONY: libnemra-agent
include deploy/cross.mk
