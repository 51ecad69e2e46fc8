"""Keeps LocalStack's index of services from one start to the next."""

import contextlib
import functools
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

LOG = logging.getLogger(__name__)


def keep(folder: Path | None = None) -> None:
    """Have LocalStack read the index of services of an earlier start, and keep the one that it builds.

    The gateway finds a request's service in an index of all 400 API models. LocalStack 4.13 builds it at the first
    request, for four seconds, and keeps it in its volume, which in host mode is a new one for each start. It depends
    on nothing but the installed packages, so it is kept with their bytecode.

    Args:
        folder: where it is kept; by default where Python keeps the bytecode of LocalStack.
    """
    from localstack.aws import spec

    build = spec.build_service_index_cache
    kept_in = folder or Path(spec.__file__).parent / "__pycache__"

    @functools.wraps(build)
    def build_once(file_path: str) -> Any:
        kept = kept_in / Path(file_path).name  # it names the versions of LocalStack and botocore
        if kept.is_file():
            try:
                return spec.load_service_index_cache(str(kept))
            except Exception as error:  # whatever a damaged pickle raises
                LOG.info("the index of services %s is unreadable, and is built again: %r", kept, error)
        index = build(file_path)
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):  # the packages belong to another user
                _copy_whole(Path(file_path), kept)
        return index

    spec.build_service_index_cache = build_once


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a file so that others who start at the same time read all of it or none."""
    content = source.read_bytes()
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        try:
            file.write(content)
            file.close()
            Path(file.name).chmod(0o644)  # as bytecode
            Path(file.name).replace(target)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
