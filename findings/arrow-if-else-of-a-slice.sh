#!/usr/bin/env bash
# Arrow's if_else gives NUL characters in place of texts where the array of texts is a slice, and the other value is null.
#
# pyarrow 22.0.0: a slice of an array of strings begins in the midst of its buffers. `pc.if_else(condition, texts, null)` copies
# the right number of bytes, but leaves out those behind what the offset is short of: the texts have their length, and hold
# zeros. A copy of the slice (`pa.concat_arrays([texts])`) comes out right, and so does `pc.replace_with_mask`. Batches of a
# Parquet file with several row groups are slices: whoever takes empty texts for missing values in this way reads other texts.
#
# Output seen: slice ['a\x00\x00', '\x00\x00', '\x00\x00']; copy ['abc', 'ü', 'k1']
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==22.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import pyarrow as pa
import pyarrow.compute as pc

texts = pa.array(["k1", "k2", "k3", "", None, "abc", "ü", "k1"]).slice(5)
found = [
    pc.if_else(pc.greater(pc.binary_length(each), 0), each, pa.scalar(None, pa.string())).to_pylist()
    for each in (texts, pa.concat_arrays([texts]))
]
print(f"slice {found[0]}; copy {found[1]}")
assert found[1] == ["abc", "ü", "k1"]
if found[0] == found[1]:
    raise SystemExit("changed: the slice comes out right")
PY
