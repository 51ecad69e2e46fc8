"""For all tests: hypothesis judges by what a test says, not by the machine's load, and tries the same each time."""

from hypothesis import HealthCheck, settings

settings.register_profile("quartal", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quartal")
