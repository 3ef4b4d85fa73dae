# SPDX-License-Identifier: Apache-2.0
#
# One Makefile for the whole tree. A module is a folder; it becomes a static archive, and each program
# and test links only the archives that layers.conf lets it use. main*.c files are programs, not library.
#
#	make            programs, in build/bin        make check      everything that CI runs
#	make asan       unit tests under sanitizers   make fuzz       fuzz targets, FUZZ_SECONDS each
#	make oom        each allocation fails once    make tsan       what has threads, under ThreadSanitizer
#	make valgrind   unit programs under memcheck
#	make lint       static checks                 make coverage   line coverage of the tests
#	make install    DESTDIR= PREFIX=              make demo       a lab, twenty stations, a table
#	make bench      what an enrolment costs       BENCH_ARGS=--help tells more
#	make growth     the same with a million stations, by plans and buffers; GROWTH_SIZES="1000 100000"
#	make crash      KILLS= SEED=, docs/crash.md  make hostile    hostile clients at the door, SECONDS= each part
#
# V=1 shows commands. BUILD=dir, CC=, CFLAGS= as usual.

VERSION     := 0.1.0
BUILD       ?= build
PREFIX      ?= /usr
SYSCONFDIR  ?= /etc
PKG_CONFIG  ?= pkg-config
PYTHON      ?= python3
FUZZ_SECONDS ?= 20
Q           := $(if $(V),,@)
SAY          = $(if $(V),@:,@printf '%-8s %s\n')

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# ---- flags ------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wimplicit-fallthrough -Wvla -Wundef -Wpointer-arith -Werror

machine := $(shell $(CC) -dumpmachine)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fno-delete-null-pointer-checks \
	-fno-strict-overflow -fno-strict-aliasing
HARDEN += $(if $(filter x86_64%,$(machine)),-fcf-protection=full)
HARDEN += $(if $(filter aarch64%,$(machine)),-mbranch-protection=standard)
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero

# SAN=1 is the build under AddressSanitizer and UBSan, SAN=thread that under ThreadSanitizer: neither fortify nor
# auto-init, they hide bugs.
ifeq ($(SAN),1)
CFLAGS  ?= -O1 -g -fno-omit-frame-pointer
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(SAN),thread)
CFLAGS  ?= -O1 -g -fno-omit-frame-pointer
SANFLAGS := -fsanitize=thread
else ifeq ($(COV),1)
CFLAGS  ?= -O0 -g --coverage -DNEMRA_COVERAGE
LDFLAGS += --coverage
else
CFLAGS  ?= -O2 -g
HARDEN  += $(FORTIFY)
endif

ALL_CFLAGS  = -std=c11 $(WARN) $(HARDEN) $(SANFLAGS) -fPIE -ffunction-sections -fdata-sections $(CFLAGS)
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DNEMRA_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections $(SANFLAGS) $(LDFLAGS)

pc = $(shell $(PKG_CONFIG) --libs $(1))
CRYPTO = $(call pc,libcrypto)
CYAML  = $(call pc,libcyaml yaml-0.1)
CURL   = $(call pc,libcurl)
JANSSON = $(call pc,jansson)
PQ     = $(call pc,libpq)
MHD    = $(call pc,libmicrohttpd)
GNUTLS = $(call pc,gnutls)
SMARTCOLS = $(call pc,smartcols)

ALL_CPPFLAGS += $(shell $(PKG_CONFIG) --cflags-only-I libpq 2>/dev/null)

# ---- modules ----------------------------------------------------------------------------------

MODULES := common/base common/conf common/pki common/cmp common/net/http agent \
	gateway/core gateway/policy gateway/store gateway/intake gateway/upstream gateway/ra \
	gateway/flow gateway/signer gateway/ops gateway/ctl gateway/run tests/labca

lib = $(foreach m,$(1),$(BUILD)/lib/$(subst /,-,$(m)).a)
sources = $(filter-out $(1)/main%,$(sort $(wildcard $(1)/*.c)))

define module
$(call lib,$(1)): $(patsubst %.c,$(BUILD)/obj/%.o,$(call sources,$(1)))
endef
$(foreach m,$(MODULES),$(eval $(call module,$(m))))

$(BUILD)/lib/%.a:
	$(SAY) AR $@
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- programs ---------------------------------------------------------------------------------
# program NAME, main file, modules in link order, libraries

PROGRAMS :=
define program
PROGRAMS += $(BUILD)/bin/$(1)
$(1).main := $(2)
$(1).modules := $(3)
$(1).libs = $(4)
$(BUILD)/bin/$(1): $(BUILD)/obj/$(2:.c=.o) $(call lib,$(3))
$(BUILD)/bin/$(1): LIBS = $(4)
endef

$(BUILD)/bin/%:
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

include programs.mk

# ---- manual pages -----------------------------------------------------------------------------

MANPAGES := $(patsubst docs/%.scd,$(BUILD)/man/%,$(wildcard docs/*.scd)) $(BUILD)/man/nemra-reasons.7

$(BUILD)/man/%: docs/%.scd
	$(SAY) SCDOC $<
	@mkdir -p $(@D)
	$(Q)scdoc < $< > $@

$(BUILD)/gen-reasons: $(BUILD)/obj/docs/gen-reasons.o $(call lib,common/base)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(BUILD)/man/nemra-reasons.7: $(BUILD)/gen-reasons
	$(SAY) SCDOC $@
	@mkdir -p $(@D)
	$(Q)$< | scdoc > $@

man: $(MANPAGES)

all: $(PROGRAMS) $(MANPAGES)

# ---- install ----------------------------------------------------------------------------------
# nemra-labca is a test CA: it is built, and never installed.

SBIN := nemra-httpd nemra-dispatch nemra-signer nemra-opsd
UNITDIR = $(PREFIX)/lib/systemd/system
UNITS_SYSTEMD := nemra.target nemra-db.service $(SBIN:=.service) nemra-.service.d/10-common.conf
INSTALL := install

install: all
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/nemra/sql/functions \
	    $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/doc/nemra/examples/profiles
	$(INSTALL) -d -m 0755 $(DESTDIR)$(SYSCONFDIR)/nemra $(DESTDIR)$(SYSCONFDIR)/nemra/profiles
	$(INSTALL) -d -m 0751 $(DESTDIR)$(SYSCONFDIR)/nemra/keys
	$(INSTALL) -m 0755 $(SBIN:%=$(BUILD)/bin/%) sql/nemra-db $(DESTDIR)$(PREFIX)/sbin
	$(INSTALL) -m 0755 $(BUILD)/bin/nemractl $(BUILD)/bin/nemra-agent $(DESTDIR)$(PREFIX)/bin
	$(INSTALL) -m 0644 sql/*.sql $(DESTDIR)$(PREFIX)/share/nemra/sql
	$(INSTALL) -m 0644 sql/functions/*.sql $(DESTDIR)$(PREFIX)/share/nemra/sql/functions
	$(INSTALL) -m 0644 agent/nemra-agent.h $(DESTDIR)$(PREFIX)/include
	$(INSTALL) -D -m 0644 $(BUILD)/lib/libnemra-agent.a $(DESTDIR)$(PREFIX)/lib/libnemra-agent.a
	$(INSTALL) -m 0644 deploy/examples/nemra.yaml $(DESTDIR)$(PREFIX)/share/doc/nemra/examples
	$(INSTALL) -m 0644 deploy/examples/profiles/*.yaml $(DESTDIR)$(PREFIX)/share/doc/nemra/examples/profiles
	$(INSTALL) -d $(DESTDIR)$(UNITDIR)/nemra-.service.d $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	for unit in $(UNITS_SYSTEMD); do \
	    sed 's#/usr/sbin/#$(PREFIX)/sbin/#' deploy/systemd/$$unit > $(DESTDIR)$(UNITDIR)/$$unit && \
	    chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	$(INSTALL) -m 0644 deploy/systemd/nemra.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/nemra.conf
	$(INSTALL) -m 0644 deploy/systemd/nemra.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/nemra.conf
	$(INSTALL) -m 0644 README.md ARCHITECTURE.md SECURITY.md CHANGELOG.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/nemra
	for page in $(MANPAGES); do \
	    $(INSTALL) -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; \
	done

clean:
	rm -rf $(BUILD)

-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj -name '*.d')

.PHONY: all man install clean
include tests/tests.mk
