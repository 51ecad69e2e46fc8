"""The LocalStack of the tests: the one at AWS_ENDPOINT_URL, a running one, or a new one, in this order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feed_generator import generate
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.endpoint import find_endpoint
from quartal.workspace import Workspace
from tests.integration.deployment import PROJECT, Feed, Pipeline, copy_of_the_project, deployed, workspace_in
from tests.json_output import checking

# With several files at a time, the slowest come first, so that none runs alone at the end.
LONGEST = [
    "test_documentation.py",
    "test_upgrade.py",
    "test_teardown.py",
    "feeds",
    "chain",
    "test_hosts.py",
    "test_environments.py",
    "test_restart.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    for name in (item.path.name, item.path.parent.name):
        if name in LONGEST:
            return LONGEST.index(name)
    return len(LONGEST)


@pytest.fixture(autouse=True)
def json_keeps_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the --json output of every command in tests against its published schema."""
    monkeypatch.setattr(Console, "json_document", checking(Console.json_document))


@pytest.fixture(scope="session")
def endpoint_url(tmp_path_factory) -> Iterator[str]:
    settings = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
    # Parallel tests would move each other's clock and stop each other's runs, so each worker has its own.
    found = None if "PYTEST_XDIST_WORKER" in os.environ else find_endpoint(settings)
    if found is not None:
        yield found.url
        return
    settings = replace(settings, state_dir=tmp_path_factory.mktemp("localstack"))
    embedded = server.start(settings, port=server.free_port(), announce=print)
    try:
        yield embedded.endpoint_url
    finally:
        server.stop(settings, embedded)


@pytest.fixture(scope="session")
def feed(tmp_path_factory) -> Feed:
    folder = tmp_path_factory.mktemp("feed")
    return Feed(folder, generate(folder, rows=60_000, seed=11))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A checkout with unique names, whose infra/ the test may change."""
    return copy_of_the_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def workspace(project: Path, endpoint_url: str) -> Workspace:
    return workspace_in(project, endpoint_url)


@pytest.fixture(scope="module")
def pipeline(workspace: Workspace) -> Iterator[Pipeline]:
    """The pipeline, deployed once per test module."""
    with deployed(workspace) as pipeline:
        yield pipeline
