"""Contracts by the lint of datacontract-cli, which is no part of Quartal: the examples, and drafts of `contract init`.

It runs in an environment of its own, made once, since its dependencies are many.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from uv import find_uv_bin

from quartal.contracts.drafting import Choices, draft
from tests.strangers.packages import DataSet, corpus

ROOT = Path(__file__).parents[2]
_VERSION = "datacontract-cli==1.2.8"
_ENVIRONMENT = ROOT / ".quartal" / "strangers" / _VERSION.replace("==", "-")
_LINT = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from datacontract.data_contract import DataContract

found = {}
for file in sys.argv[1:]:
    run = DataContract(data_contract_file=file).lint()
    found[file] = [f"{check.field}: {check.reason}" for check in run.checks if check.result != "passed"]
    found[file] += [] if run.checks and (found[file] or run.result == "passed") else [f"the lint ended as {run.result}"]
print(json.dumps(found))
"""
# what the corpus lacks: a table with numbers and times of every form that contracts know
_EVERY_FORM = """seen_at,Größe (cm),price,member,clock,note,day,id
1700000000,1.5e-3,"1,234.50",true,07:05,NA,31/12/2024,T-001
1700003600,.5,"2,000.25",FALSE,8:15:30,-,30/12/2024,T-002
"""


@pytest.fixture(scope="session")
def lint() -> Callable[[list[Path]], dict[str, list[str]]]:
    """What datacontract-cli says of files, by file."""
    python = _ENVIRONMENT / "bin" / "python"
    uv = find_uv_bin()
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, _ENVIRONMENT], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, _VERSION], check=True)

    def said(files: list[Path]) -> dict[str, list[str]]:
        ended = subprocess.run(
            [python, "-c", _LINT, *map(str, files)], check=True, capture_output=True, text=True, timeout=300
        )
        found: dict[str, list[str]] = json.loads(ended.stdout.splitlines()[-1])
        assert len(found) == len(files)
        return found

    return said


def test_lint_of_the_standard_finds_mistakes(lint, tmp_path: Path):
    text = (ROOT / "data" / "contracts" / "vehicle_sightings.yaml").read_text()
    (tmp_path / "c.yaml").write_text(text.replace("logicalType: string", "logicalType: words"))
    assert lint([tmp_path / "c.yaml"])[str(tmp_path / "c.yaml")]


def test_examples_and_drafts_have_nothing_wrong_by_the_lint_of_the_standard(
    lint, file_of: Callable[[DataSet], Path], tmp_path: Path
):
    (tmp_path / "every_form.csv").write_text(_EVERY_FORM)
    drafts = {"every_form": draft(tmp_path / "every_form.csv", "feed", Choices(key=("id",), date_order="day")).text}
    drafts |= {data.name: draft(file_of(data), data.name).text for data in corpus() if data.asks is None}
    for name, text in drafts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    options = {
        option
        for text in drafts.values()
        for column in yaml.safe_load(text)["schema"][0]["properties"]
        for option in [entry["property"] for entry in column.get("customProperties", [])]
    }
    assert {"missingValues", "notation", "otherFormats", "rounding", "thousandsSeparator"} <= options
    examples = sorted((ROOT / "data" / "contracts").glob("*.yaml"))
    found = lint([*examples, *sorted(tmp_path.glob("*.yaml"))])
    assert {file: problems for file, problems in found.items() if problems} == {}
