# SPDX-License-Identifier: Apache-2.0
#
# A folder of tests/unit is one CUnit program, linked with the archives its module may use and no more.

UNITS :=
UNIT_LIBS = $(call pc,cunit)
# unit NAME, modules in link order, libraries
define unit
UNITS += $(BUILD)/unit/$(1)
$(BUILD)/unit/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/unit/$(1)/*.c)) tests/unit/unit.c) $(call lib,$(2))
$(BUILD)/unit/$(1): LIBS = $(3)
endef

$(BUILD)/unit/%:
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) $(UNIT_LIBS)

include tests/unit/units.mk

# A new test is a new folder: no list to forget it in.
$(foreach d,$(filter-out $(notdir $(UNITS)),$(notdir $(patsubst %/main.c,%,$(wildcard tests/unit/*/main.c)))),\
	$(error tests/unit/$(d) is not named in tests/unit/units.mk))

units: $(UNITS)
.PHONY: units
