"""The pytest plugin: `glue_local`, a separate Glue for each test, on one server for all.

The server starts with the first test that uses it. `GLUE_LOCAL_URL` names a server that is already running, and
`GLUE_LOCAL_PYTHON` the Python of an environment with the server, if that of the tests has none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from localstack_glue.testing.glue_local import GlueLocal
from localstack_glue.testing.server import Server

URL_VARIABLE = "GLUE_LOCAL_URL"


@pytest.fixture(scope="session")
def glue_local_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the server of all tests."""
    endpoint = os.environ.get(URL_VARIABLE)
    if endpoint:
        yield endpoint.rstrip("/")
        return
    with Server(tmp_path_factory.mktemp("glue-local")) as url:
        yield url


@pytest.fixture
def glue_local(glue_local_url: str) -> Iterator[GlueLocal]:
    """A Glue in which nothing is yet, and nothing stays."""
    local = GlueLocal(glue_local_url)
    local.reset()
    yield local
    local.reset()
