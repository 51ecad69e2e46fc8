"""botocore's descriptions of services, read once in a process: each session would find and parse them anew."""

from typing import Any

import botocore.session
from botocore.loaders import create_loader

_models: dict[Any, Any] = {}


def _sharing_loader(search_path_string: str | None = None) -> Any:
    """A loader of a session, which looks for other folders if it has some, and keeps what it read where all do."""
    loader: Any = create_loader(search_path_string)
    if not search_path_string:
        loader._cache = _models  # no public way; what `instance_cache` keeps is shared by a session's clients already
    return loader


def share_service_models() -> None:
    """Let the sessions that begin from now on read each description once."""
    botocore.session.create_loader = _sharing_loader
