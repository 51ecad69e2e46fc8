"""What an earlier release deployed is upgraded in place, and moves into a private network by the same apply.

`tests/terraform/test_upgrade.py` plans this against the state that the release left; here it is applied. The release's
own configuration is written back from that state, see `tests/terraform/configuration_of.py`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from plan_review.model import Action, Plan
from quartal.deploy.change import apply_plan, make_plan, save_plan
from quartal.terraform.artifacts import build_artifacts
from quartal.workspace import Workspace
from tests.integration.deployment import PROJECT

STATES = PROJECT / "tests" / "terraform" / "states"
RELEASES = sorted(file.name.removesuffix(".configuration.json") for file in STATES.glob("*.configuration.json"))
ACCOUNT, OWN_ACCOUNT = "123456789012", "000000000000"  # of the kept state, and LocalStack's
# What moto does not keep of a network; on AWS it is there when a plan reads it.
FORGOTTEN = {
    ("aws_vpc_endpoint", "policy.Version"),
    ("aws_vpc_security_group_egress_rule", "description"),
    ("aws_vpc_security_group_ingress_rule", "description"),
}
# Of the release and of today's: the lake with what encrypts it, and the names that the catalog knows data by.
KEPT = {"aws_glue_catalog_database", "aws_kms_key", "aws_s3_bucket"}
PRIVATE_NETWORK = """
private_network = {
  cidr_block = "10.20.0.0/24"
  subnets    = { us-east-1a = "10.20.0.0/25", us-east-1b = "10.20.0.128/25" }
}
"""

pytestmark = pytest.mark.nightly(touches=["infra/*", "tests/terraform/*", "tooling/quartal/terraform/*"])


@pytest.fixture
def upgraded(workspace: Workspace, project: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The workspace, whose job needs one small package; what is deployed there goes away afterwards.

    Without what the release did not have either: it is made anew in every other test.
    """
    environ = {**workspace.settings.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    own = Workspace(replace(workspace.settings, environ=environ), workspace.console)
    needs_one_package(project, tmp_path)
    variables = project / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    assert "alerting = {}\n\nathena = {}\n" in text
    variables.write_text(text.replace("alerting = {}\n\nathena = {}\n", ""))
    try:
        yield own
    finally:
        if own.terraform.resources():
            make_plan(own, destroy=True)
            apply_plan(own)


def needs_one_package(project: Path, index: Path) -> None:
    """Give the project a copy of the job that needs one package of an index of its own: a small zip of wheels."""
    (project / "etl_job").unlink()
    shutil.copytree(PROJECT / "etl_job", project / "etl_job", ignore=shutil.ignore_patterns("__pycache__"))
    wheel = index / "thing-2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 2.0\n")
        archive.writestr("thing-2.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("thing-2.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (project / "etl_job" / "requirements.txt").write_text("thing==2.0\n")
    (project / "etl_job" / "requirements.lock").write_text(f"thing==2.0 --hash=sha256:{digest}\n")


def apply_release(workspace: Workspace, project: Path, release: str) -> None:
    """Deploy what a release deployed, under the names of this test."""
    variables = project / "infra" / "environments" / "localstack.tfvars"
    prefix = next(line.split('"')[1] for line in variables.read_text().splitlines() if line.startswith("prefix"))
    text = (STATES / f"{release}.configuration.json").read_text()
    for old, new in (
        ("quartal-localstack", prefix),
        ("quartal_localstack", prefix.replace("-", "_")),
        (ACCOUNT, OWN_ACCOUNT),
    ):
        text = text.replace(old, new)
    modules: dict[str, Any] = json.loads(text)
    settings = dict.fromkeys(("s3_use_path_style", "skip_credentials_validation", "skip_metadata_api_check"), True)

    def stage() -> None:
        folder = workspace.staged.folder
        (folder / "environments").mkdir(parents=True)
        (folder / "environments" / "localstack.tfvars").touch()
        for name, target in (
            ("versions.tf", "versions.tf"),
            (".terraform.lock.hcl", ".terraform.lock.hcl"),
            ("environments/localstack.backend.tf", "backend_override.tf"),
        ):
            shutil.copyfile(project / "infra" / name, folder / target)
        build_artifacts(project, folder / "artifacts")
        calls, before = {}, []
        for name, content in modules.items():
            (folder / name).mkdir()
            needs_key = name != "data_lake"
            own = (
                {"variable": {"key_arn": {}}}
                if needs_key
                else {"output": {"key_arn": {"value": "${aws_kms_key.this.arn}"}}}
            )
            (folder / name / "main.tf.json").write_text(json.dumps(content | own))
            key = {"key_arn": "${module.data_lake.key_arn}"} if needs_key else {}
            calls[name] = {"source": f"./{name}", **key, "depends_on": list(before)}
            before.append(f"module.{name}")
        root = {"provider": {"aws": {"region": "us-east-1", **settings}}, "module": calls}
        (folder / "main.tf.json").write_text(json.dumps(root))

    save_plan(workspace, prepare=stage)
    apply_plan(workspace)


def applied(workspace: Workspace) -> tuple[Plan, set[tuple[str, str]]]:
    """Apply today's configuration; return what the plan did, and what a second one finds left, by type and path."""
    plan = make_plan(workspace)
    apply_plan(workspace)
    second = make_plan(workspace).changes
    assert {change.action for change in second} <= {Action.UPDATE}
    return plan, {(change.type, attribute.path) for change in second for attribute in change.attributes}


def ids(workspace: Workspace) -> dict[str, str]:
    """What AWS knows those resources by that hold data, or that data is encrypted with."""
    state = json.loads((workspace.staged.folder / "terraform.tfstate").read_text())
    return {
        f"{resource['module']}.{resource['type']}": resource["instances"][0]["attributes"]["id"]
        for resource in state["resources"]
        if resource["type"] in KEPT
    }


@pytest.mark.parametrize("release", RELEASES)
def test_release_is_upgraded_in_place_and_moves_into_a_private_network(
    upgraded: Workspace, project: Path, release: str
) -> None:
    workspace, variables = upgraded, project / "infra" / "environments" / "localstack.tfvars"
    apply_release(workspace, project, release)
    variables.write_text(variables.read_text() + PRIVATE_NETWORK)
    client = {
        name: boto3.client(
            name,
            endpoint_url=workspace.settings.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for name in ("ec2", "glue", "s3")
    }
    before = ids(workspace)
    assert {address.rpartition(".")[2] for address in before} == KEPT
    bucket = before["module.data_lake.aws_s3_bucket"]
    database = before["module.glue_catalog.aws_glue_catalog_database"].split(":")[1]
    raw = {"Bucket": bucket, "Key": "raw/vehicle_sightings/delivery=2024Q1/kept.csv"}
    client["s3"].put_object(**raw, Body=b"1,Audi,2024-01-01,10:00")
    client["glue"].create_table(DatabaseName=database, TableInput={"Name": "vehicle_sightings"})

    upgrade, left = applied(workspace)

    assert left == FORGOTTEN
    assert {change.action for change in upgrade.changes} <= {Action.CREATE, Action.UPDATE, Action.NO_OP}
    moved = {change.previous_address: change.address for change in upgrade.changes if change.previous_address}
    assert moved["module.glue_job.aws_glue_job.this"] == 'module.glue_job["vehicle_sightings"].aws_glue_job.this'
    assert before.items() <= ids(workspace).items()
    assert client["s3"].get_object(**raw)["Body"].read() == b"1,Audi,2024-01-01,10:00"
    assert client["glue"].get_table(DatabaseName=database, Name="vehicle_sightings")["Table"]

    deployment = workspace.deployment
    job = client["glue"].get_job(JobName=deployment.job)["Job"]
    crawler = client["glue"].get_crawler(Name=deployment.crawler)["Crawler"]
    names = job["Connections"]["Connections"]
    assert [name.rpartition("us-east-")[2] for name in names] == ["1a", "1b"]
    assert crawler["Targets"]["S3Targets"][0]["ConnectionName"] == names[0]
    connection = client["glue"].get_connection(Name=names[0])["Connection"]["PhysicalConnectionRequirements"]
    (subnet,) = client["ec2"].describe_subnets(SubnetIds=[connection["SubnetId"]])["Subnets"]
    assert subnet["AvailabilityZone"] == connection["AvailabilityZone"] == "us-east-1a"
    of_vpc = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}]
    routes = client["ec2"].describe_route_tables(Filters=of_vpc)["RouteTables"]
    assert {route["GatewayId"].partition("-")[0] for table in routes for route in table["Routes"]} == {"local", "vpce"}
    assert len(client["ec2"].describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]) == 7
    wheels = job["DefaultArguments"]["--additional-python-modules"]
    assert client["s3"].head_object(Bucket=bucket, Key=wheels.removeprefix(f"s3://{bucket}/"))["ContentLength"] > 0
