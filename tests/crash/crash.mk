# SPDX-License-Identifier: Apache-2.0
#
# What the crash rig (tests/crash, docs/crash.md) runs: the programs with named places to be killed at, the same with a
# fault that the rig must find, and prepare, which makes its stations. A variant is the product but for the sources that
# know its define: those are compiled anew, into $(BUILD)/crash/VARIANT.

DAEMONS := nemra-httpd nemra-dispatch nemra-signer nemra-opsd
CRASH := $(BUILD)/crash/prepare

failpoint_sources := $(shell grep -l NEMRA_FAILPOINTS\\\|FAILPOINT common/*/*.c common/net/*/*.c gateway/*/*.c)
control_sources := $(shell grep -l NEMRA_CONTROL_ common/*/*.c gateway/*/*.c)

# variant NAME, defines, sources that know them
define variant
$(BUILD)/crash/$(1)/obj/%.o: %.c
	$$(SAY) CC $$@
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CPPFLAGS) $(2) $$(ALL_CFLAGS) -MMD -MP -c -o $$@ $$<

$(BUILD)/crash/$(1)/lib/%.a:
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^

$(foreach m,$(MODULES),$(eval $(BUILD)/crash/$(1)/lib/$(subst /,-,$(m)).a: \
    $(foreach s,$(call sources,$(m)),$(if $(filter $(s),$(3)),$(BUILD)/crash/$(1)/obj,$(BUILD)/obj)/$(s:.c=.o))))
$(foreach d,$(DAEMONS),$(eval $(BUILD)/crash/$(1)/$(d): $(BUILD)/obj/$($(d).main:.c=.o) \
    $(patsubst $(BUILD)/%,$(BUILD)/crash/$(1)/%,$(call lib,$($(d).modules)))) \
    $(eval $(BUILD)/crash/$(1)/$(d): LIBS = $$($(d).libs)) \
    $(eval CRASH += $(BUILD)/crash/$(1)/$(d)))

$(BUILD)/crash/$(1)/nemra-%:
	$$(SAY) LD $$@
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(LIBS)

-include $$(shell test -d $(BUILD)/crash/$(1) && find $(BUILD)/crash/$(1) -name '*.d')
endef

$(eval $(call variant,failpoints,-DNEMRA_FAILPOINTS,$(failpoint_sources)))
# The controls are run from the plain build alone.
ifeq ($(SAN)$(COV),)
$(eval $(call variant,ack-early,-DNEMRA_FAILPOINTS -DNEMRA_CONTROL_ACK_EARLY,$(failpoint_sources) $(control_sources)))
$(eval $(call variant,resign,-DNEMRA_FAILPOINTS -DNEMRA_CONTROL_RESIGN,$(failpoint_sources) $(control_sources)))
endif

$(BUILD)/crash/prepare: $(BUILD)/obj/tests/crash/prepare.o $(call lib,tests/labca common/cmp common/pki common/base)
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CRYPTO)

# KILLS processes are killed, in runs of 200, JOBS at a time, the first with SEED; what they find is in $(BUILD)/crash/log.
KILLS ?= 2000
JOBS ?= 2
crash: all $(CRASH)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) tests/crash/campaign --kills $(KILLS) --jobs $(JOBS) $(if $(SEED),--seed $(SEED))

.PHONY: crash
