"""The whole chain on each host that is not the default: deploy, upload, crawl, trigger, job, publish, destroy."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from feed_generator import generate
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.deploy import change
from quartal.features.query import iceberg_catalog
from quartal.local.local_stack import server
from quartal.workspace import Workspace
from tests.integration.conftest import PROJECT, Pipeline, copy_of_the_project

pytestmark = pytest.mark.nightly(touches=["tooling/localstack_glue/src/localstack_glue/hosts/*", "requirements/*"])
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
OWN = ("AWS_ENDPOINT_URL", "QUARTAL_STATE_DIR", "QUARTAL_PROJECT_DIR")  # the user's, which are not for tests


@pytest.fixture(params=["standalone", "localemu"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path):
    environ = {name: value for name, value in os.environ.items() if name not in OWN}
    settings = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    settings = replace(settings, state_dir=tmp_path / "host")
    started = server.start(settings, port=server.free_port(), announce=print, host=request.param)
    try:
        (tmp_path / "project").mkdir()
        environ["AWS_ENDPOINT_URL"] = started.endpoint_url
        project = copy_of_the_project(tmp_path / "project")
        yield Workspace(Settings.from_env(environ, environment="localstack", cwd=project), Console())
    finally:
        server.stop(settings, started)


def test_features_are_published_and_destroy_removes_everything(workspace: Workspace, tmp_path: Path):
    change.make_plan(workspace)
    change.apply_plan(workspace)
    assert not change.make_plan(workspace).changes  # what was deployed is what the host says is there
    cloudwatch = boto3.client("cloudwatch", endpoint_url=workspace.connection.endpoint_url, **KEYS)
    with pytest.raises(ClientError) as refused:  # a state outlives its host, and the next plan reads what is there
        cloudwatch.get_dashboard(DashboardName="gone")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"
    pipeline, deployment = Pipeline(workspace), workspace.deployment
    summary = generate(tmp_path / "feed", rows=500, seed=3, first_quarter="2024Q1", quarters=1)
    pipeline.upload(tmp_path / "feed")
    manifest = pipeline.run()
    assert manifest["status"] == "SUCCEEDED"
    assert manifest["totals"]["rows_in"] == sum(delivery.rows for delivery in summary.deliveries)
    features = iceberg_catalog(workspace.connection).load_table((deployment.database, deployment.features_table()))
    assert features.scan().to_arrow().num_rows > 0

    change.make_plan(workspace, destroy=True)
    change.apply_plan(workspace)
    assert workspace.connection.glue().get_databases()["DatabaseList"] == []
    assert not change.make_plan(workspace, destroy=True).changes
