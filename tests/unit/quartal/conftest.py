import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quartal.core.aws import AwsConnection
from quartal.core.console import Console
from quartal.core.settings import Settings
from tests.json_output import checking
from tests.unit.plan_review.resource_changes import change

# A program in place of Terraform. It logs its commands, saves and shows the plan beside it or the state, and applies
# by waiting while a file `busy` exists. Like Terraform, it handles an interrupt by itself. Where Terraform could ask,
# and wait for an answer, it ends. Hundreds are started: a shell takes a tenth of the time of a Python.
_STAND_IN = r"""#!/bin/sh
here=${0%/*}
echo "$1" >>"$here/log"
case $1 in init | plan | apply)
    case " $* " in *" -input=false "*) ;; *) echo "nobody is there to answer" >&2; exit 1 ;; esac
esac
case $1 in
version)
    echo '{"terraform_version": "1.11.4"}'
    ;;
init)
    mkdir -p .terraform
    ;;
output)
    echo '{}'
    ;;
plan)
    : >"$here/targets"
    for argument; do
        case $argument in
        -target=*) echo "${argument#*=}" >>"$here/targets" ;;
        -out=*) cp "$here/plan.json" "${argument#*=}" ;;
        esac
    done
    [ ! -e "$here/events" ] || cat "$here/events"
    echo
    exit 2
    ;;
show)
    case " $* " in *.tfplan\ *) cat "$here/plan.json" ;; *) cat "$here/state.json" ;; esac
    ;;
apply)
    trap 'exit 1' INT
    printf %s "$$" >"$here/applying"
    while [ -e "$here/busy" ]; do sleep 0.05; done
    ;;
esac
"""


@pytest.fixture(autouse=True)
def json_keeps_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the --json output of every command in tests against its published schema."""
    monkeypatch.setattr(Console, "json_document", checking(Console.json_document))


@pytest.fixture(scope="module")
def connection() -> Iterator[AwsConnection]:
    """AWS, emulated by moto."""
    from moto.server import ThreadedMotoServer  # few tests need it, and it takes a second

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield AwsConnection("us-east-1", f"http://{host}:{port}", "test", "test")
    server.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with the folders of a Quartal project and one environment."""
    root = tmp_path / "project"
    for folder in (
        "infra/environments",
        "infra/modules/lake",
        "etl_job",
        "data/contracts",
        "requirements",
        "tooling/glue_triggers",
        "tooling/localstack_glue",
    ):
        (root / folder).mkdir(parents=True)
    (root / "infra/environments/localstack.tfvars").write_text('prefix = "local"\n')
    (root / "infra/environments/localstack.backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (root / "infra/main.tf").write_text("# root\n")
    (root / "etl_job/main.py").write_text("print('job')\n")
    (root / "etl_job/requirements.txt").write_text("pydantic==2\n")
    (root / "data/contracts/sightings.yaml").write_text("kind: DataContract\n")
    for lock in ("glue-jars", "glue-java", "glue-runtime", "localstack", "localstack-tests", "quartal", "spark-4"):
        (root / "requirements" / f"{lock}.txt").touch()
    for package in ("glue_triggers", "localstack_glue"):
        (root / "tooling" / package / "pyproject.toml").touch()
    return root


@pytest.fixture
def settings(project: Path) -> Settings:
    return Settings.from_env({}, cwd=project)


@pytest.fixture
def stand_in(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program in place of Terraform, first on PATH, inside a project with the environment `dev`."""
    if sys.platform == "win32":
        pytest.skip("the program in Terraform's place is a script")
    folder = tmp_path / "stand-in"
    folder.mkdir()
    program = folder / "terraform"
    program.write_text(_STAND_IN)
    program.chmod(0o755)
    write_plan(folder, change("aws_cloudwatch_log_group", {"retention_in_days": 30}, {"retention_in_days": 90}))
    (project / "infra/environments/dev.tfvars").touch()
    for name in ("AWS_ENDPOINT_URL", "QUARTAL_STATE_DIR", "QUARTAL_TERRAFORM", "QUARTAL_TERRAFORM_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QUARTAL_ENV", "dev")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(project)
    return folder


def write_state(folder: Path, *resources: tuple[str, tuple[str, ...]]) -> None:
    """Set the state of the program in place of Terraform: addresses with their dependencies."""
    entries = [
        {"address": address, "mode": "managed", "type": _resource_type(address), "depends_on": list(depends_on)}
        for address, depends_on in resources
    ]
    (folder / "state.json").write_text(json.dumps({"values": {"root_module": {"resources": entries}}}))


def _resource_type(address: str) -> str:
    return next(part for part in address.split(".") if part.startswith("aws_"))


def write_plan(folder: Path, *changes: dict[str, Any], outputs: dict[str, Any] | None = None) -> None:
    """Set the plan of the program in place of Terraform: these changes, with these outputs."""
    variables = {"region": {"value": "us-east-1"}}
    plan = {"format_version": "1.2", "variables": variables, "resource_changes": list(changes)}
    known = {name: {"actions": ["no-op"], "before": value, "after": value} for name, value in (outputs or {}).items()}
    plan |= {"output_changes": known} if known else {}
    (folder / "plan.json").write_text(json.dumps(plan))
