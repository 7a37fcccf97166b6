#!/bin/sh
# Embeds a file in parts, several processes at once, and merges them: local.sh TEXTS MODEL OUT.npy PARTS
# Worth it where one process leaves cores idle; GNU parallel takes the same line: seq "$4" | parallel -j "$4" embtune embed …
set -eu
EMBTUNE=${EMBTUNE:-npx embtune}
seq "$4" | xargs -P "$4" -I PART $EMBTUNE embed "$1" --model "$2" --shard "PART/$4" --threads 1 --out "$3.PART.npy" --quiet
set -- "$1" "$2" "$3" $(seq -f "$3.%g.npy" "$4")
OUT=$3
shift 3
$EMBTUNE embed --merge "$@" --out "$OUT"
