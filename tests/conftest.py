"""For all tests: hypothesis judges by what a test says, not by the machine's load, and tries the same each time."""

from hypothesis import HealthCheck, settings

from tests.slow_suites import pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks of pytest

settings.register_profile("quartal", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quartal")
