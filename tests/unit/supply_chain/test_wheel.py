"""Quartal's own wheel: each package stands in it under its own name, with the files that it reads."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_wheel_holds_each_package_under_its_name(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    build = [uv, "--quiet", "build", "--wheel", "--out-dir", tmp_path, ROOT]
    ended = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "etl_job",
        "feed_generator",
        "glue_triggers",
        "plan_review",
        "quartal",
    }
    assert {f"{top}/__init__.py" for top in tops if not top.endswith(".dist-info")} <= names
    assert {"plan_review/levels.yaml", "plan_review/rules/exposure.yaml"} <= names
    assert {"plan_review/templates/page.html.j2", "plan_review/cli.py"} <= names
