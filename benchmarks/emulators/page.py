"""The scoreboard's page of the documentation, written from the outcomes that are kept."""

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
from quartal.local.local_stack.hosts import HOSTS

KEPT = Path(__file__).with_name("outcomes.json")
PAGE = ROOT / "docs" / "reference" / "glue-service" / "scoreboard.md"
OWN = "this service, "  # begins the names of its hosts
_OF_A_RUN = re.compile(r"https?://127\.0\.0\.1:\d+\S*|conformance_\w+|/(?:work|tmp|home|root)/\S*")
_REASONS = 12  # of skips, for each emulator
_INTRODUCTION = """# The scoreboard

Who behaves as AWS Glue does: the [conformance suite](../../../tests/integration/glue/README.md) asked emulators that
PyPI has, and this service, with boto3 alone. `./nox -s bench -- emulators --keep` asks again and writes this page;
`benchmarks/emulators/outcomes.json` has each outcome with its reason.

**The suite is ours.** Its authors are those of this service, which was made to pass it, and it was never run against
AWS. So the first table says how far an emulator does what we think Glue does. The second counts only tests that cite
[facts](../../explanation/glue-behaviour.md) whose sources are public pages of AWS's documentation, linked below it:
what anybody can check. A test that waits for a state gives up after the patience of its emulator.
"""
_OUTRO = """
Two things of this service have no counterpart in the others: `POST /_glue/clock` moves the time that schedules and
timeouts follow ([control endpoints](../../../tooling/localstack_glue/README.md#control-endpoints)), and `POST
/_glue/faults` makes calls fail on order ([faults](faults.md)). Tests that need the clock are skipped where there is
none, and counted for nobody.
"""


def keep(found: dict[str, list[Outcome]], patience_s: dict[str, int], on: date) -> None:
    """Keep outcomes in the place of earlier ones of the same emulators, and write the page."""
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
    missing = f"\nNot asked yet with the others: this service on {', '.join(absent)}." if absent else ""
    pages = sorted({page for each in sources().values() for page in each})
    return "\n".join(
        [
            _INTRODUCTION,
            "## All tests\n",
            table(found),
            "\n## Tests whose facts stand on AWS's pages\n",
            table(sourced),
            "",
            *(f"- <{page}>" for page in pages),
            "\n## How each was asked\n",
            "| emulator | on | patience |",
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
    """Tests passed of those that were asked, by area and emulator."""
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
