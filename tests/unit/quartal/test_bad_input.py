"""What users get wrong with an environment: each mistake ends in one message that names it, and in a remedy.

The diagnostics about variables and contracts are Terraform's own words, which tests/terraform/test_mistakes.py
compares. The lock's are those of Terraform 1.11; those for expired and missing credentials are AWS's as documented.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from quartal.cli.app import run as quartal
from quartal.core.errors import TerraformError
from quartal.core.settings import Settings
from quartal.terraform.program import Terraform
from quartal.terraform.remedies import explain
from quartal.terraform.working_copy import stage, staged_root
from tests.unit.quartal.mistakes import MISTAKES

LOCK = """Error message: operation error S3: PutObject, StatusCode: 412, RequestID: 4442587FB7D0A2F9,
HostID: vlR7PnpV2Ce81l0PRw6jl=, api error PreconditionFailed: it is there
Lock Info:
  ID:        12345678-aaaa-bbbb-cccc-1234567890ab
  Path:      quartal/dev
  Operation: OperationTypeApply
  Who:       somebody@elsewhere
  Version:   1.11.4
  Created:   2026-11-23 22:00:00.123 +0000 UTC"""

FAILURES = [
    *(
        pytest.param((mistake.summary, mistake.detail), mistake.message, mistake.remedy, 2, id=mistake.name)
        for mistake in MISTAKES
    ),
    pytest.param(
        ("Error acquiring the state lock", LOCK),
        "locked by somebody@elsewhere, since 2026-11-23 22:00:00",
        "terraform force-unlock 12345678-aaaa-bbbb-cccc-1234567890ab",
        1,
        id="state locked by another",
    ),
    pytest.param(
        ("Error acquiring the state lock", "Error message: resource temporarily unavailable"),
        "locked by ?",
        "Wait for them",
        1,
        id="state locked by somebody unknown",
    ),
    pytest.param(
        ("Error acquiring the state lock", "Error message: reset by peer"),
        "does not say by whom",
        "run the command again",
        1,
        id="state that cannot be locked",
    ),
    pytest.param(
        ("AWS account ID not allowed: 111122223333", "with provider"),
        "credentials are of account 111122223333",
        "write 111122223333 into provider_settings.allowed_account_ids in infra/environments/localstack.tfvars",
        2,
        id="another account",
    ),
    pytest.param(
        ("Retrieving AWS account details", "api error ExpiredToken: The security token in the request is expired"),
        "credentials have expired",
        "Sign in again",
        1,
        id="expired credentials",
    ),
    pytest.param(
        ("No valid credential sources found", "Please see the documentation."),
        "no AWS credentials",
        "AWS_PROFILE",
        1,
        id="no credentials",
    ),
    pytest.param(
        ("Failed to query available provider packages", "hashicorp/aws was not found in any of the search locations"),
        "AWS provider is not available",
        "quartal doctor",
        2,
        id="provider mirror that lacks the provider",
    ),
    pytest.param(
        ("Saved plan is stale", "The given plan file can no longer be applied because the state was changed."),
        "state has changed since this plan was reviewed",
        "quartal plan",
        1,
        id="stale plan",
    ),
]


def terraform_that_prints(settings: Settings, folder: Path, summary: str, detail: str) -> Terraform:
    """A program in Terraform's place, which fails with this diagnostic as `-json` prints it."""
    event = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary, "detail": detail}}
    program = folder / "terraform"
    program.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(event))})\nraise SystemExit(1)\n")
    program.chmod(0o755)
    return Terraform(program, stage(settings), {})


@pytest.mark.skipif(sys.platform == "win32", reason="the program in Terraform's place is a script")
@pytest.mark.parametrize(("diagnostic", "message", "remedy", "code"), FAILURES)
def test_mistake_ends_in_one_message_its_remedy_and_its_exit_code(
    settings, tmp_path, diagnostic, message, remedy, code
):
    terraform = terraform_that_prints(settings, tmp_path, *diagnostic)
    with pytest.raises(TerraformError) as error:
        terraform.plan(lambda _: None)
    assert message in "\n".join((error.value.message, *error.value.details))
    assert remedy in error.value.remedy
    assert "failed." not in error.value.message
    assert error.value.exit_code == code


@pytest.mark.skipif(sys.platform == "win32", reason="the program in Terraform's place is a script")
def test_locked_state_is_unlocked_where_terraform_runs(settings, tmp_path):
    with pytest.raises(TerraformError) as error:
        terraform_that_prints(settings, tmp_path, "Error acquiring the state lock", LOCK).plan(lambda _: None)
    assert f"in {staged_root(settings).folder}" in error.value.remedy


@pytest.mark.parametrize("code", ["EntityAlreadyExists: Role with name made exists", "BucketAlreadyOwnedByYou: yours"])
def test_resources_of_a_killed_apply_are_listed_with_import_blocks(code):
    told = explain(
        f"creating IAM Role (made): operation error IAM: CreateRole, StatusCode: 409, RequestID: 9, {code}. "
        '(module.glue_job["feed"].aws_iam_role.job, modules/glue-job/iam.tf:38)\n'
        "creating S3 Bucket (other): BucketAlreadyExists (module.lake.aws_s3_bucket.this, modules/data-lake/main.tf:9)",
        variables="infra/environments/dev.tfvars",
        folder="/work",
    )
    assert told is not None
    address = 'module.glue_job["feed"].aws_iam_role.job'
    assert told.message == f"{address} already exists, as made, but is not in the state."
    assert f'in infra/import.tf, with `to = {address}` and `id = "made"`' in told.remedy
    assert not told.is_configuration
    assert explain(f"unheard of: {code}", variables="v", folder="/work") is None


@pytest.mark.skipif(sys.platform == "win32", reason="the program in Terraform's place is a script")
def test_unknown_failure_keeps_terraforms_message(settings, tmp_path):
    with pytest.raises(TerraformError, match="terraform plan failed") as error:
        terraform_that_prints(settings, tmp_path, "Strange", "thing").plan(lambda _: None)
    assert error.value.details == ("Strange", "thing")


@pytest.mark.skipif(sys.platform == "win32", reason="the program in Terraform's place is a script")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_terraform_is_reported_as_killed(settings, tmp_path, number):
    program = tmp_path / "terraform"
    program.write_text(f"#!{sys.executable}\nimport os\nos.kill(os.getpid(), {int(number)})\n")
    program.chmod(0o755)
    terraform = Terraform(program, stage(settings), {})
    with pytest.raises(
        TerraformError, match=f"terraform plan was ended by another program, with {number.name}"
    ) as error:
        terraform.plan(lambda _: None)
    assert "`quartal plan`" in error.value.remedy


@pytest.mark.parametrize(
    ("arguments", "environ", "message", "remedy"),
    [
        pytest.param(["plan", "-e", "nowhere"], {}, "no environment 'nowhere'", "localstack", id="wrong environment"),
        pytest.param(
            ["plan"],
            {"QUARTAL_TERRAFORM_MIRROR": "/nowhere", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            "AWS_ENDPOINT_URL",
            "LocalStack",
            id="endpoint that does not answer",
        ),
        pytest.param(["doctor"], {"QUARTAL_TERRAFORM_MIRROR": "/nowhere"}, "/nowhere holds no", "mirror", id="mirror"),
        pytest.param(["plan", "--out", "review.pdf"], {}, "review.pdf", ".html, .json", id="a form nobody knows"),
        pytest.param(["plan", "--approve", "data"], {}, "No such option", "", id="an option of apply"),
        pytest.param(["apply", "--approve", "everything"], {}, "everything", "data", id="no such level"),
        pytest.param(
            ["cost", "mars-north-1"], {}, "no prices for mars-north-1", "--refresh", id="region without prices"
        ),
        pytest.param(["cost", "--refresh"], {}, "--refresh needs a region", "eu-central-1", id="prices of no region"),
        pytest.param(["bootstrap"], {}, "needs no bucket", "s3.tfbackend", id="bootstrap of a local state"),
    ],
)
def test_mistake_on_the_command_line_ends_with_2(project, monkeypatch, capsys, arguments, environ, message, remedy):
    for name in ("AWS_ENDPOINT_URL", "QUARTAL_ENV", "QUARTAL_STATE_DIR", "QUARTAL_TERRAFORM_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOCALSTACK_HOST", "127.0.0.1:9")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    assert quartal(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err + printed.out
    assert remedy in printed.err + printed.out
    assert "Traceback" not in printed.err


def test_environment_of_its_own_names_its_own_file(settings, tmp_path, project):
    (project / "infra/environments/staging.tfvars").touch()
    terraform = terraform_that_prints(
        replace(settings, environment="staging"), tmp_path, "Invalid value for variable", "It is wrong."
    )
    with pytest.raises(TerraformError) as error:
        terraform.plan(lambda _: None)
    assert "infra/environments/staging.tfvars" in error.value.remedy


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["destroy", "--env", "", "--auto-approve"], "--env"),
        (["destroy", "--env=", "--auto-approve"], "--env"),
        (["run", "--withdraw", ""], "--withdraw"),
        (["run", "-d", " "], "-d"),
        (["query", "select 1", "--as-of", ""], "--as-of"),
        (["tag", "model-7", "--as-of="], "--as-of"),
        (["upload", "", "--delivery", "2024Q1"], "An argument"),
        (["explain", ""], "An argument"),
        (["export", "--tag", "2024Q1", "--out", ""], "--out"),
        (["status", "--json", "--dataset", ""], "--dataset"),
    ],
    ids=lambda part: part if isinstance(part, str) else " ".join(part),
)
def test_empty_argument_is_no_default(arguments, named, capsys):
    assert quartal(arguments) == 2
    told = capsys.readouterr()
    assert f"{named} is empty. Nothing was done." in (told.out if "--json" in arguments else told.err)


def test_program_that_is_not_there_is_named(stand_in, capsys):
    assert quartal(["toolchain", "exec", "no-such-program", "--version"]) == 2
    assert "Cannot start no-such-program: No such file or directory." in " ".join(capsys.readouterr().err.split())


def test_empty_argument_of_another_program_is_its_own(stand_in, capfd):
    assert quartal(["toolchain", "exec", sys.executable, "-c", "import sys; print(sys.argv[1:])", ""]) == 0
    assert capfd.readouterr().out.strip() == "['']"
