"""What a reader may count on in every module: the same files, sorted and typed variables, described outputs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

INFRA = Path(__file__).resolve().parents[2] / "infra"
MODULES = sorted(path.parent for path in INFRA.glob("modules/*/main.tf"))
FOLDERS = [INFRA, INFRA / "bootstrap", *MODULES]

_BLOCK = r'^{kind} "(\w+)" {{\n(.*?)^}}'

in_each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
in_each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@in_each_module
def test_module_has_the_usual_files(module: Path) -> None:
    usual = ("README.md", "main.tf", "outputs.tf", "variables.tf", "versions.tf")
    tests = ("tests/plan.tftest.hcl", "tests/validation.tftest.hcl")
    assert [name for name in usual + tests if not (module / name).is_file()] == []


@in_each_module
def test_module_knows_no_endpoint_and_no_environment(module: Path) -> None:
    code = "\n".join(path.read_text() for path in module.glob("*.tf"))
    # an endpoint as such may be a subscriber's address or a network's way to a service
    settings = r'localstack|endpoints\s*[{=]|endpoint_url|^provider "'
    assert re.findall(settings, code, re.IGNORECASE | re.MULTILINE) == []


@in_each_folder
@pytest.mark.parametrize(("kind", "file"), [("variable", "variables.tf"), ("output", "outputs.tf")])
def test_names_are_sorted_and_described(folder: Path, kind: str, file: str) -> None:
    blocks = re.findall(_BLOCK.format(kind=kind), (folder / file).read_text(), re.DOTALL | re.MULTILINE)
    assert [name for name, _ in blocks] == sorted(name for name, _ in blocks)
    assert [name for name, body in blocks if "description = " not in re.sub(r" +", " ", body)] == []


@in_each_folder
def test_variables_are_typed_and_never_null_by_accident(folder: Path) -> None:
    code = (folder / "variables.tf").read_text()
    blocks = dict(re.findall(_BLOCK.format(kind="variable"), code, re.DOTALL | re.MULTILINE))
    spaced = {name: re.sub(r" +", " ", body) for name, body in blocks.items()}
    assert [name for name, body in spaced.items() if " type = " not in body] == []
    assert [name for name, body in spaced.items() if re.search(r"\bany\b", re.sub(r'".*"', "", body))] == []
    # null is either refused or the documented way to say "none"
    assert [name for name, body in spaced.items() if not re.search(r"nullable = false|default = null", body)] == []


@in_each_folder
def test_every_validation_is_broken_by_a_test(folder: Path) -> None:
    code = (folder / "variables.tf").read_text()
    tests = (folder / "tests" / "validation.tftest.hcl").read_text()
    rules = {
        name: body.count("validation {")
        for name, body in re.findall(_BLOCK.format(kind="variable"), code, re.DOTALL | re.MULTILINE)
    }
    broken = {name: len(re.findall(rf"expect_failures = \[[^]]*\bvar\.{name}\b", tests)) for name in rules}
    assert {name: rules[name] for name in rules if broken[name] < rules[name]} == {}
