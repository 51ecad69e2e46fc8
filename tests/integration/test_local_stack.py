"""A LocalStack that Quartal starts: on the loopback interface only, separate from others, and fully stopped."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path

import boto3
import psutil
import pytest

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.endpoint import find_endpoint
from tests.integration import awaited_runs
from tests.integration.deployment import PROJECT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    environ = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    found = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    return replace(found, state_dir=tmp_path)


def test_started_server_is_found_listens_on_loopback_only_and_leaves_nothing(settings: Settings):
    started = server.start(settings, port=server.free_port(), announce=print)
    try:
        family = [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]
        listening = {
            connection.laddr.ip
            for process in family
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
        endpoint = find_endpoint(settings)
        assert endpoint is not None
        assert endpoint.url == started.endpoint_url
        with pytest.raises(ConfigurationError, match="already running"):
            server.start(settings, port=server.free_port(), announce=print)
    finally:
        server.stop(settings, started)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
    assert server.running_server(settings) is None


def test_second_server_that_starts_and_stops_does_not_affect_the_first(endpoint_url: str, settings: Settings):
    namespace = f"beside-{secrets.token_hex(4)}"
    cloudwatch = boto3.Session("test", "test", region_name="us-east-1").client("cloudwatch", endpoint_url=endpoint_url)
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "before", "Value": 1.0}])

    server.stop(settings, server.start(settings, port=server.free_port(), announce=print))

    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "after", "Value": 1.0}])
    found = cloudwatch.list_metrics(Namespace=namespace)["Metrics"]
    assert {metric["MetricName"] for metric in found} == {"before", "after"}


def test_state_machine_waits_for_job_runs(endpoint_url: str):
    session = boto3.Session("test", "test", region_name="us-east-1")
    awaited_runs.check(
        lambda service: session.client(service, endpoint_url=endpoint_url), f"awaited-{secrets.token_hex(4)}"
    )


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_pages_of_a_listing_hold_each_key_once(endpoint_url: str, operation: str):
    name, keys = f"listing-{secrets.token_hex(4)}", ["a b/1", "a b/2", "day=1/x", "day=2/x", "day=3/x"]
    session = boto3.Session("test", "test", region_name="us-east-1")
    s3 = session.client("s3", endpoint_url=endpoint_url)
    s3.create_bucket(Bucket=name)
    try:
        for key in keys:
            s3.put_object(Bucket=name, Key=key, Body=b"x")
        pages = s3.get_paginator(operation).paginate(Bucket=name, PaginationConfig={"PageSize": 2, "MaxItems": 20})
        assert [item["Key"] for page in pages for item in page["Contents"]] == keys
    finally:
        s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": key} for key in keys]})
        s3.delete_bucket(Bucket=name)
