"""The whole chain on each host that is not the default: deploy, upload, crawl, trigger, job, publish, destroy.

The crawler is also started by hand, after which many pipelines wait for their job in vain.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError

from feed_generator import generate
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.deploy import change
from quartal.features.query import iceberg_catalog
from quartal.local.local_aws import server
from quartal.workspace import Workspace
from tests.integration.crawls import crawl_count, finish_crawl, job_runs
from tests.integration.deployment import PROJECT, Pipeline, copy_of_the_project

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
OWN = ("AWS_ENDPOINT_URL", "QUARTAL_STATE_DIR", "QUARTAL_PROJECT_DIR")  # the user's, which are not for tests


LOCALEMU = pytest.mark.nightly(touches=["tests/integration/test_hosts.py", "tooling/localstack_glue/*"])
HOSTS = ["standalone", pytest.param("localemu", marks=LOCALEMU)]


@pytest.fixture(scope="module", params=HOSTS)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The example, deployed to the host; the tests of this module are one story."""
    folder = tmp_path_factory.mktemp(request.param)
    environ = {name: value for name, value in os.environ.items() if name not in OWN}
    settings = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    settings = replace(settings, state_dir=folder / "host")
    started = server.start(settings, port=server.free_port(), announce=print, host=request.param)
    try:
        (folder / "project").mkdir()
        environ["AWS_ENDPOINT_URL"] = started.endpoint_url
        project = copy_of_the_project(folder / "project")
        workspace = Workspace(Settings.from_env(environ, environment="localstack", cwd=project), Console())
        change.make_plan(workspace)
        change.apply_plan(workspace)
        yield workspace
    finally:
        server.stop(settings, started)


@pytest.fixture(scope="module")
def pipeline(deployed: Workspace) -> Pipeline:
    return Pipeline(deployed)


@pytest.fixture(scope="module")
def rows(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many rows an upload brought."""
    feed = tmp_path_factory.mktemp("feed")
    summary = generate(feed, rows=500, seed=3, first_quarter="2024Q1", quarters=1)
    pipeline.upload(feed)
    return sum(delivery.rows for delivery in summary.deliveries)


def test_host_reports_what_was_deployed(deployed: Workspace):
    assert not change.make_plan(deployed).changes


def test_plan_can_read_that_a_dashboard_is_not_there(deployed: Workspace):  # a state may outlive its host
    cloudwatch = boto3.client("cloudwatch", endpoint_url=deployed.connection.endpoint_url, **KEYS)
    with pytest.raises(ClientError) as refused:
        cloudwatch.get_dashboard(DashboardName="missing")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_crawler_started_by_hand_starts_no_job(deployed: Workspace, rows: int):  # G1, G2
    crawls = crawl_count(deployed)
    deployed.connection.glue().start_crawler(Name=deployed.deployment.crawler)
    assert finish_crawl(deployed, crawls) == "COMPLETED"
    assert job_runs(deployed) == []


def test_workflow_publishes_features(deployed: Workspace, pipeline: Pipeline, rows: int):  # G1, G5
    manifest = pipeline.run()
    assert manifest["status"] == "SUCCEEDED"
    assert manifest["totals"]["rows_in"] == rows
    name = (deployed.deployment.database, deployed.deployment.features_table())
    assert iceberg_catalog(deployed.connection).load_table(name).scan().to_arrow().num_rows > 0


def test_destroy_removes_everything(deployed: Workspace):
    change.make_plan(deployed, destroy=True)
    change.apply_plan(deployed)
    assert deployed.connection.glue().get_databases()["DatabaseList"] == []
    state = deployed.staged.folder / "terraform.tfstate"
    assert json.loads(state.read_text())["resources"] == []
