#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who includes whom: every #include of the tree against layers.conf. Findings as file:line: reason.
# check-layers.sh [ROOT]; ROOT is another tree in the script's own test.
set -eu
cd "${1:-.}"

files=$(find common agent gateway tests/labca -name '*.c' -o -name '*.h' 2>/dev/null | sort)
# shellcheck disable=SC2086 # file names here hold no blanks
findings=$(awk '
# The module of a file or include: the longest folder named in layers.conf, else its first two parts.
function module(path,    dir) {
  dir = path
  while (sub("/[^/]*$", "", dir))
    if (dir in known) return dir
  split(path, part, "/")
  return part[1] "/" part[2]
}
FILENAME == "layers.conf" {
  if ($0 ~ /^#/ || NF == 0) next
  known[$1] = 1
  for (i = 2; i <= NF; i++) {
    if ($i == "-") continue
    # fields: modules first, then header prefixes, which are the words that name no folder of ours
    if ($i ~ /^(common|gateway|agent|tests)(\/|$)/) may[$1, $i] = 1
    else { owned[$i] = 1; owns[$1, $i] = 1 }
  }
  next
}
FNR == 1 {
  mod = module(FILENAME)
  if (!(mod in known)) print FILENAME ":1: its folder " mod " is not in layers.conf"
}
/^[ \t]*#[ \t]*include/ {
  line = $0
  sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
  if (line ~ /^"/) {
    sub(/^"/, "", line); sub(/".*/, "", line)
    to = module(line)
    if (line !~ /\//) print FILENAME ":" FNR ": include \"" line "\" is not written from the root"
    else if (to != mod && !((mod, to) in may)) print FILENAME ":" FNR ": " mod " may not include " to
  } else if (line ~ /^</) {
    sub(/^</, "", line); sub(/>.*/, "", line)
    for (p in owned)
      if (index(line, p) == 1 && !((mod, p) in owns))
        print FILENAME ":" FNR ": " mod " does not own <" line ">"
  } else
    print FILENAME ":" FNR ": include through a macro"
}' layers.conf $files)

cycle=$(awk '$0 !~ /^#/ && NF { for (i = 2; i <= NF; i++) if ($i ~ /^(common|gateway|agent|tests)(\/|$)/) print $1, $i }' \
  layers.conf | tsort 2>&1 >/dev/null) || cycle="layers.conf: cycle: $cycle"

[ -z "$findings" ] || echo "$findings"
[ -z "$cycle" ] || echo "$cycle"
[ -z "$findings$cycle" ]
