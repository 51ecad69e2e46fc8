"""plan-review as others get it: its wheel in an environment that holds nothing else, and its GitHub Action."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DISTRIBUTION = ROOT / "tooling" / "plan_review"
PLANS = ROOT / "tests" / "unit" / "plan_review" / "plans"
ENVIRON = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a GitHub Action's bash")


def run(*arguments: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=cwd, env=ENVIRON | environ, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("alone")
    uv = Path(sys.executable).with_name("uv")
    environment = folder / "plan-review"
    wheel = folder / "plan_review-0.1.0-py3-none-any.whl"
    for step in (
        ["build", "--wheel", "--out-dir", folder, DISTRIBUTION],
        ["venv", "--python", sys.executable, environment],
        ["pip", "install", "--python", environment / "bin" / "python", wheel],
    ):
        ended = run(uv, "--quiet", *step, cwd=folder)
        assert ended.returncode == 0, ended.stderr
    return environment


def test_wheel_has_the_command_its_rules_and_its_page_and_nothing_of_quartal(alone: Path, tmp_path: Path) -> None:
    ended = run(alone / "bin" / "plan-review", PLANS / "access.json", "--out", "page.html", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "AdministratorAccess" in ended.stdout
    assert "AdministratorAccess" in (tmp_path / "page.html").read_text("utf-8")
    probe = "import importlib.util as u; print([n for n in ('quartal', 'etl_job', 'boto3') if u.find_spec(n)])"
    assert run(alone / "bin" / "python", "-c", probe, cwd=tmp_path).stdout == "[]\n"


def test_action_writes_the_summary_and_fails_by_the_gate(alone: Path, tmp_path: Path) -> None:
    action = yaml.safe_load((DISTRIBUTION / "action.yml").read_text("utf-8"))
    (step,) = action["runs"]["steps"]
    inputs = {name: given.get("default", "") for name, given in action["inputs"].items()}
    inputs |= {"plan": str(PLANS / "access.json"), "approve": "data"}
    inputs["python"] = shutil.which("true") or ""  # the environment is there
    given = {name: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()}
    (alone / "bin" / "pip").symlink_to(inputs["python"])
    summary = tmp_path / "summary.md"
    runner = {
        "GITHUB_ACTION_PATH": str(DISTRIBUTION),
        "GITHUB_STEP_SUMMARY": str(summary),
        "RUNNER_TEMP": str(alone.parent),
    }
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]  # as GitHub calls it
    ended = run(*bash, cwd=tmp_path, **given, **runner)
    assert (ended.returncode, ended.stderr) == (3, "")
    assert "AdministratorAccess" in summary.read_text("utf-8")
