#!/usr/bin/env bash
# Arrow compares bytes with a Python int by making an int64 of each byte first: eight times the memory, twelve times as long.
#
# pyarrow 22.0.0: in `pc.equal(content, 10)` the int becomes an int64 scalar, and uint8 and int64 meet in int64, so the whole
# array is cast before it is compared. The answer is the same as with `pa.scalar(10, pa.uint8())`, which compares bytes as they
# are. Whoever looks for line feeds or quotes in a block of a file in this way spends more time on widening than on the rest of
# the scan (16 MB: 78 ms instead of 6).
#
# Output seen: allocated for 8 MiB: 66.0 MiB with an int, 1.0 MiB with a uint8 scalar
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==22.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import pyarrow as pa
import pyarrow.compute as pc

MIB = 1 << 20
block = b"a,b\n" * (2 * MIB)
content = pa.Array.from_buffers(pa.uint8(), len(block), [None, pa.py_buffer(block)])


pool = pa.default_memory_pool()
with_byte = pc.equal(content, pa.scalar(10, pa.uint8()))
narrow = pool.max_memory() / MIB
with_int = pc.equal(content, 10)
wide = pool.max_memory() / MIB
print(f"allocated for {len(block) // MIB} MiB: {wide:.1f} MiB with an int, {narrow:.1f} MiB with a uint8 scalar")
assert with_int.equals(with_byte)
assert narrow < 8
if wide < 64:
    raise SystemExit("changed: an int does not widen the bytes")
PY
