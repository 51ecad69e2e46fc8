"""Makes the bucket of the state by Terraform, whose own state then moves into that bucket."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from plan_review.model import Plan
from plan_review.parse import parse_plan
from quartal.core.errors import ConfigurationError, TerraformError
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.terraform.program import Terraform
from quartal.terraform.state_backend import backend_settings, derived_name, exists
from quartal.terraform.working_copy import StagedRoot
from quartal.workspace import Workspace, terraform_environment

_STATE_KEY = "quartal/bootstrap/terraform.tfstate"
_LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'
_S3_BACKEND = 'terraform {\n  backend "s3" {}\n}\n'


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """The bucket, and the changes that were made."""

    bucket: str
    plan: Plan


def bootstrap(workspace: Workspace) -> Bootstrapped:
    """Create the bucket or correct its settings; an existing bucket of that name is imported.

    After an interruption at any point, the next run continues: everything created is in the local state or in the
    bucket's. A bucket whose creation was not answered is imported.

    Raises:
        ConfigurationError: the environment keeps no state in S3.
        TerraformError: Terraform refused; its diagnostics say why.
    """
    backend = backend_settings(workspace.settings)
    if backend is None:
        raise ConfigurationError(
            f"Environment '{workspace.settings.environment}' keeps its state in a file, so it needs no bucket.",
            remedy="With --env, name an environment that has a file infra/environments/<env>.s3.tfbackend.",
        )
    region = backend.get("region", workspace.env["AWS_REGION"])
    connection = workspace.account_connection(region)
    bucket = backend.get("bucket") or derived_name(connection.sts(), region)
    s3 = connection.s3()
    is_there = exists(s3, bucket)
    has_state = is_there and _has_object(workspace, bucket, region)
    staged = _stage(workspace, bucket, region, in_bucket=has_state)
    is_known = has_state or holds_bucket(staged.folder / "terraform.tfstate")
    if is_there and not is_known:
        _import_bucket(staged, bucket)
    terraform = Terraform(
        require_terraform(workspace.settings), staged, terraform_environment(workspace.settings, workspace.env)
    )
    terraform.init()
    try:
        plan = _plan_and_apply(terraform)
    except TerraformError:
        if is_there or holds_bucket(staged.folder / "terraform.tfstate") or not exists(s3, bucket):
            raise
        # It was not there before, and it is ours: the answer to CreateBucket was lost, and the next one was a refusal.
        _import_bucket(staged, bucket)
        plan = _plan_and_apply(terraform)
    if not has_state:
        _use_backend(staged, _S3_BACKEND)
        moved = _stage(workspace, bucket, region, in_bucket=True)
        Terraform(
            require_terraform(workspace.settings), moved, terraform_environment(workspace.settings, workspace.env)
        ).init(migrate=True)
        for left in staged.folder.glob("terraform.tfstate*"):
            left.unlink()
    staged.plan_file.unlink(missing_ok=True)
    return Bootstrapped(bucket, plan)


def holds_bucket(state: Path) -> bool:
    """Whether a state on this machine knows the bucket; one of an apply that failed may know nothing."""
    try:
        resources = json.loads(state.read_text(encoding="utf-8")).get("resources") or ()
        return any(each["type"] == "aws_s3_bucket" and bool(each.get("instances")) for each in resources)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return False


def _import_bucket(staged: StagedRoot, bucket: str) -> None:
    (staged.folder / "import.tf").write_text(
        f'import {{\n  to = aws_s3_bucket.state\n  id = "{bucket}"\n}}\n', encoding="utf-8"
    )


def _plan_and_apply(terraform: Terraform) -> Plan:
    terraform.plan(lambda _: None)
    plan = parse_plan(terraform.show_plan())
    if not plan.is_empty:
        terraform.apply_plan(lambda _: None)
    return plan


def _stage(workspace: Workspace, bucket: str, region: str, *, in_bucket: bool) -> StagedRoot:
    """The working copy of infra/bootstrap; an existing state in it stays."""
    base = workspace.settings.state_dir / "terraform" / f"bootstrap-{region}"
    folder = base / "bootstrap"
    folder.mkdir(parents=True, exist_ok=True)
    base.chmod(0o700)  # a state is for its owner only
    for path in folder.glob("*.tf"):
        path.unlink()
    for path in (workspace.settings.infra_dir / "bootstrap").iterdir():
        if path.name == ".terraform.lock.hcl" or path.suffix == ".tf":
            shutil.copyfile(path, folder / path.name)
    is_custom = workspace.settings.endpoint_url is not None
    variables = {"bucket": bucket, "region": region}
    lines = [f'{name} = "{value}"' for name, value in variables.items()]
    lines.append(f"s3_use_path_style = {str(is_custom).lower()}")
    (folder / "bootstrap.tfvars").write_text("\n".join(lines) + "\n", encoding="utf-8")
    backend = [f"bucket={bucket}", f"key={_STATE_KEY}", f"region={region}", "encrypt=true", "use_lockfile=true"]
    if is_custom:
        backend.append("use_path_style=true")
    staged = StagedRoot(
        folder=folder,
        var_file="bootstrap.tfvars",
        backend_config=tuple(backend) if in_bucket else (),
        plan_file=base / "bootstrap.tfplan",
    )
    _use_backend(staged, _S3_BACKEND if in_bucket else _LOCAL_BACKEND)
    return staged


def _use_backend(staged: StagedRoot, text: str) -> None:
    (staged.folder / "backend.tf").write_text(text, encoding="utf-8")


def _has_object(workspace: Workspace, bucket: str, region: str) -> bool:
    try:
        workspace.account_connection(region).s3().head_object(Bucket=bucket, Key=_STATE_KEY)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            return False
        raise
    return True
