"""Writes the scoreboard's page of the documentation from the kept outcomes."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.emulators.facts import is_sourced, sources
from benchmarks.emulators.scoreboard import AREAS, ROOT, Outcome, by_area
from quartal.local.local_aws.hosts import HOSTS

KEPT = Path(__file__).with_name("outcomes.json")
PAGE = ROOT / "docs" / "reference" / "glue-service" / "scoreboard.md"
OWN = "this service, "  # begins the names of its hosts
_OF_A_RUN = re.compile(r"https?://127\.0\.0\.1:\d+\S*|conformance_\w+|/(?:work|tmp|home|root)/\S*")
_REASONS = 12  # of skips, for each emulator
_INTRODUCTION = """# The scoreboard

The [conformance suite](../../../tests/integration/glue/README.md) measures how closely an emulator behaves like AWS
Glue. It was run, through boto3 only, against this service and the emulators that are on PyPI.
`./nox -s bench -- emulators --keep` runs it again and writes this page; `benchmarks/emulators/outcomes.json` has each
outcome with its reason.

**The suite is ours.** Its authors also wrote this service, which was made to pass it, and it was never run against AWS.
So the first table shows how far an emulator does what we think Glue does. The second table counts only the tests that
anybody can check: those that cite [facts](../../explanation/glue-behaviour.md) from public pages of AWS's
documentation, which are linked below it. A test that waits for a state gives up after the time limit of its emulator.
"""
_OUTRO = """
This service has two features that the others lack: `POST /_glue/clock` moves the time that schedules follow
([control endpoints](../../../tooling/localstack_glue/README.md#control-endpoints)), and `POST /_glue/faults`
makes calls fail on request ([faults](faults.md)). Tests that need the clock are skipped on emulators without one, and
do not count.
"""


def keep(found: dict[str, list[Outcome]], patience_s: dict[str, int], on: date) -> None:
    """Replace the kept outcomes of these emulators, and write the page."""
    kept = _kept()
    for name, outcomes in found.items():
        kept[name] = {
            "asked_on": on.isoformat(),
            "patience_s": patience_s[name],
            "outcomes": [
                asdict(replace(each, reason=_OF_A_RUN.sub("...", each.reason)))
                for each in sorted(outcomes, key=lambda each: (each.area, each.test))
            ],
        }
    KEPT.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", "utf-8")
    PAGE.write_text(rendered(kept), "utf-8")


def rendered(kept: dict[str, Any]) -> str:
    """The page."""
    found = {name: [Outcome(**each) for each in entry["outcomes"]] for name, entry in sorted(kept.items())}
    sourced = {name: [each for each in outcomes if is_sourced(each.test)] for name, outcomes in found.items()}
    asked = [f"| {name} | {entry['asked_on']} | {entry['patience_s']} s |" for name, entry in sorted(kept.items())]
    absent = [host for host in HOSTS if f"{OWN}{host}" not in kept]
    missing = f"\nNot run yet: this service on {', '.join(absent)}." if absent else ""
    pages = sorted({page for each in sources().values() for page in each})
    return "\n".join(
        [
            _INTRODUCTION,
            "## All tests\n",
            table(found),
            "\n## Tests of facts from AWS's pages\n",
            table(sourced),
            "",
            *(f"- <{page}>" for page in pages),
            "\n## When each was run\n",
            "| emulator | on | time limit |",
            "|---|---|---|",
            *asked,
            *([missing] if missing else []),
            "\n## What was skipped\n",
            *_skips(found),
            _OUTRO.rstrip(),
            "",
        ]
    )


def table(found: dict[str, list[Outcome]]) -> str:
    """Tests passed of those that were run, by area and emulator."""
    counts = {name: by_area(outcomes) for name, outcomes in found.items()}
    lines = [f"| area | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
    for area in (*AREAS, "all"):
        cells = [_cell(counts[name][area]) for name in found]
        lines.append(f"| {area} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _skips(found: dict[str, list[Outcome]]) -> list[str]:
    lines = ["| emulator | tests | reason |", "|---|---|---|"]
    for name, outcomes in found.items():
        reasons = Counter(each.reason for each in outcomes if each.outcome == "skipped")
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_REASONS]:
            lines.append(f"| {name} | {count} | {reason.replace('|', '/')} |")
    return lines


def _cell(count: Counter[str]) -> str:
    asked = count["passed"] + count["failed"]
    skipped = f" ({count['skipped']} skipped)" if count["skipped"] else ""
    return f"{count['passed']} of {asked}{skipped}" if asked or skipped else "-"


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return kept
