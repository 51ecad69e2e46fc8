"""A plan is applied in its own account, and the next review reports a failed apply."""

import json
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from quartal.cli.app import run as quartal
from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.terraform.account import planned_account, refuse_another_account
from quartal.terraform.failed_apply import read_failed_apply
from quartal.terraform.saved_plan import ReviewRecord, read_record
from quartal.terraform.working_copy import staged_root

IDENTITY = {"mode": "data", "type": "aws_caller_identity", "values": {"account_id": "111111111111"}}
RECORD = ReviewRecord("", "", "now", "1 to create", "apply", "note", False, (), "111111111111", "eu-central-1")


def make_sts(account: str):
    """STS as it answers to credentials of this account."""
    sts = boto3.client("sts", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    stubber = Stubber(sts)
    stubber.add_response("get_caller_identity", {"Account": account}, {})
    stubber.activate()
    return sts


def test_plan_of_another_account_is_not_applied():
    with pytest.raises(ConfigurationError, match=r"111111111111.*222222222222") as error:
        refuse_another_account(make_sts("222222222222"), RECORD)
    assert "Nothing was applied" in error.value.remedy


@pytest.mark.parametrize(
    "record", [RECORD, replace(RECORD, account="")], ids=["of this account", "of no known account"]
)
def test_plan_of_this_account_is_applied(record):
    refuse_another_account(make_sts("111111111111"), record)


@pytest.mark.parametrize(
    "module",
    [
        pytest.param({"resources": [IDENTITY]}, id="in the root"),
        pytest.param({"child_modules": [{"resources": [{"type": "x"}, IDENTITY]}]}, id="in a module"),
    ],
)
def test_account_is_the_one_that_aws_returned_during_the_plan(module):
    assert planned_account({"prior_state": {"values": {"root_module": module}}}) == "111111111111"
    assert planned_account({}) == ""


def test_account_and_region_of_a_plan_are_recorded(stand_in, project):
    plan = json.loads((stand_in / "plan.json").read_text())
    plan["prior_state"] = {"values": {"root_module": {"resources": [IDENTITY]}}}
    (stand_in / "plan.json").write_text(json.dumps(plan))
    assert quartal(["plan", "--no-policies"]) == 0
    record = read_record(staged_root(Settings.from_env({}, environment="dev", cwd=project)))
    assert record is not None
    assert (record.account, record.region) == ("111111111111", "us-east-1")


# ------------------------------------------------------------------ an apply that failed


def event(kind: str, address: str) -> str:
    hook = {"resource": {"addr": address}, "action": "create", "elapsed_seconds": 1}
    return json.dumps({"type": kind, "@message": "", "hook": hook})


def test_next_review_reports_a_failed_apply_until_one_succeeds(stand_in, project, capsys):
    program = stand_in / "terraform"
    whole = program.read_text()
    lines = [event("apply_start", "a.x"), event("apply_complete", "a.x"), event("apply_start", "a.y")]
    assert quartal(["plan", "--no-policies"]) == 0
    (stand_in / "said").write_text("\n".join(lines))
    program.write_text(whole.replace("\napply)\n", '\napply)\n    cat "$here/said"\n    exit 1\n'))
    assert quartal(["apply"]) == 1
    staged = staged_root(Settings.from_env({}, environment="dev", cwd=project))
    failed = read_failed_apply(staged)
    assert failed is not None
    assert (failed.done, failed.begun) == (("a.x",), ("a.y",))
    program.write_text(whole)
    capsys.readouterr()
    assert quartal(["plan", "--no-policies"]) == 0
    text = capsys.readouterr().out
    assert "Left by the failed apply" in text
    assert "completed: a.x" in text
    assert "started, but completed in part or not at all: a.y" in text
    assert quartal(["apply"]) == 0
    assert read_failed_apply(staged) is None
