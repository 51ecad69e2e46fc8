"""Settings for all tests: hypothesis has no deadlines and tries the same examples each time.

botocore's service descriptions are read once per process.
"""

from hypothesis import HealthCheck, settings

from tests.folders_of_one_worker import pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest
from tests.service_models import share_service_models
from tests.slow_suites import pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks of pytest

settings.register_profile("quartal", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quartal")

share_service_models()
