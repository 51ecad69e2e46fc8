"""pytest plugin for moto's tests: each begins on an empty service, in the account that moto's tests expect.

It is loaded in the environment of moto's tests, by `run.py`; it needs moto and pytest alone.
"""

import os
import urllib.request
from collections.abc import Iterator

import pytest
from moto.core.config import default_user_config

# else moto sets credentials of its own, and LocalStack takes them for account 000000000000
default_user_config["core"]["mock_credentials"] = False


@pytest.fixture(autouse=True)
def empty_service() -> Iterator[None]:
    """Drop what the test before has left."""
    url = f"{os.environ['TEST_SERVER_MODE_ENDPOINT']}/_glue/reset"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=60):
        yield
