"""A local AWS on which another checkout has deployed under the same names is left as it is."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from quartal.cli.app import run as quartal
from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError
from quartal.local.local_aws.endpoint import Endpoint
from quartal.terraform.local_deployment import begin_apply, check_deployed, check_plan, end_apply
from quartal.terraform.outputs import Deployment
from quartal.terraform.working_copy import StagedRoot
from quartal.workspace import Workspace
from tests.unit.plan_review.resource_changes import change
from tests.unit.quartal.conftest import write_plan

FOUND = Endpoint("http://127.0.0.1:4566", "already running")
OWN = Endpoint("http://127.0.0.1:4566", "started by Quartal (pid 7)", 7)
NAMED = Endpoint("http://127.0.0.1:9000", "AWS_ENDPOINT_URL", is_named=True)
CONNECTION = AwsConnection("us-east-1", None, "test", "test")
NAME = {"name": "ours"}
DATABASE, WORKFLOW, KEY = "aws_glue_catalog_database", "aws_glue_workflow", "aws_kms_key"
CREATED = (change(KEY, None, {}), change(DATABASE, None, NAME), change(WORKFLOW, None, NAME))


@pytest.fixture
def glue() -> Iterator[Any]:
    """A local AWS with nothing on it."""
    with mock_aws():
        yield CONNECTION.glue()


@pytest.fixture
def deployed(glue) -> Any:
    """The same, with what somebody has deployed there."""
    glue.create_database(DatabaseInput={"Name": "ours"})
    glue.create_workflow(Name="ours")
    return glue


@pytest.fixture
def staged(tmp_path) -> StagedRoot:
    return StagedRoot(tmp_path, "x.tfvars", (), tmp_path / "localstack.tfplan")


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"resource_changes": list(changes)}


def refused(planned: dict[str, Any], staged: StagedRoot, endpoint: Endpoint = FOUND) -> ConfigurationError:
    with pytest.raises(ConfigurationError, match=r"Nothing was changed\.$") as error:
        check_plan(planned, endpoint, staged, CONNECTION)
    return error.value


def deployment_with(key_arn: str | None) -> Deployment:
    names = dict.fromkeys(("lake_bucket", "raw_prefix", "database", "crawler", "job", "workflow"), "ours")
    return Deployment("us-east-1", dataset="vehicle_sightings", schedule="", log_groups={}, key_arn=key_arn, **names)


def new_key() -> str:
    return CONNECTION.kms().create_key()["KeyMetadata"]["Arn"]


def commands(stand_in: Path) -> list[str]:
    return (stand_in / "log").read_text().split()


def test_apply_on_the_local_aws_of_another_checkout_is_refused_before_it_begins(
    stand_in, monkeypatch, deployed, capsys
):
    monkeypatch.setenv("QUARTAL_ENV", "localstack")
    monkeypatch.setattr(Workspace, "endpoint", FOUND)
    monkeypatch.setattr(Workspace, "account_connection", lambda *_: CONNECTION)
    write_plan(stand_in, *CREATED)
    assert quartal(["apply", "--no-policies"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert (
        "The local AWS at http://127.0.0.1:4566 (already running) has the Glue database ours, workflow ours already, "
        "and this checkout did not deploy that. Nothing was changed." in told
    )
    assert "use another: `quartal localstack start --port 0`" in told
    assert "apply" not in commands(stand_in)

    deployed.delete_database(Name="ours")
    deployed.delete_workflow(Name="ours")
    assert quartal(["plan", "--no-policies"]) == 0
    deployed.create_database(DatabaseInput={"Name": "ours"})  # by the other checkout, before the apply of this one
    assert quartal(["apply", "--no-policies"]) == 2
    assert "apply" not in commands(stand_in)
    deployed.delete_database(Name="ours")
    assert quartal(["apply", "--no-policies"]) == 0
    assert "apply" in commands(stand_in)


def test_deployment_whose_key_is_that_of_the_state_is_this_checkouts(deployed, staged):
    check_plan(plan(change(KEY, {}, {}), change(DATABASE, NAME, NAME), *CREATED[2:]), FOUND, staged, CONNECTION)
    check_plan(plan(change(KEY, {}, None), change(DATABASE, NAME, None)), FOUND, staged, CONNECTION)


@pytest.mark.parametrize("after", [NAME, None], ids=["apply", "destroy"])
def test_state_of_a_local_aws_that_is_gone_does_not_reach_the_deployment_of_another(deployed, staged, after):
    remade = (change(KEY, None, {}),) if after else ()
    refused(plan(*remade, change("aws_kms_alias", {}, after), change(DATABASE, NAME, after)), staged)


def test_deployment_with_a_key_of_somebody_elses_is_refused_only_where_it_is_made_again(deployed, staged):
    check_plan(plan(change(DATABASE, NAME, NAME)), FOUND, staged, CONNECTION)
    refused(plan(change(DATABASE, NAME, NAME), change(WORKFLOW, None, NAME)), staged)


def test_apply_that_was_killed_is_taken_up_on_the_same_local_aws(glue, staged):
    check_plan(plan(*CREATED), OWN, staged, CONNECTION)
    begin_apply(OWN, staged, CONNECTION)
    glue.create_database(DatabaseInput={"Name": "ours"})  # and killed before the state was written
    for _ in range(2):
        check_plan(plan(*CREATED), OWN, staged, CONNECTION)
        begin_apply(OWN, staged, CONNECTION)
    restarted = Endpoint(OWN.url, "started by Quartal (pid 8)", 8)
    refused(plan(*CREATED), staged, restarted)
    refused(plan(*CREATED), staged, NAMED)


def test_apply_that_is_complete_says_nothing_of_what_comes_later(glue, staged):
    check_plan(plan(*CREATED), FOUND, staged, CONNECTION)
    begin_apply(FOUND, staged, CONNECTION)
    end_apply(staged)
    glue.create_workflow(Name="ours")
    refused(plan(*CREATED), staged)


def test_plan_for_another_local_aws_is_not_applied(deployed, staged):
    check_plan(plan(change(KEY, {}, {}), change(DATABASE, NAME, NAME)), OWN, staged, CONNECTION)
    with pytest.raises(ConfigurationError, match=r"made for the local AWS at http://127.0.0.1:4566, not for .*:9000"):
        begin_apply(NAMED, staged, CONNECTION)
    begin_apply(OWN, staged, CONNECTION)


def test_what_is_imported_is_this_checkouts(deployed, staged):
    imported = change(DATABASE, NAME, NAME)
    imported["change"]["importing"] = {"id": "ours"}
    check_plan(plan(change(KEY, None, {}), imported), FOUND, staged, CONNECTION)


@pytest.mark.parametrize(
    ("endpoint", "remedy"),
    [(OWN, "`quartal localstack stop`, then"), (NAMED, "unset AWS_ENDPOINT_URL, then `quartal localstack start")],
)
def test_remedy_fits_how_the_local_aws_was_found(deployed, staged, endpoint, remedy):
    assert remedy in refused(plan(*CREATED), staged, endpoint).remedy


@pytest.mark.parametrize("text", ["", "[]", '{"url": 1}', json.dumps({"absent": 3, "url": "", "has_begun": True})])
def test_note_that_cannot_be_read_is_none(glue, staged, text):
    staged.plan_file.with_suffix(".local-aws.json").write_text(text)
    check_plan(plan(*CREATED), FOUND, staged, CONNECTION)
    begin_apply(FOUND, staged, CONNECTION)


_CONTRACT = Path(__file__).parents[3] / "data/contracts/vehicle_sightings.yaml"
_OTHERS_KEY = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
_READ = (
    ["run"],
    ["status"],
    ["explain"],
    ["history"],
    ["logs"],
    ["upload", "--remove", "rows.csv", "--delivery", "2024Q1"],
    ["ingest", "sqlite:///rows.db", "--table", "sightings", "--delivery", "2024Q1"],
    ["deliveries"],
    ["query", "select 1"],
    ["tags"],
    ["diff", "2024Q1", "2024Q2"],
    ["export", "--out", "out", "--tag", "2024Q1"],
    ["quarantine"],
    ["maintenance"],
    ["report"],
    ["cost"],
    ["drift"],
    ["contract", "init", "--glue-table", "ours.rows"],
)


@pytest.mark.parametrize("command", _READ, ids=" ".join)
def test_command_that_reads_or_writes_a_deployment_of_another_checkout_is_refused(
    stand_in, monkeypatch, deployed, capsys, command
):
    monkeypatch.setenv("QUARTAL_ENV", "localstack")
    monkeypatch.setattr(Workspace, "endpoint", FOUND)
    monkeypatch.setattr(Workspace, "deployment", deployment_with(_OTHERS_KEY))
    monkeypatch.setattr(Workspace, "account_connection", lambda *_: CONNECTION)
    shutil.copy(_CONTRACT, "data/contracts")
    with sqlite3.connect("rows.db") as rows:
        rows.execute("create table sightings (sighting_id text primary key, brand text, date text, time text)")
    Path(".quartal/terraform/localstack/infra").mkdir(parents=True)
    assert quartal(command) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "has the Glue database ours, workflow ours already, and this checkout did not deploy that." in told
    assert "use another: `quartal localstack start --port 0`" in told


def test_deployment_whose_key_the_local_aws_has_is_this_checkouts(deployed, staged):
    check_deployed(deployment_with(new_key()), FOUND, staged, CONNECTION)


def test_deployment_that_the_local_aws_has_lost_is_left_to_the_command_that_looks_for_it(glue, staged):
    check_deployed(deployment_with(_OTHERS_KEY), FOUND, staged, CONNECTION)


def test_deployment_in_the_midst_of_an_apply_of_this_checkout_is_its_own(glue, staged):
    check_plan(plan(*CREATED), OWN, staged, CONNECTION)
    begin_apply(OWN, staged, CONNECTION)
    glue.create_database(DatabaseInput={"Name": "ours"})
    check_deployed(deployment_with(_OTHERS_KEY), OWN, staged, CONNECTION)
    with pytest.raises(ConfigurationError):
        check_deployed(deployment_with(_OTHERS_KEY), NAMED, staged, CONNECTION)


def test_removal_that_keeps_the_data_looks_for_the_key_of_the_state(deployed, staged):
    """Its plan has neither the key nor its alias, which stay."""

    def of(arn: str) -> dict[str, Any]:
        key = {"mode": "managed", "type": KEY, "values": {"arn": arn}}
        module = {"child_modules": [{"resources": [key]}]}
        return plan(change(WORKFLOW, NAME, None)) | {"prior_state": {"values": {"root_module": module}}}

    check_plan(of(new_key()), FOUND, staged, CONNECTION)
    refused(of(_OTHERS_KEY), staged)
