# SPDX-License-Identifier: Apache-2.0
#
# What an enrolment costs: a load generator (nemra-load), and the primitives that cannot be left out (floor).

BENCH := $(BUILD)/bench/nemra-load
BENCH_ARGS ?=

$(BUILD)/bench/nemra-load: $(patsubst %,$(BUILD)/obj/tests/bench/%.o,load options station primes conn check run cost \
    books report) $(call lib,common/pki common/base)
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(call pc,libssl) $(PQ) $(JANSSON) \
	    $(CRYPTO)
