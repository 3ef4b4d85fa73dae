#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a script can see of the house style: lengths, banned calls, line width, licence line, trailing blanks.
# check-style.sh [ROOT]. An exception is a line of tests/style-exceptions: FILE RULE reason…
set -eu
cd "${1:-.}"
exceptions=tests/style-exceptions
[ -f "$exceptions" ] || exceptions=/dev/null

files=$(find common agent gateway tests docs -name '*.c' -o -name '*.h' 2>/dev/null | sort)
scripts=$(find deploy tests sql .ci -type f \( -name '*.sh' -o -name 'lab' -o -name 'nemra-db' -o -name run \) 2>/dev/null | sort)

# shellcheck disable=SC2086
awk -v scripts="$scripts" '
function excepted(rule) { return (FILENAME, rule) in ok }
function finding(rule, text) {
  if (excepted(rule)) { used[FILENAME, rule] = 1; return }
  print FILENAME ":" FNR ": " text; bad = 1
}
FILENAME ~ /style-exceptions$/ { if ($0 !~ /^#/ && NF > 2) ok[$1, $2] = 1; next }
FNR == 1 {
  spdx = 0; start = 0; name = ""
  product = FILENAME !~ /^tests\/|^docs\//
}
FNR <= 4 && /SPDX-License-Identifier: Apache-2.0/ { spdx = 1 }
FNR == 5 && !spdx { finding("licence", "no SPDX line in its first lines") }
/[ \t]+$/ { finding("blanks", "blanks at the end of the line") }
{
  line = $0; w = 0
  for (i = 1; i <= length(line); i++) w += substr(line, i, 1) == "\t" ? 8 - w % 8 : 1
  if (w > 120) finding("width", "line of " w " columns")
}
FNR == 601 { long[FILENAME] = 1 }
FNR == 1000 { finding("file", "file of 1000 lines or more") }
# a function: "{" alone in column 1 after its name; "}" in column 1 ends it
/^\{/ { start = FNR; name = prev }
/^\}/ && start { n = FNR - start + 1; len[FILENAME ":" start " " name] = n
  if (n > 100) finding("function", "function of " n " lines: " name); start = 0 }
product && FILENAME ~ /\.c$/ {
  code = $0; gsub(/"([^"\\]|\\.)*"/, "\"\"", code); sub(/\/\*.*/, "", code); if (code ~ /^[ \t]*\*/) code = ""
  if (match(code, /(^|[^A-Za-z0-9_>.])(sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atol|alloca|system|popen|tmpnam|mktemp)[ \t]*\(/))
    finding("banned", "banned call: " substr(code, RSTART, RLENGTH))
  if (match(code, /(^|[^A-Za-z0-9_>.])(malloc|realloc|calloc|strdup|strndup|asprintf)[ \t]*\(/) && FILENAME !~ /^common\/base\/alloc\.c$/)
    finding("alloc", "raw allocation: " substr(code, RSTART, RLENGTH))
  if (code ~ /^extern .*\(/) finding("prototype", "prototype written by hand")
}
{ if ($0 !~ /^[ \t]*$/) prev = $0 }
END {
  n = 0
  for (f in len) if (len[f] > 60) print "note: " len[f] " lines: " f > "/dev/stderr"
  for (f in long) print "note: over 600 lines: " f > "/dev/stderr"
  exit bad
}' "$exceptions" $files
