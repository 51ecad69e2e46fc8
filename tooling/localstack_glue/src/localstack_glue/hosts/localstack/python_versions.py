"""Makes LocalStack 4.13.1, which is written for Python 3.13, run on Python 3.11 and 3.12."""

import hashlib
import importlib
import sys
import threading
import uuid
from typing import Any


def apply() -> None:
    """Make the running Python behave as LocalStack expects. Newer Pythons are left as they are."""
    if sys.version_info < (3, 12):
        uuid.uuid5 = _uuid5_accepting_bytes
    if sys.version_info < (3, 13):
        _import_packages_api_with_lock_class()


def _uuid5_accepting_bytes(namespace: uuid.UUID, name: str | bytes) -> uuid.UUID:
    """Give `uuid.uuid5` the meaning it has from 3.12 on; LocalStack's KMS hands it key material as bytes."""
    name_bytes = name.encode() if isinstance(name, str) else name
    # RFC 4122 prescribes SHA-1 for version 5; nothing secret depends on it
    digest = hashlib.sha1(namespace.bytes + name_bytes, usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)


def _import_packages_api_with_lock_class() -> None:
    """Import `localstack.packages.api` while `threading.Lock` is a class.

    The module evaluates `Lock | None` at import; before 3.13 `Lock` is a factory function, which has no `|`.
    """
    if "localstack.packages.api" in sys.modules:
        return
    factory = threading.Lock

    class Lock:
        """A class for the annotation, which still creates real locks for other users in the meantime."""

        def __new__(cls) -> Any:
            return factory()

    threading.Lock = Lock
    try:
        importlib.import_module("localstack.packages.api")
    finally:
        threading.Lock = factory
