#!/usr/bin/env bash
# LocalStack in host mode builds its index of all services anew for each new volume, though it depends on packages alone.
#
# localstack-core 4.13.1 with its own botocore, on Python 3.11. The gateway finds the service of a request in an index of
# all API models. It is built at the first request, by reading some 400 models: seconds of processor time and hundreds
# of megabytes. The result is pickled under a name that holds the versions of LocalStack and botocore, but in the cache
# folder of the volume. (The container image has one from its build.) A test suite that gives each LocalStack a folder
# of its own pays for it at each start. Whoever starts many copies the file into the next folder.
#
# Output seen: first volume: built; the same volume again: read; another volume: built
set -euo pipefail
python=${PYTHON:-python3.11}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "localstack-core[base-runtime]==4.13.1"
cat > "$work/start.py" <<'PY'
from localstack import config
from localstack.aws import spec

built = []
build = spec.build_service_index_cache
spec.build_service_index_cache = lambda path: built.append(path) or build(path)
config.dirs.mkdirs()
spec.get_service_catalog()
print("built" if built else "read")
PY
export OVERRIDE_IN_DOCKER=0 # also where this runs in a container
start() {
    (cd "$work" && FILESYSTEM_ROOT="$work/$1" "$work/venv/bin/python" start.py 2> errors) || { tail -5 "$work/errors"; exit 1; }
}
seen="first volume: $(start one); the same volume again: $(start one); another volume: $(start two)"
echo "$seen"
[ "$seen" = "first volume: built; the same volume again: read; another volume: built" ]
