"""The state that a release left behind plans against the configuration as it is now, and loses nothing.

`states/` holds what `terraform apply` wrote for the environment `localstack` of each release, without data sources.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.terraform.conftest import copy_of_root, plan_upgrade

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
