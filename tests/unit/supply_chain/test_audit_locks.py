"""The audit of the locks lists packages that could not be checked, and never counts them as fine."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / ".ci" / "audit_locks.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_locks", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their module up
    spec.loader.exec_module(module)
    return module


GOOD = {"name": "click", "version": "8.5.1", "vulns": []}
BAD = {
    "name": "jinja2",
    "version": "3.1.4",
    "vulns": [{"id": "GHSA-1", "fix_versions": ["3.1.6"]}, {"id": "GHSA-2", "fix_versions": []}],
}
UNKNOWN = {"name": "idna", "skip_reason": "Dependency not found on PyPI and could not be audited: idna (3.20)"}


@pytest.mark.parametrize(
    ("packages", "code"),
    [
        pytest.param([GOOD], 0, id="all-clean"),
        pytest.param([GOOD, BAD], 1, id="vulnerable"),
        pytest.param([GOOD, UNKNOWN], 4, id="one-not-asked-about"),
        pytest.param([BAD, UNKNOWN], 1, id="vulnerable-and-not-asked-about"),
        pytest.param([], 4, id="nothing-asked-about"),
    ],
)
def test_audit_of_a_lock_has_the_exit_code_of_its_worst_package(script: ModuleType, packages: list, code: int) -> None:
    found = script.read_audit("requirements/docs.txt", {"dependencies": packages})
    assert found.exit_code == code


def test_verdict_is_of_all_locks(script: ModuleType) -> None:
    clean, bad, unknown = (script.read_audit("lock", {"dependencies": [package]}) for package in (GOOD, BAD, UNKNOWN))
    assert script.verdict([clean, clean]) == 0
    assert script.verdict([clean, unknown]) == 4
    assert script.verdict([unknown, bad, clean]) == 1
    assert script.verdict([]) == 4


def test_audit_lists_vulnerable_and_unchecked_packages(script: ModuleType) -> None:
    found = script.read_audit("requirements/docs.txt", {"dependencies": [GOOD, BAD, UNKNOWN]})
    assert list(script.lines_of(found)) == [
        "requirements/docs.txt: 2 packages asked about, 2 vulnerabilities known",
        "  VULNERABLE jinja2 3.1.4: GHSA-1, mended in 3.1.6",
        "  VULNERABLE jinja2 3.1.4: GHSA-2, mended in no version yet",
        "  NOT AUDITED: idna: PyPI has no answer about them, or is not reached",
    ]
