# SPDX-License-Identifier: Apache-2.0
#
# What an enrolment costs: a load generator (nemra-load), and the primitives that cannot be left out (nemra-floor).

BENCH := $(BUILD)/bench/nemra-load $(BUILD)/bench/nemra-floor
BENCH_ARGS ?=

$(BUILD)/bench/%:
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

$(BUILD)/bench/nemra-load: LIBS = $(call pc,libssl) $(PQ) $(JANSSON) $(CRYPTO)
$(BUILD)/bench/nemra-load: $(patsubst %,$(BUILD)/obj/tests/bench/%.o,load options station primes conn check run cost \
    books report) $(call lib,common/pki common/base)

$(BUILD)/bench/nemra-floor: LIBS = $(MHD) $(GNUTLS) $(PQ) $(JANSSON) $(CRYPTO)
$(BUILD)/bench/nemra-floor: $(patsubst %,$(BUILD)/obj/tests/bench/%.o,floor floor_crypto floor_tls floor_http \
    floor_database) $(call lib,common/pki common/base)

bench: all $(BENCH)
	$(Q)BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/bench.py $(BENCH_ARGS)

.PHONY: bench
