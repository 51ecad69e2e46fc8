"""For all tests: hypothesis judges by what a test says, not by the machine's load, and tries the same each time.

What sessions of boto3 know of services is read once.
"""

from hypothesis import HealthCheck, settings

from tests.service_models import share_service_models
from tests.slow_suites import pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks of pytest

settings.register_profile("quartal", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quartal")

share_service_models()
