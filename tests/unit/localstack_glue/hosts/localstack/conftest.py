"""LocalStack as a host: these tests need it; where it is not installed, each file is skipped by name."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest


class NeedsLocalStack(pytest.Module):
    """A file of tests that is not imported, because what it imports is not installed."""

    def collect(self) -> Iterator[pytest.Item]:
        pytest.skip("about LocalStack's host, which is not installed here", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if importlib.util.find_spec("localstack") is not None:
        return None  # as pytest would
    module: pytest.Module = NeedsLocalStack.from_parent(parent, path=module_path)
    return module
