"""Settings for all tests: hypothesis has no deadlines and tries the same examples each time.

botocore's service descriptions are read once per process, and Python's garbage collector leaves alone what stays.
"""

import gc
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.folders_of_one_worker import pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest
from tests.service_models import share_service_models
from tests.slow_suites import pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks of pytest

settings.register_profile("quartal", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quartal")

share_service_models()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is made by then lives until the end: to look through it again and again is a tenth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
