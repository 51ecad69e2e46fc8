"""The state that a release left behind plans against the configuration as it is now, and loses nothing.

`states/` holds what `terraform apply` wrote for the environment `localstack` of each release, without data sources.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.terraform.conftest import copy_of_root, plan_upgrade
from tests.terraform.test_readme_examples import INFRA, example

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform

STATES = sorted((Path(__file__).parent / "states").glob("*.localstack.json"))

# What holds data, or whatever data is encrypted with.
HOLDS_DATA = {"aws_glue_catalog_database", "aws_glue_catalog_table", "aws_kms_key", "aws_s3_bucket"}


@pytest.fixture(scope="module", params=STATES, ids=lambda state: state.name.removesuffix(".localstack.json"))
def changes(
    request: pytest.FixtureRequest,
    planning: Terraform,
    initialised_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[dict[str, Any]]:
    """What an upgrade from a release would change."""
    folder = copy_of_root(initialised_root, tmp_path_factory.mktemp("upgrade"))
    plan = plan_upgrade(planning, folder, request.param, initialised=initialised_root)
    found: list[dict[str, Any]] = plan["resource_changes"]
    return found


def test_upgrade_destroys_and_replaces_nothing(changes: list[dict[str, Any]]) -> None:
    lost = [change["address"] for change in changes if "delete" in change["change"]["actions"]]
    assert lost == []


def test_upgrade_keeps_everything_that_holds_data(changes: list[dict[str, Any]]) -> None:
    kept = {
        change["type"]
        for change in changes
        if change["type"] in HOLDS_DATA and change["change"]["actions"] in (["no-op"], ["update"])
    }
    assert {"aws_glue_catalog_database", "aws_kms_key", "aws_s3_bucket"} <= kept


def test_upgrade_moves_what_became_one_of_several(changes: list[dict[str, Any]]) -> None:
    moved = {change["previous_address"]: change["address"] for change in changes if "previous_address" in change}
    assert moved["module.glue_job.aws_glue_job.this"] == 'module.glue_job["vehicle_sightings"].aws_glue_job.this'
    assert (
        moved["module.glue_catalog.aws_glue_crawler.this"]
        == 'module.glue_catalog.aws_glue_crawler.this["vehicle_sightings"]'
    )


def test_number_of_resources_is_the_one_that_the_documentation_names(changes: list[dict[str, Any]]) -> None:
    after = [
        change for change in changes if change["mode"] == "managed" and "delete" not in change["change"]["actions"]
    ]
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "infrastructure.md").read_text("utf-8")
    assert f"The environment `localstack` has {len(after)} resources" in page


def test_job_gets_its_environment_and_the_limit_of_the_alarm(changes: list[dict[str, Any]]) -> None:
    after = {change["address"]: change["change"]["after"] for change in changes}
    arguments = after['module.glue_job["vehicle_sightings"].aws_glue_job.this']["default_arguments"]
    alarm = after['module.alerting[0].aws_cloudwatch_metric_alarm.this["vehicle_sightings/quarantine-share"]']
    assert arguments["--environment"] == "localstack"
    assert float(arguments["--quarantine_share_limit"]) == alarm["threshold"]


def test_key_is_not_destroyed_before_a_bucket_that_may_have_objects(everything: dict[str, Any]) -> None:
    """A destroy that fails at such a bucket would otherwise leave it with a key that ends."""
    lake = everything["configuration"]["root_module"]["module_calls"]["data_lake"]["module"]["resources"]
    (bucket,) = (each for each in lake if each["address"] == "aws_s3_bucket.this")
    assert set(bucket["depends_on"]) == {"aws_kms_key.this", "var.key"}


def test_endpoints_leave_a_subnet_before_it_is_destroyed(
    planning: Terraform, initialised_root: Path, tmp_path: Path
) -> None:
    """AWS refuses to delete it before. Terraform orders a zone that is removed like one that is replaced."""
    (tmp_path / "modules").symlink_to(INFRA / "modules", target_is_directory=True)
    region = 'provider "aws" {\n  region = "eu-central-1"\n}\n'
    (tmp_path / "main.tf").write_text(region + example("private-network", "Minimal")["code"])
    subnet = {"id": "subnet-0", "availability_zone": "eu-central-1a", "cidr_block": "10.20.1.0/25", "vpc_id": "vpc-0"}
    deployed = {
        "module": "module.network",
        "mode": "managed",
        "type": "aws_subnet",
        "name": "this",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"index_key": "eu-central-1a", "schema_version": 1, "attributes": subnet}],
    }
    (tmp_path / "terraform.tfstate").write_text(json.dumps({"version": 4, "serial": 1, "resources": [deployed]}))
    planning.prepare(tmp_path, initialised_root)
    planning.offline(tmp_path, "plan", "-refresh=false", "-out=zone.tfplan")
    plan = json.loads(planning.offline(tmp_path, "show", "-json", "zone.tfplan"))
    (zone,) = (
        change
        for change in plan["resource_changes"]
        if change.get("index") == "eu-central-1a" and change["type"] == "aws_subnet"
    )
    assert zone["change"]["actions"] == ["create", "delete"]
