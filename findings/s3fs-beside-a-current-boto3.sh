#!/usr/bin/env bash
# s3fs beside a current boto3 is a release of 2020, without a word.
#
# boto3 1.44.5, s3fs of September 2026: since 0.5 s3fs needs aiobotocore, and each aiobotocore takes a narrow range of botocore, none
# of which holds botocore 1.44.5. A resolver that is asked for both goes back through six years of releases to 0.4.2, the last over
# botocore itself, and reports success. It works beside fsspec of 2026: pandas reads and writes s3:// by it. Who pins s3fs instead gets
# an older boto3, and with it a service model that lacks the newer operations of Glue.
#
# Output seen: s3fs 0.4.2 beside boto3 1.44.5; aiobotocore is not installed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uv==0.9.18
"$work/venv/bin/uv" pip install --quiet --python "$work/venv/bin/python" boto3==1.44.5 s3fs
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import PackageNotFoundError, version

try:
    beside = f"aiobotocore {version('aiobotocore')} is installed"
except PackageNotFoundError:
    beside = "aiobotocore is not installed"
print(f"s3fs {version('s3fs')} beside boto3 {version('boto3')}; {beside}")
if version("s3fs") != "0.4.2":
    raise SystemExit("changed: a newer s3fs goes with this boto3")
PY
