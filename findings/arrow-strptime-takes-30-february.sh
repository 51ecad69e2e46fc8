#!/usr/bin/env bash
# Arrow's strptime takes days that no month has, and counts on into the next month.
#
# pyarrow 22.0.0: `pc.strptime(["2023-02-30"], "%Y-%m-%d", "s", error_is_null=True)` is 2023-03-02 and not null. A cast of the
# same text to date32 refuses it. Seconds of 60 and 61 count on in the same way, an hour of 24 is null. Whoever reads dates
# of a feed by strptime keeps rows that a cast, Java or DuckDB would call bad.
#
# Output seen: 2023-02-30 -> 2023-03-02; 23:59:60 -> 1900-01-02 00:00:00; 24:00:00 -> None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==22.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import pyarrow as pa
import pyarrow.compute as pc


def read(text, form):
    return pc.strptime(pa.array([text]), format=form, unit="s", error_is_null=True)[0].as_py()


day, second, hour = read("2023-02-30", "%Y-%m-%d"), read("23:59:60", "%H:%M:%S"), read("24:00:00", "%H:%M:%S")
print(f"2023-02-30 -> {day:%Y-%m-%d}; 23:59:60 -> {second}; 24:00:00 -> {hour}")
assert str(day) == "2023-03-02 00:00:00"
assert str(second) == "1900-01-02 00:00:00"
assert hour is None
try:
    pc.cast(pa.array(["2023-02-30"]), pa.date32())
except pa.ArrowInvalid:
    pass
else:
    raise SystemExit("changed: the cast takes it too")
PY
