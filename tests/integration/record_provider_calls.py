"""Writes down what the AWS provider asks of AWS, by resource type: `python -m tests.integration.record_provider_calls`.

It deploys everything that the root module can make on LocalStack, changes it, and destroys it again, and reads the
provider's own log. `tests/terraform/test_deployer.py` compares what the module `deployer` grants with the result, so
this runs again whenever a resource type or the provider's version changes. Takes some minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3

from quartal.core.console import Console
from quartal.core.errors import QuartalError
from quartal.core.settings import Settings
from quartal.deploy import change
from quartal.local.local_aws import server
from quartal.workspace import Workspace

PROJECT = Path(__file__).parents[2]
LOG = PROJECT / ".quartal" / "provider.log"
RECORD = PROJECT / "tests" / "terraform" / "provider_calls.json"

EVERYTHING: dict[str, Any] = {
    "alerting": {"budget_usd": 100, "emails": ["data-team@example.com"]},
    "athena": {"scan_limit_gib": 1},
    "encrypt_account_catalog": True,
    "lake": {
        "access_log": {},
        "force_destroy": True,
        "key_deletion_window_days": 7,
        "lifecycle_rules": {"tmp": {"prefix": "tmp/", "expiration_days": 3}},
    },
    "private_network": {
        "cidr_block": "10.20.0.0/24",
        "subnets": {"us-east-1a": "10.20.0.0/25", "us-east-1b": "10.20.0.128/25"},
    },
    "quicksight": {"readers": ["arn:aws:quicksight:us-east-1:123456789012:group/default/analysts"]},
    "readers": {"trusted_principals": ["arn:aws:iam::123456789012:root"]},
}
# As somebody would change it: each resource is updated, and tagged and untagged.
CHANGED: dict[str, Any] = EVERYTHING | {
    "alerting": {"budget_usd": 200, "emails": ["data-team@example.com"], "job_states": ["FAILED"]},
    "athena": {"scan_limit_gib": 2},
    "contracts": {"vehicle_sightings": {"quarantine_share_limit": 0.1, "duration_limit_minutes": 30}},
    "crawl": {"exclusions": ["**.tmp"]},
    "job": {"number_of_workers": 3, "max_retries": 1},
    "log_retention_days": 14,
    "private_network": EVERYTHING["private_network"] | {"services": ["events", "glue", "logs", "monitoring"]},
    "schedule": {"cron": "cron(0 3 1 1,4,7,10 ? *)"},
    "tags": {"changed": "yes"},
}

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\dT\S+ \[")  # what follows it up to the next one belongs to it
_OPERATION = re.compile(r"\brpc\.method=(\w+)")
_SERVICE = re.compile(r"\brpc\.service=(\"[^\"]+\"|\S+)")
_RESOURCE = re.compile(r"\btf_(?:resource_type|data_source_type)=(\w+)")
_STEP = re.compile(r"\btf_rpc=(\w+)")


def calls_in(lines: Iterable[str]) -> dict[str, dict[str, set[str]]]:
    """The requests of a provider's log, by type: those that read and those of an apply, as `service:Operation`.

    Raises:
        ValueError: a request is logged in a way that this does not know.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"read": set(), "apply": set()})
    for entry in entries(lines):
        if "HTTP Request Sent" not in entry:
            continue
        operation, service = _OPERATION.search(entry), _SERVICE.search(entry)
        if operation is None or service is None:
            raise ValueError(f"not understood: {entry}")
        step, resource = _STEP.search(entry), _RESOURCE.search(entry)
        kind = "apply" if step is not None and step[1] == "ApplyResourceChange" else "read"
        owner = resource[1] if resource is not None else "provider"
        found[owner][kind].add(f"{service[1].strip(chr(34)).replace(' ', '').lower()}:{operation[1]}")
    return found


def entries(lines: Iterable[str]) -> Iterator[str]:
    """The entries of a log, each with the lines that follow its first."""
    entry: list[str] = []
    for line in lines:
        if _ENTRY.match(line) and entry:
            yield "".join(entry)
            entry = []
        entry.append(line)
    yield "".join(entry)


def with_values(variables: str, values: Mapping[str, Any]) -> str:
    """A .tfvars file with other values of some variables; HCL takes JSON for an expression."""
    for name in values:
        variables = re.sub(rf"^{name} *=.*?(?=^\S(?<![}}\]])|\Z)", "", variables, flags=re.DOTALL | re.MULTILINE)
    return variables + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def make_quicksight_role(endpoint_url: str) -> None:
    """The role that an account has once it is subscribed to QuickSight; the module only adds to it."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    trust = {"Effect": "Allow", "Principal": {"Service": "quicksight.amazonaws.com"}, "Action": "sts:AssumeRole"}
    boto3.client("iam", endpoint_url=endpoint_url, **keys).create_role(
        Path="/service-role/",
        RoleName="aws-quicksight-service-role-v0",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )


def give_by_hand(endpoint_url: str) -> None:
    """What somebody gives every role of the pipeline outside Terraform, so that an apply takes it away."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    iam = boto3.client("iam", endpoint_url=endpoint_url, **keys)
    names = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("quartal-")]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    for name in names:
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=document)
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def main() -> None:
    """Deploy, change, destroy, and write the record."""
    with tempfile.TemporaryDirectory() as scratch:
        root, log = Path(scratch) / "project", LOG
        log.parent.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        shutil.copytree(PROJECT / "infra", root / "infra", ignore=shutil.ignore_patterns(".terraform", "artifacts"))
        shutil.copytree(PROJECT / "data" / "contracts", root / "data" / "contracts")
        (root / "etl_job").symlink_to(PROJECT / "etl_job")
        variables = root / "infra" / "environments" / "localstack.tfvars"
        usual = variables.read_text()
        own = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
        at_work = replace(own, state_dir=Path(scratch) / "localstack")
        started = server.start(at_work, port=server.free_port(), announce=print)
        try:
            make_quicksight_role(started.endpoint_url)
            environ = {name: value for name, value in os.environ.items() if name != "QUARTAL_STATE_DIR"}
            environ |= {"AWS_ENDPOINT_URL": started.endpoint_url, "TF_LOG_PATH": str(log), "TF_LOG_PROVIDER": "DEBUG"}
            workspace = Workspace(Settings.from_env(environ, environment="localstack", cwd=root), Console())
            for values in (EVERYTHING, CHANGED, EVERYTHING, None):
                if values is not None:
                    variables.write_text(with_values(usual, values))
                if values is CHANGED:
                    give_by_hand(started.endpoint_url)
                print(change.make_plan(workspace, destroy=values is None).summary())  # noqa: T201
                change.apply_plan(workspace)
        except QuartalError as error:
            sys.exit("\n".join([error.message, *error.details]))
        finally:
            server.stop(at_work, started)
        with log.open(encoding="utf-8") as lines:
            found = calls_in(lines)
    data = {
        owner: {kind: sorted(calls) for kind, calls in sorted(kinds.items())} for owner, kinds in sorted(found.items())
    }
    lock = (PROJECT / "infra" / ".terraform.lock.hcl").read_text()
    (version,) = re.findall(r'^  version\s*=\s*"(.+)"', lock, re.MULTILINE)
    made = {"provider_version": version, "calls": data}
    RECORD.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
