# SPDX-License-Identifier: Apache-2.0
#
# A folder of tests/unit is one CUnit program, linked with the archives its module may use and no more. A file
# tests/fuzz/fuzz_X.c is one fuzz target; tests/e2e/*.t are run by prove against the programs.

# ---- unit tests -------------------------------------------------------------------------------

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
include tests/oom/oom.mk

# A new test is a new folder, and one that nobody runs is an error.
unnamed = $(filter-out $(notdir $(UNITS)),$(notdir $(patsubst %/main.c,%,$(wildcard tests/unit/*/main.c))))

# ---- fuzz targets -----------------------------------------------------------------------------
# By clang's libFuzzer, all of our code instrumented; objects of their own.

FUZZ_CC ?= clang
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS = -std=c11 -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_SOURCES = $(foreach m,common/base common/conf common/pki common/cmp gateway/core gateway/policy gateway/ra gateway/ops gateway/signer,$(call sources,$(m))) gateway/intake/headers.c
FUZZ_OBJECTS = $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(FUZZ_SOURCES))

$(BUILD)/fuzz/obj/%.o: %.c
	$(SAY) FUZZCC $<
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(ALL_CPPFLAGS) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/ours.a: $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/obj/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/obj/tests/fuzz/der.o $(BUILD)/fuzz/ours.a
	$(SAY) FUZZLD $@
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(CYAML) $(JANSSON) -lcsv $(CRYPTO)

.PRECIOUS: $(BUILD)/fuzz/obj/%.o

-include $(shell test -d $(BUILD)/fuzz && find $(BUILD)/fuzz -name '*.d')

# ---- what it costs ----------------------------------------------------------------------------

include tests/bench/bench.mk

# ---- targets ----------------------------------------------------------------------------------

# emit_cmp writes our messages for other stacks to read (tests/e2e/11-cmp-interop.t).
INTEROP := $(BUILD)/interop/emit_cmp
$(BUILD)/interop/emit_cmp: $(BUILD)/obj/tests/interop/emit_cmp.o $(call lib,common/cmp common/pki common/base)
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CRYPTO)

include tests/crash/crash.mk

# A PKCS#11 module that loses its token when told to, for tests/e2e/75-token.t.
FLAKY := $(BUILD)/token/flaky.so
$(FLAKY): tests/token/flaky.c
	$(SAY) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(shell $(PKG_CONFIG) --cflags p11-kit-1) -std=c11 $(WARN) -O1 -g -fPIC -shared -o $@ $<

units: $(UNITS) $(OOMS) $(INTEROP) $(BENCH) $(CRASH) $(FLAKY)
	$(if $(unnamed),$(error tests/unit/$(unnamed) is not named in tests/unit/units.mk))@:
fuzzers: $(FUZZERS)
tests: all units

asan-build:
	$(Q)$(MAKE) --no-print-directory SAN=1 BUILD=$(BUILD)/asan tests

asan: asan-build
	$(Q)BUILD=$(BUILD) tests/run.sh unit-asan

# What has threads: doors, pools, connections, shared certificates; the signer's tests, not the signer. Unit programs,
# then whole labs of such daemons. Anything that is reported fails; nothing is suppressed.
THREADED := pki intake ops upstream net_http signer
tsan:
	$(Q)$(MAKE) --no-print-directory SAN=thread BUILD=$(BUILD)/tsan all $(THREADED:%=$(BUILD)/tsan/unit/%)
	$(Q)BUILD=$(BUILD) THREADED="$(THREADED)" tests/run.sh unit-tsan e2e-tsan

# What the sanitizers do not see: octets that nobody wrote. Half an hour, most of it in unit/pki; not part of check.
valgrind: $(UNITS)
	$(Q)command -v valgrind >/dev/null || { echo "install valgrind: deploy/install-packages.sh valgrind"; exit 1; }
	$(Q)BUILD=$(BUILD) tests/run.sh unit-valgrind

# Every allocation of every scenario; "make check" takes each fiftieth.
oom: asan-build
	$(Q)BUILD=$(BUILD) OOM_EVERY=1 tests/run.sh oom

fuzz: fuzzers
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run.sh fuzz

check: tests asan-build fuzzers
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run.sh lint unit unit-asan oom e2e e2e-asan fuzz

# The long siege of the door (tests/e2e/33-hostile.t is the short one); SECONDS for each of its parts.
hostile: all
	$(Q)BUILD=$(abspath $(BUILD)) timeout 3000 prove -v --exec '' tests/hostile/long.t

# What the same work costs the database with few stations and with a million; minutes, gigabytes in /tmp.
growth: all
	$(Q)BUILD=$(abspath $(BUILD)) GROWTH_SIZES="$(GROWTH_SIZES)" tests/e2e/55-growth.t
GROWTH_SIZES ?= 1000 100000 1000000

demo: all
	$(Q)BUILD=$(abspath $(BUILD)) deploy/demo.sh --no-install

# ---- static checks ----------------------------------------------------------------------------

LINTED = $(sort $(foreach m,$(MODULES),$(wildcard $(m)/*.c)))

lint: all
	$(Q)tests/check-layers.sh
	$(Q)tests/check-style.sh
	$(Q)tests/check-regressions.sh
	$(Q)tests/check-needed.sh $(BUILD)/bin
	$(Q)tests/check-hardening.sh $(BUILD)/bin
	$(Q)shellcheck -x deploy/*.sh deploy/lab/lab tests/*.sh tests/fuzz/*.sh tests/bench/*.sh tests/e2e/lib.sh sql/nemra-db .ci/run
	$(Q)cppcheck -q -j2 --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
	    --suppressions-list=tests/cppcheck-suppressions -I. -D_GNU_SOURCE $(LINTED)
	$(Q)printf '%s\n' $(LINTED) | xargs -P2 -n4 tests/tidy.sh

# ---- coverage ---------------------------------------------------------------------------------

coverage:
	$(Q)$(MAKE) --no-print-directory COV=1 BUILD=$(BUILD)/cov tests
	$(Q)BUILD=$(BUILD)/cov tests/run.sh unit oom-cov e2e-cov
	$(Q)tests/coverage.sh $(BUILD)/cov

.PHONY: hostile units fuzzers tests asan-build asan tsan valgrind oom fuzz check growth demo lint coverage
