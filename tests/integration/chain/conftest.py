"""One deployment and its first run, for all tests of this folder; see tests/folders_of_one_worker.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from quartal.features.query import iceberg_catalog
from quartal.workspace import Workspace
from tests.integration.chain.first_run import FirstRun, role_activity
from tests.integration.deployment import Feed, Pipeline, copy_of_the_project, deployed, workspace_in
from tests.integration.inbox import open_inbox


@pytest.fixture(scope="package")
def project(tmp_path_factory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="package")
def workspace(project: Path, endpoint_url: str) -> Workspace:
    return workspace_in(project, endpoint_url)


@pytest.fixture(scope="package")
def pipeline(workspace: Workspace) -> Iterator[Pipeline]:
    with deployed(workspace) as pipeline:
        yield pipeline


@pytest.fixture(scope="package")
def first_run(pipeline: Pipeline, feed: Feed) -> FirstRun:
    pipeline.upload(feed.folder)
    manifest = pipeline.run()
    return FirstRun(manifest, role_activity(pipeline))


@pytest.fixture(scope="package")
def manifest(first_run: FirstRun) -> dict:
    return first_run.manifest


@pytest.fixture(scope="package")
def catalog(pipeline: Pipeline):
    return iceberg_catalog(pipeline.workspace.connection)


@pytest.fixture(scope="package")
def client(pipeline: Pipeline) -> Callable[[str], Any]:
    settings, region = pipeline.workspace.settings, pipeline.workspace.deployment.region
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    return lambda service: session.client(service, endpoint_url=str(settings.endpoint_url))


@pytest.fixture
def command_line(pipeline: Pipeline, monkeypatch):
    """The environment in which a user types `quartal`."""
    settings = pipeline.workspace.settings
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(settings.endpoint_url))
    monkeypatch.setenv("QUARTAL_PROJECT_DIR", str(settings.root))
    monkeypatch.delenv("QUARTAL_STATE_DIR", raising=False)


@pytest.fixture
def alert_with(pipeline: Pipeline, client: Callable[[str], Any]) -> Iterator[Callable[[str], str]]:
    """Waits for a message of the pipeline's topic that holds a text."""
    topic = pipeline.workspace.terraform.outputs()["sns_topic_arn"]
    with open_inbox(topic, client("sqs"), client("sns")) as wait:
        yield wait
