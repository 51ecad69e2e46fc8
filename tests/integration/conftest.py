"""The LocalStack of the tests: the one at AWS_ENDPOINT_URL, a running one, or a new one, in this order.

Each deployment has unique names, so that tests do not interfere with each other or with other resources there.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from feed_generator import FeedSummary, generate
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.deliver.upload.uploads import UploadOptions, deliver
from quartal.deploy import change
from quartal.local.local_aws import server
from quartal.local.local_aws.endpoint import find_endpoint
from quartal.runs.start_and_follow import run_pipeline
from quartal.workspace import Workspace
from tests.json_output import checking
from tests.provider_lock import drop_hashes

PROJECT = Path(__file__).parents[2]
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


@dataclass(frozen=True)
class Pipeline:
    """A deployed pipeline, with the commands of a user."""

    workspace: Workspace

    def upload(self, folder: Path) -> None:
        """Run `quartal upload FOLDER`."""
        deliver(self.workspace, [folder], delivery=None, options=UploadOptions())

    def run(self, *deliveries: str) -> dict:
        """Run `quartal run` and return the job's manifest."""
        return run_pipeline(self.workspace, deliveries=deliveries, timeout_s=300).model_dump(mode="json")


@dataclass(frozen=True)
class Feed:
    """Raw files on disk, and the generator's facts about them."""

    folder: Path
    summary: FeedSummary


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


def copy_of_the_project(root: Path) -> Path:
    """Copy what `quartal` needs to a folder, with unique names."""
    shutil.copytree(PROJECT / "infra", root / "infra", ignore=shutil.ignore_patterns(".terraform", "artifacts"))
    drop_hashes(root / "infra")
    shutil.copytree(PROJECT / "data" / "contracts", root / "data" / "contracts")
    (root / "etl_job").symlink_to(PROJECT / "etl_job")
    variables = root / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    assert 'prefix      = "quartal-localstack"' in text
    variables.write_text(text.replace('"quartal-localstack"', f'"test-{secrets.token_hex(4)}"'))
    return root


@pytest.fixture(scope="module")
def workspace(project: Path, endpoint_url: str) -> Workspace:
    return workspace_in(project, endpoint_url)


def workspace_in(project: Path, endpoint_url: str) -> Workspace:
    """The workspace of a checkout, on this local AWS."""
    environ = {**os.environ, "AWS_ENDPOINT_URL": endpoint_url}
    for name in ("QUARTAL_STATE_DIR", "QUARTAL_PROJECT_DIR"):  # tests never use the user's own deployment
        environ.pop(name, None)
    return Workspace(Settings.from_env(environ, environment="localstack", cwd=project), Console())


@pytest.fixture(scope="module")
def pipeline(workspace: Workspace) -> Iterator[Pipeline]:
    """The pipeline, deployed once per test module."""
    with deployed(workspace) as pipeline:
        yield pipeline


@contextmanager
def deployed(workspace: Workspace) -> Iterator[Pipeline]:
    """Deploy the pipeline, and stop or destroy it at the end."""
    change.make_plan(workspace)
    try:
        change.apply_plan(workspace)
        yield Pipeline(workspace)
    finally:
        if "PYTEST_XDIST_WORKER" in os.environ:  # this LocalStack ends with the tests
            stop_triggers(workspace)
        elif change.make_plan(workspace, destroy=True).changes:
            change.apply_plan(workspace)


def stop_triggers(workspace: Workspace) -> None:
    """Delete the triggers, so that no run starts when another test moves the clock. Faster than a destroy."""
    glue = workspace.connection.glue()
    for feed in workspace.terraform.outputs().get("feeds", {}).values():
        for name in feed["triggers"].values():
            glue.delete_trigger(Name=name)
