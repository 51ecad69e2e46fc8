"""A working copy of infra/ per environment: its own backend and provider folder, and the source tree stays clean."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.terraform.artifacts import build_artifacts
from quartal.terraform.job_wheels import stage_wheels
from quartal.terraform.state_backend import STATE_BUCKET_VARIABLE

_IGNORED = shutil.ignore_patterns(
    ".terraform", "*.tfstate", "*.tfstate.*", "*_override.tf", "tests", "artifacts", "*.tfplan", "bootstrap"
)

_BUCKET = re.compile(r"^\s*bucket\s*=", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StagedRoot:
    """The folder that Terraform runs in.

    Attributes:
        folder: the working copy of the root module.
        var_file: the environment's variables, relative to the folder.
        backend_config: values of `terraform init -backend-config`; empty for a local backend.
        plan_file: the file of a saved plan, outside the working copy, so that staging does not remove it.
    """

    folder: Path
    var_file: str
    backend_config: tuple[str, ...]
    plan_file: Path

    @property
    def has_remote_state(self) -> bool:
        """Whether the state is in a bucket, where every machine finds it."""
        return bool(self.backend_config)

    @property
    def is_connected(self) -> bool:
        """Whether Terraform has been initialised here; with a remote state, also connected to it."""
        working_folder = self.folder / ".terraform"
        return (working_folder / "terraform.tfstate").is_file() if self.has_remote_state else working_folder.is_dir()


def staged_root(settings: Settings) -> StagedRoot:
    """The path of the environment's working copy, whether or not it exists."""
    base = settings.state_dir / "terraform" / settings.environment
    return StagedRoot(
        folder=base / "infra",
        var_file=f"environments/{settings.environment}.tfvars",
        backend_config=_backend_config(settings),
        plan_file=base / f"{settings.environment}.tfplan",
    )


def stage(settings: Settings) -> StagedRoot:
    """Update the working copy from infra/, etl_job/ and data/contracts/; state and providers stay.

    An environment without `<env>.s3.tfbackend` but with `<env>.backend.tf` gets that file as an override.

    Raises:
        ConfigurationError: a source of the artifacts is missing, or the name of the bucket for the state.
        ToolchainError: a private network needs the job's packages, and they could not be downloaded.
    """
    staged = staged_root(settings)
    staged.folder.mkdir(parents=True, exist_ok=True)
    for entry in staged.folder.iterdir():
        if entry.name == ".terraform" or ".tfstate" in entry.name:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.copytree(settings.infra_dir, staged.folder, ignore=_IGNORED, dirs_exist_ok=True)
    override = settings.infra_dir / "environments" / f"{settings.environment}.backend.tf"
    if not staged.backend_config and override.is_file():
        shutil.copyfile(override, staged.folder / "backend_override.tf")
    stage_wheels(settings, build_artifacts(settings.root, staged.folder / "artifacts"))
    return staged


def _backend_config(settings: Settings) -> tuple[str, ...]:
    """The environment's backend file, and the state bucket, whose name belongs to the account and not to the code."""
    file = Path("environments") / f"{settings.environment}.s3.tfbackend"
    path = settings.infra_dir / file
    if not path.is_file():
        return ()
    # an endpoint of one's own seldom answers to a host name per bucket
    style = ("use_path_style=true",) if settings.endpoint_url else ()
    if _BUCKET.search(path.read_text()):
        return (file.as_posix(), *style)
    bucket = settings.environ.get(STATE_BUCKET_VARIABLE)
    if not bucket:
        raise ConfigurationError(
            f"Environment '{settings.environment}' keeps its Terraform state in S3, and no bucket is named.",
            remedy=f"Create one: `quartal bootstrap --env {settings.environment}`; or set {STATE_BUCKET_VARIABLE}, "
            f"or name it in infra/{file}.",
        )
    return (file.as_posix(), f"bucket={bucket}", *style)
