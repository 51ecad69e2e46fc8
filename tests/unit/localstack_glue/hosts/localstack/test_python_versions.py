"""LocalStack 4.13.1 on Pythons that are older than its own."""

import subprocess
import sys
import uuid

from localstack_glue.hosts.localstack import python_versions


def test_uuid5_takes_bytes_as_from_python_3_12_on():
    namespace = uuid.UUID(int=1)

    assert python_versions._uuid5_accepting_bytes(namespace, b"name") == python_versions._uuid5_accepting_bytes(
        namespace, "name"
    )
    assert python_versions._uuid5_accepting_bytes(namespace, "name") == uuid.UUID(
        "cf166956-1dd4-5fab-851c-3e78c5984057"
    )


def test_localstack_imports_after_the_remedies():
    script = "from localstack_glue.hosts.localstack import python_versions; python_versions.apply(); "
    script += "import localstack.packages.api, threading, uuid; "
    script += "threading.Lock(); print(uuid.uuid5(uuid.UUID(int=1), b'name'))"

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert answer.stdout.strip() == "cf166956-1dd4-5fab-851c-3e78c5984057"
