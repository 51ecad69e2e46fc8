#!/usr/bin/env bash
# The jar of Iceberg's Spark runtime in snowpark-connect-deps-iceberg 1.0.3 lacks the Jackson that its classes use.
#
# snowpark-connect-deps-iceberg 1.0.2 and 1.0.3. Both have a jar of one name, iceberg-spark-runtime-3.5_2.12-1.10.2.jar. Iceberg builds
# it with Jackson moved to org.apache.iceberg.shaded.com.fasterxml.jackson. In 1.0.3 those classes were taken out, and Iceberg's own
# still use the moved names, so that no other Jackson can stand in: Spark ends with NoClassDefFoundError. 1.0.2 has them.
#
# Output seen: 1.0.3: iceberg-spark-runtime-3.5_2.12-1.10.2.jar uses Jackson in 134 classes and has 0 of Jackson's
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
for version in 1.0.2 1.0.3; do
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$work/$version" \
        "snowpark-connect-deps-iceberg==$version"
done
"$work/venv/bin/python" - "$work" <<'PY'
import sys
import zipfile
from pathlib import Path

JACKSON = "org/apache/iceberg/shaded/com/fasterxml/jackson/"


def look(version):
    (path,) = Path(sys.argv[1], version).glob("**/iceberg-spark-runtime-3.5_2.12-*.jar")
    with zipfile.ZipFile(path) as jar:
        names = [name for name in jar.namelist() if name.endswith(".class")]
        there = [name for name in names if name.startswith(JACKSON)]
        own = [name for name in names if name.startswith("org/apache/iceberg/") and "/shaded/" not in name]
        users = [name for name in own if JACKSON.encode() in jar.read(name)]
    print(f"{version}: {path.name} uses Jackson in {len(users)} classes and has {len(there)} of Jackson's")
    return users, there


for version, has_jackson in (("1.0.2", True), ("1.0.3", False)):
    users, there = look(version)
    if not users or bool(there) != has_jackson:
        raise SystemExit(f"changed: {version} is another jar by now")
PY
