#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# plain build only
#
# The rules of the house, and that the scripts that hold them do find what is wrong.
. tests/e2e/lib.sh

out=$(tests/check-layers.sh 2>&1)
is "$?:$out" "0:" "every include is one that layers.conf permits"
out=$(tests/check-style.sh 2>/dev/null)
is "$?:$out" "0:" "lengths, banned calls and licence lines are as the style wants them"
out=$(tests/check-needed.sh "$BIN" 2>&1)
is "$?:$out" "0:" "no program needs a library that it may not have"

out=$(tests/check-hardening.sh "$BIN" 2>&1)
is "$?:$out" "0:" "every program is as hard as its flags promise"
mkdir "$T/soft"
printf 'int main(void) { return 0; }\n' | cc -O0 -no-pie -z execstack -z lazy -fcf-protection=none -fno-stack-protector -o "$T/soft/x" -x c -
out=$(tests/check-hardening.sh "$T/soft" 2>&1)
is "$?" 1 "... and a soft one is found"
like "$out" "its stack is executable" "... with what is wrong with it"

# a tree with planted violations: each must be found
mkdir -p "$T/tree/common/base" "$T/tree/common/pki" "$T/tree/gateway/store" "$T/tree/gateway/attic" "$T/tree/tests"
cp layers.conf "$T/tree"
plant() { printf '/* SPDX-License-Identifier: Apache-2.0 */\n%s\n' "$2" > "$T/tree/$1"; }
plant common/base/up.c '#include "common/pki/key.h"'
plant common/base/ssl.c '#include <openssl/evp.h>'
plant common/pki/pq.c '#include <libpq-fe.h>'
plant common/pki/bare.c '#include "key.h"'
plant common/pki/macro.c '#include HEADER'
plant gateway/store/ssl.c '#  include <openssl/x509.h>'
plant gateway/attic/lost.c 'int x;'
out=$("$ROOT/tests/check-layers.sh" "$T/tree" 2>&1)
is "$?" 1 "planted violations of the layers fail"
like "$out" 'common/base/up.c:2: common/base may not include common/pki' "an include upwards is found"
like "$out" 'common/base/ssl.c:2: common/base does not own <openssl/evp.h>' "a foreign library's header is found"
like "$out" 'common/pki/pq.c:2: common/pki does not own <libpq-fe.h>' "libpq outside the store is found"
like "$out" 'common/pki/bare.c:2: include "key.h" is not written from the root' "a bare include is found"
like "$out" 'common/pki/macro.c:2: include through a macro' "an include through a macro is found"
like "$out" 'gateway/store/ssl.c:2: gateway/store does not own' "blanks after the hash do not hide an include"
like "$out" 'gateway/attic/lost.c:1: its folder gateway/attic is not in layers.conf' "a folder without a layer is found"
echo 'common/base common/pki -' >> "$T/tree/layers.conf"
like "$("$ROOT/tests/check-layers.sh" "$T/tree" 2>&1)" 'cycle' "a cycle of modules is found"

plant common/base/calls.c $'int\nf(void)\n{\n\tstrcpy(a, b);\n\treturn atoi("1");\n}'
plant common/base/raw.c $'int\nf(void)\n{\n\tp = malloc(3);\n}'
plant common/base/hand.c 'extern int other_file_function(int);'
{ echo '/* SPDX-License-Identifier: Apache-2.0 */'; printf 'void\nlong_one(void)\n{\n'; yes '	x();' | head -100; echo '}'; } \
  > "$T/tree/common/base/long.c"
{ echo '/* SPDX-License-Identifier: Apache-2.0 */'; yes 'int x;' | head -1000; } > "$T/tree/common/base/file.c"
printf 'int a;\nint b;\nint c;\nint d;\nint e; \n' > "$T/tree/common/base/bare.c"
out=$("$ROOT/tests/check-style.sh" "$T/tree" 2>/dev/null)
is "$?" 1 "planted violations of the style fail"
like "$out" 'calls.c:5: banned call: .*strcpy' "a banned call is found"
like "$out" 'calls.c:6: banned call: .*atoi' "another banned call is found"
like "$out" 'raw.c:5: raw allocation' "a raw allocation is found"
like "$out" 'hand.c:2: prototype written by hand' "a prototype written by hand is found"
like "$out" 'long.c:.*function of 102 lines' "a function over 100 lines is found"
like "$out" 'file.c:1000: file of 1000 lines' "a file of 1000 lines is found"
like "$out" 'bare.c:5: no SPDX line' "a missing licence line is found"
like "$out" 'bare.c:5: blanks at the end' "trailing blanks are found"

# the gate of coverage, on a planted file: gate CONDITION, which is true with a = 1, REST, not reached
mkdir -p "$T/gate/gateway/core" "$T/gate/build/obj/gateway/core"
gate() {
  printf '%s\n' 'static int' 'f(int a)' '{' "	if ($1)" '		return 1;' "$2" '}' '' 'int' 'main(int n, char **v)' '{' \
    '	n += v == 0;' '	n += v == 0;' '	n += v == 0;' '	n += v == 0;' '	n += v == 0;' '	return f(n) - 1;' '}' \
    > "$T/gate/gateway/core/request.c"
  (cd "$T/gate" && rm -f build/obj/gateway/core/* &&
    cc --coverage -c -o build/obj/gateway/core/request.o gateway/core/request.c &&
    cc --coverage -o x build/obj/gateway/core/request.o && ./x && "$ROOT/tests/coverage.sh" build gateway/core/request.c 2>&1)
}
out=$(gate 'a == 1' $'\ta++;\n\treturn 0;')
is "$?" 1 "a branch that no test takes fails the gate of coverage"
like "$out" 'request.c:4: 1 of 2 branches not taken: if \(a == 1\)' "... and is named"
like "$out" 'request.c:7: line not executed: return 0;' "... so is a line"
like "$out" 'request.c: 8[0-9.]* % of its lines' "... and a guarded file with fewer lines than are asked for"
like "$(gate 'a == 1 || a == 2' '	return 0;')" 'request.c:4: 3 of 4 branches not taken' "a condition of || is a branch each way"
out=$(gate 'a == 1 /* untaken: the test asks with 1 */' '	return 0; /* untaken: nor this */')
is "$?" 0 "one that gives its reason passes" || echo "$out"
out=$(cd "$T/gate" && rm build/obj/gateway/core/*.gcda && "$ROOT/tests/coverage.sh" build gateway/core/request.c 2>&1)
is "$?" 1 "a file that no test ran fails the gate"
like "$out" 'request.c:5: line not executed' "... line by line"
out=$("$ROOT/tests/coverage.sh" "$T/gate/build" gateway/core/lost.c 2>&1)
like "$out" 'lost.c:0: not in this build' "one that is not there is found"

# what a person reads
for program in nemra-httpd nemra-dispatch nemra-signer nemra-opsd nemractl nemra-agent; do
  help=$("$BIN/$program" --help 2>&1)
  is "$?" 0 "$program --help succeeds"
  page=$(ls docs/"$program".[18].scd 2>/dev/null)
  [ -s "${page:-/nonexistent}" ] && [ -s "$BUILD/man/$(basename "$page" .scd)" ]
  ok $? "$program has a manual page"
  missing=
  for option in $(printf '%s\n' "$help" | grep -Eo -- '--[a-z][a-z-]+' | sort -u); do
    grep -q -- "$option" "${page:-/dev/null}" || missing="$missing $option"
  done
  is "$missing" "" "every option of $program --help is in its manual page"
  like "$("$BIN/$program" --version)" "^$program [0-9]+\.[0-9]+\.[0-9]+" "$program --version says its version"
  "$BIN/$program" --no-such-option >"$T/out" 2>&1
  is "$?" 1 "$program refuses an unknown option with status 1"
done

# every reason has its entry in the generated page
missing=
while read -r r; do
  grep -q "$r" "$BUILD/man/nemra-reasons.7" || missing="$missing $r"
done < <(sed -n 's/^REASON(\([A-Z0-9_]*\),.*/\1/p' common/base/reasons.def)
is "$missing" "" "every reason is in nemra-reasons(7)"

# every key of the configuration tables has its entry, in bold, alone or in its path: documented_keys PAGE SOURCE…
documented_keys() {
  local page=$1 k missing='' n=0
  shift
  while read -r k; do
    n=$((n + 1))
    grep -qE "\*([a-z_0-9]+\.)*$k(\.[a-z_0-9]+)*\*" "$page" || missing="$missing $k"
  done < <(grep -ohE '\{ *(\.name = )?"[a-z_0-9]+", *(\.kind = )?CONF_|SECTION\("[a-z]+"' "$@" | grep -oE '"[a-z_0-9]+"' | tr -d '"' | sort -u)
  is "$missing" "" "every key that $* reads is in $page"
  [ "$n" -ge 20 ]
  ok $? "the keys of $* were found ($n)"
}
documented_keys docs/nemra.yaml.5.scd gateway/run/conf.c gateway/run/conf_profile.c
documented_keys docs/agent.yaml.5.scd agent/config.c

# installing
make --no-print-directory install DESTDIR="$T/root" BUILD="$BUILD" >"$T/install.log" 2>&1
ok $? "make install works with DESTDIR"
[ -x "$T/root/usr/sbin/nemra-httpd" ] && [ -x "$T/root/usr/bin/nemractl" ] && [ -f "$T/root/usr/share/man/man5/nemra.yaml.5" ]
ok $? "programs and pages are in their places"
[ ! -e "$T/root/usr/bin/nemra-labca" ] && [ ! -e "$T/root/usr/sbin/nemra-labca" ]
ok $? "the test CA is not installed"

done_testing
