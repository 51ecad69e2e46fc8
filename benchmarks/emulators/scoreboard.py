"""Runs the conformance suite against an endpoint and counts by area what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "integration" / "glue"
AREAS = ("catalog", "crawlers", "jobs", "triggers", "workflows", "schedules", "events", "example")
_OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


@dataclass(frozen=True)
class Outcome:
    """What became of one test; ``reason`` is why it was skipped or failed, on one line."""

    area: str
    test: str
    outcome: str
    reason: str = ""


def run_suite(url: str, report: Path, *, patience_s: int, at_once: int = 8) -> list[Outcome]:
    """Ask an endpoint everything that the suite asks.

    Args:
        url: of the emulator.
        report: where pytest's report goes.
        patience_s: how long a test waits for a state that may never come.
        at_once: how many tests wait at a time.
    """
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "GLUE_CONFORMANCE_PATIENCE_S": str(patience_s),
    }
    command = [sys.executable, "-m", "pytest", "-c", str(SUITE / "pytest.ini"), "-q", "-n", str(at_once)]
    subprocess.run([*command, f"--junitxml={report}", str(SUITE)], cwd=ROOT, env=env, check=False, capture_output=True)
    return once_each(_read(report))


def once_each(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Each test once: pytest tells of one that fails and whose end breaks too a second time."""
    found: dict[tuple[str, str], Outcome] = {}
    for each in outcomes:
        earlier = found.setdefault((each.area, each.test), each)
        if earlier.outcome != "failed" and each.outcome == "failed":
            found[each.area, each.test] = each
    return list(found.values())


def _read(report: Path) -> Iterable[Outcome]:
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest's own report
        area = case.get("classname", "").rpartition("test_")[2]
        child = next((child for child in case if child.tag in _OUTCOMES), None)
        outcome = "passed" if child is None else _OUTCOMES[child.tag]
        reason = "" if child is None else (child.get("message") or "").partition("\n")[0][:200]
        yield Outcome(area, case.get("name", ""), outcome, reason)


def by_area(outcomes: Iterable[Outcome]) -> dict[str, Counter[str]]:
    """How many tests of each area passed, failed and were skipped; ``all`` has the sums."""
    counts: dict[str, Counter[str]] = {area: Counter() for area in (*AREAS, "all")}
    for each in outcomes:
        counts.setdefault(each.area, Counter())[each.outcome] += 1
        counts["all"][each.outcome] += 1
    return counts
