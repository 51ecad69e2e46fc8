"""Makes the plans of plans/ anew with real Terraform: `python make_plans.py [NAME ...]`.

Needs terraform on PATH (TF_CLI_CONFIG_FILE says where the provider is), and a LocalStack at AWS_ENDPOINT_URL that holds
nothing of an earlier run. Every scenario applies the configuration, changes something, and plans. What the review does
not read (schemas, prior state, planned values) is cut off. Beside each plan lies what Terraform itself prints of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import boto3

HERE = Path(__file__).parent
CONFIGURATIONS = HERE / "configurations"
READ = ("format_version", "terraform_version", "resource_changes", "resource_drift", "output_changes", "checks",
        "errored", "complete")  # fmt: skip


def _disable_versioning_and_retention() -> None:
    boto3.client("s3").put_bucket_versioning(Bucket="review-lake", VersioningConfiguration={"Status": "Suspended"})
    boto3.client("logs").put_retention_policy(logGroupName="/aws-glue/jobs/review", retentionInDays=365)


def _make_bucket() -> None:
    boto3.client("s3").create_bucket(Bucket="review-archive")


@dataclass(frozen=True)
class Scenario:
    """What differs from the configuration: variables, replaced text, files added, what happens outside Terraform."""

    variables: dict[str, object] = field(default_factory=dict)
    replace: dict[str, str] = field(default_factory=dict)
    add: str = ""
    outside: Callable[[], None] | None = None
    options: tuple[str, ...] = ()
    from_nothing: bool = False


SCENARIOS = {
    "create": Scenario(from_nothing=True),
    "unchanged": Scenario(),
    "update": Scenario(
        variables={
            "workers": {"count": 10, "type": "G.2X"},
            "cron": "cron(0 3 1 2,5,8,11 ? *)",
            "retention_days": 7,
        },
        replace={'output "job" {\n  value = aws_glue_job.features.name\n}': 'output "workers" {\n  value = 10\n}'},
    ),
    "access": Scenario(
        variables={"readable": ["raw/*", "features/*"]},
        add="""
resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.job.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_s3_bucket_policy" "open" {
  bucket = module.lake.bucket
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Principal = "*", Resource = "arn:aws:s3:::review-lake/*" }
    ]
  })
}
""",
    ),
    "replace": Scenario(variables={"name": "review-store"}),
    "replace-create-first": Scenario(
        replace={'"review-job"': '"review-features-job"\n  lifecycle {\n    create_before_destroy = true\n  }'}
    ),
    "destroy": Scenario(options=("-destroy",)),
    "move-import-forget": Scenario(
        replace={
            'resource "aws_glue_trigger" "start"': "moved {\n  from = aws_glue_trigger.start\n"
            '  to   = aws_glue_trigger.quarterly\n}\n\nresource "aws_glue_trigger" "quarterly"',
            'resource "aws_cloudwatch_log_group" "job" {\n  name              = "/aws-glue/jobs/review"\n'
            "  retention_in_days = var.retention_days\n}": "removed {\n  from = aws_cloudwatch_log_group.job\n"
            "  lifecycle {\n    destroy = false\n  }\n}",
        },
        add="""
import {
  to = aws_s3_bucket.archive
  id = "review-archive"
}

resource "aws_s3_bucket" "archive" {
  bucket = "review-archive"
}
""",
        outside=_make_bucket,
    ),
    "drift": Scenario(outside=_disable_versioning_and_retention),
    "sensitive": Scenario(
        variables={"arguments": {"--token": "second-secret", "--password": "third-secret"}},
        add="""
resource "aws_glue_connection" "source" {
  name = "review-source"
  connection_properties = {
    JDBC_CONNECTION_URL = "jdbc:postgresql://localhost/feed"
    USERNAME            = "reader"
    PASSWORD            = "fourth-secret"
  }
}

resource "aws_secretsmanager_secret" "token" {
  name = "review-token"
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id     = aws_secretsmanager_secret.token.id
  secret_string = "fifth-secret"
}

output "token" {
  value     = "sixth-secret"
  sensitive = true
}
""",
    ),
    "failed-check": Scenario(
        add="""
check "enough_workers" {
  assert {
    condition     = var.workers.count >= 10
    error_message = "A quarter needs at least 10 workers."
  }
}
"""
    ),
}


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for name in names or list(SCENARIOS):
            _make(name, SCENARIOS[name], Path(scratch))


def _make(name: str, scenario: Scenario, scratch: Path) -> None:
    folder = scratch / "root"
    if not folder.exists():
        shutil.copytree(CONFIGURATIONS, folder)
        _terraform(folder, "init", "-input=false")
    root = folder / "root.tf"
    if scenario.from_nothing:
        (folder / "terraform.tfstate").unlink(missing_ok=True)
    else:
        root.write_text((CONFIGURATIONS / "root.tf").read_text())
        _terraform(folder, "apply", "-auto-approve", "-input=false")
    text = root.read_text()
    for old, new in scenario.replace.items():
        assert old in text, f"{name}: {old}"
        text = text.replace(old, new)
    root.write_text(text + scenario.add)
    (folder / "review.auto.tfvars.json").write_text(json.dumps(scenario.variables))
    if scenario.outside is not None:
        scenario.outside()
    _terraform(folder, "plan", "-input=false", "-out=plan", *scenario.options)
    shown = json.loads(_terraform(folder, "show", "-json", "plan"))
    (HERE / "plans" / f"{name}.terraform.txt").write_text(_terraform(folder, "show", "-no-color", "plan"))
    (folder / "review.auto.tfvars.json").unlink()
    plan = {key: shown[key] for key in READ if key in shown}
    plan["configuration"] = {"root_module": _references_only(shown["configuration"]["root_module"])}
    for entry in plan["resource_changes"]:
        entry.pop("provider_name", None)
    (HERE / "plans" / f"{name}.json").write_text(json.dumps(plan, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{name}\n")


def _references_only(value: object) -> object:
    if isinstance(value, dict):
        dropped = {"provider_config_key", "schema_version", "constant_value", "variables", "outputs", "source"}
        return {key: _references_only(entry) for key, entry in value.items() if key not in dropped}
    return [_references_only(entry) for entry in value] if isinstance(value, list) else value


def _terraform(folder: Path, *arguments: str) -> str:
    environ = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "TF_IN_AUTOMATION": "1"}
    done = subprocess.run(
        ["terraform", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"terraform {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
