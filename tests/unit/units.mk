# SPDX-License-Identifier: Apache-2.0

$(eval $(call unit,base,common/base,))
$(eval $(call unit,core,gateway/core common/base,))
