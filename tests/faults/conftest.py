"""A LocalStack for the catalog, and a lake in a folder whose job can be killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from quartal.core.aws import AwsConnection, aws_environment
from quartal.core.settings import Settings
from quartal.local.local_aws import server
from tests.integration.deployment import copy_of_the_project

from .deployment import Deployment
from .rehearsal import Rehearsal

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One lake for all tests. Each begins with the repaired state that the previous one left."""
    settings = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
    own = replace(settings, state_dir=tmp_path_factory.mktemp("localstack"))
    started = server.start(own, port=server.free_port(), announce=print)
    try:
        env = aws_environment(settings, started.endpoint_url)
        connection = AwsConnection.from_environment(env, local=True)
        yield Rehearsal(PROJECT, tmp_path_factory.mktemp("lake"), connection, env)
    finally:
        server.stop(own, started)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A project before its deployment, and a LocalStack whose calls can be made to fail."""
    environ = {**os.environ, "LOCALSTACK_GLUE_FAULTS": "1"}
    environ.pop("AWS_ENDPOINT_URL", None)
    settings = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    own = replace(settings, state_dir=tmp_path_factory.mktemp("localstack"))
    started = server.start(own, port=server.free_port(), announce=print)
    try:
        project = copy_of_the_project(tmp_path_factory.mktemp("project"))
        (project / "etl_job").unlink()  # a link; and an edit of the job during the test would change the plan
        shutil.copytree(PROJECT / "etl_job", project / "etl_job", ignore=shutil.ignore_patterns("__pycache__"))
        yield Deployment(project, started.endpoint_url)
    finally:
        server.stop(own, started)
