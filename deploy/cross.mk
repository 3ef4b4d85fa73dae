# SPDX-License-Identifier: Apache-2.0
#
# The agent for another machine: make cross-agent ARCH=arm64|armhf. Program and library end up in $(BUILD)/cross/ARCH; their
# libraries come from Debian, into a folder (deploy/cross-sysroot.sh), so this system's packages do not change.
# Run the program here with $(BUILD)/cross/ARCH/run PROGRAM ARGUMENTS: qemu's user mode.

triplet_arm64 := aarch64-linux-gnu
triplet_armhf := arm-linux-gnueabihf
qemu_arm64 := qemu-aarch64-static
qemu_armhf := qemu-arm-static
CROSS := $(triplet_$(ARCH))
CROSS_DIR := $(BUILD)/cross/$(ARCH)
CROSS_ROOT := $(abspath $(CROSS_DIR))/sysroot/root

cross-agent: cross-known $(CROSS_ROOT)/.complete $(CROSS_DIR)/run
	$(Q)PKG_CONFIG_SYSROOT_DIR=$(CROSS_ROOT) \
	    PKG_CONFIG_LIBDIR=$(CROSS_ROOT)/usr/lib/$(CROSS)/pkgconfig:$(CROSS_ROOT)/usr/share/pkgconfig \
	    $(MAKE) --no-print-directory BUILD=$(CROSS_DIR) CC="$(CROSS)-gcc --sysroot=$(CROSS_ROOT)" \
	    AR=$(CROSS)-ar OBJCOPY=$(CROSS)-objcopy PKG_CONFIG="pkg-config --silence-errors" \
	    $(CROSS_DIR)/bin/nemra-agent $(CROSS_DIR)/lib/libnemra-agent.a $(CROSS_DIR)/example-agent

cross-known:
	$(if $(CROSS),,$(error ARCH is one of: arm64 armhf))@command -v $(CROSS)-gcc >/dev/null || \
	    { echo "cross-agent: $(CROSS)-gcc is not installed: apt-get install gcc-$(CROSS)" >&2; exit 1; }

$(CROSS_ROOT)/.complete:
	$(SAY) SYSROOT $(ARCH)
	$(Q)deploy/cross-sysroot.sh $(ARCH) $(CROSS_DIR)/sysroot

$(CROSS_DIR)/run:
	@mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec %s -L %s "$$@"\n' $(qemu_$(ARCH)) $(CROSS_ROOT) > $@ && chmod +x $@

.PHONY: cross-agent cross-known
