#!/usr/bin/env bash
# Text in a Hive table that Athena reads as null is a number, a day or a truth value to DuckDB's TRY_CAST.
#
# duckdb 2.0.0. LazySimpleSerDe gives null for each of these texts in a column of that type, as LazyLong, LazyDate and LazyBoolean
# of Hive's source read them; a view over the files in DuckDB answers with values, rounded where they have decimals.
#
# Output seen: bigint 1_000=1000 1e3=1000 0x1F=31 .5=1 1.9=2; date 2024/01/05=2024-01-05; boolean yes=True t=True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import duckdb


def cast(text, kind):
    return duckdb.execute(f"select try_cast(? as {kind})", [text]).fetchone()[0]


bigints = {text: cast(text, "bigint") for text in ("1_000", "1e3", "0x1F", ".5", "1.9")}
day, truths = cast("2024/01/05", "date"), {text: cast(text, "boolean") for text in ("yes", "t")}
print("bigint", *(f"{text}={value}" for text, value in bigints.items()), end="; ")
print(f"date 2024/01/05={day}; boolean", *(f"{text}={value}" for text, value in truths.items()))
assert bigints == {"1_000": 1000, "1e3": 1000, "0x1F": 31, ".5": 1, "1.9": 2}
assert str(day) == "2024-01-05"
assert truths == {"yes": True, "t": True}
PY
