#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# plain build only
#
# What make install puts in place for systemd: units that it understands, and that leave a daemon next to nothing.
. tests/e2e/lib.sh

make --no-print-directory install PREFIX="$T/usr" SYSCONFDIR="$T/etc" BUILD="$BUILD" >"$T/install.log" 2>&1
ok $? "make install works with a PREFIX" || cat "$T/install.log"
units=$T/usr/lib/systemd/system
daemons="nemra-httpd nemra-dispatch nemra-signer nemra-opsd"
understood() {
  SYSTEMD_UNIT_PATH=$units:/usr/lib/systemd/system:/lib/systemd/system systemd-analyze verify --man=no \
    --recursive-errors=no "$@" 2>&1
}
exposed() {
  SYSTEMD_UNIT_PATH=$1 systemd-analyze security --offline=true --threshold="$2" --no-pager "$1/$3.service" 2>&1
}

out=$(understood "$units"/*.service "$units"/*.target)
is "$?:$out" "0:" "systemd-analyze verify finds nothing"
mkdir "$T/odd"
sed 's/^WatchdogSec/WatchDogSek/' "$units/nemra-httpd.service" > "$T/odd/nemra-httpd.service"
like "$(understood "$T/odd/nemra-httpd.service")" WatchDogSek "... and would find a misspelt key"

for d in $daemons nemra-db; do
  out=$(exposed "$units" 15 "$d")
  ok $? "$d is exposed at 1.5 at most ($(tail -n 1 <<<"$out" | grep -Eo '[0-9]+\.[0-9]+'))"
done
exposed "$units" 10 nemra-signer >/dev/null
ok $? "... and nemra-signer at 1.0"
mkdir "$T/bare"
cp "$units"/*.service "$T/bare"
! exposed "$T/bare" 20 nemra-httpd >/dev/null
ok $? "... which is the work of what the units have in common"

for d in $daemons; do
  is "$(sed -n 's/^ExecStart=//p' "$units/$d.service")" "$T/usr/sbin/$d" "$d is started from where it was installed"
  like "$(cat "$units/$d.service")" "User=$d" "... as its own user"
  like "$(sed -n "s/^u $d  *//p" "$T/usr/lib/sysusers.d/nemra.conf")" '^-:nemra' "... which sysusers.d makes, in the group nemra"
done
like "$(cat "$units/nemra-signer.service")" 'PrivateNetwork=yes' "the signer has no network"
# The kernel would show them the user nobody as peer.
! grep -q '^PrivateUsers=yes' "$units/nemra-signer.service" "$units/nemra-opsd.service" "$units/nemra-db.service"
ok $? "those who ask the kernel for a peer's user see all users"
like "$(cat "$T/usr/lib/tmpfiles.d/nemra.conf")" 'd /run/nemra +2770 root nemra' "tmpfiles.d makes the folder of the sockets"

# The calls by which a daemon confines itself are none of @system-service.
for call in landlock_create_ruleset landlock_add_rule landlock_restrict_self; do
  like "$(cat "$units/nemra-.service.d/10-common.conf")" "^SystemCallFilter=.*$call" "the filter lets $call through"
done
done_testing
