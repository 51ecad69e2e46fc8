"""The review of a plan beside Terraform's own text and beside what tf-summarize shows, and what a large plan takes.

CPU seconds of this process, the least of several runs: a busy machine makes wall time meaningless. How long Chromium
takes to open the page is wall time, from the navigation to the end of its load event, the least of several.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.tf_summarize import missing_in, read_facts
from plan_review.parse import parse_plan
from plan_review.policy_report import not_run
from plan_review.prices import load_prices
from plan_review.render_html import render_page
from plan_review.render_json import as_data
from plan_review.render_text import render_text
from plan_review.review import Basis, Review, review
from plan_review.rules import load_rules
from plan_review.usage import load_usage

PLANS = Path(__file__).parents[1] / "tests" / "unit" / "plan_review" / "plans"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_SEARCH = """() => new Promise((resolve) => {
  const search = document.getElementById("search"), started = performance.now();
  search.value = "number 9";
  search.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started), 0));
})"""
_HEADING = re.compile(r"^  # (?P<address>\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One plan file in each tool's words; of tf-summarize's, how many facts it shows, by its source."""

    name: str
    terraform_lines: int
    review_lines: int
    missing: tuple[str, ...]
    tf_summarize_facts: int
    missing_of_tf_summarize: tuple[str, ...]
    says_more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """CPU seconds for a plan of many resources: reading and judging, the text, the page."""

    resources: int
    review_s: float
    text_s: float
    page_s: float


@dataclass(frozen=True, slots=True)
class Opened:
    """Seconds of a browser: the page as it is, and one that is written out whole as it was before it grew large."""

    open_s: float
    search_s: float
    whole_open_s: float
    whole_search_s: float


def compare() -> list[SideBySide]:
    """Every plan file in each; `missing` are resources that Terraform's text names and the review does not."""
    found = []
    for path in sorted(PLANS.glob("*.json")):
        data = json.loads(path.read_text())
        made, facts = _review(data), read_facts(data)
        text, own = render_text(made), path.with_suffix(".terraform.txt").read_text()
        addresses = {match["address"] for match in _HEADING.finditer(own)}
        found.append(
            SideBySide(
                name=path.stem,
                terraform_lines=len(own.splitlines()),
                review_lines=len(text.splitlines()),
                missing=tuple(sorted(address for address in addresses if address not in text)),
                tf_summarize_facts=len(facts),
                missing_of_tf_summarize=missing_in(as_data(made), facts),
                says_more=_more(made),
            )
        )
    return found


def measure_time(resources: int, rounds: int) -> Size:
    """The least CPU time of several reviews of a generated plan."""
    text = json.dumps(_plan_of_many(resources))
    runs = []
    for _ in range(rounds):
        started = time.process_time()
        made = _review(json.loads(text))
        reviewed = time.process_time()
        render_text(made)
        printed = time.process_time()
        render_page(made)
        runs.append((reviewed - started, printed - reviewed, time.process_time() - printed))
    review_s, text_s, page_s = min(runs, key=sum)
    return Size(resources, review_s, text_s, page_s)


def time_to_open(resources: int, rounds: int) -> Opened | None:
    """The least seconds that Chromium takes with the page of that many resources; None where there is none."""
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if program is None:
        return None
    made = _review(_plan_of_many(resources))
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        # no sandbox: inside a container Chromium may not make one, and it opens these pages alone
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        found = []
        for most_written_out in (None, resources):
            file = Path(scratch) / "page.html"
            html = render_page(made) if most_written_out is None else render_page(made, most_written_out=resources)
            file.write_text(html, encoding="utf-8")
            seconds = [_opened(browser, file) for _ in range(rounds)]
            found += [min(opened for opened, _ in seconds), min(searched for _, searched in seconds)]
        browser.close()
    return Opened(*found)


def _opened(browser: Browser, file: Path) -> tuple[float, float]:
    """Seconds until the page is loaded, and until the answer to a search is on the screen."""
    page = browser.new_page()
    page.goto(file.as_uri(), wait_until="load")
    page.wait_for_function(f"{_LOADED} > 0")
    opened, searched = float(page.evaluate(_LOADED)) / 1000, float(page.evaluate(_SEARCH)) / 1000
    page.close()
    return opened, searched


def _review(data: dict[str, object]) -> Review:
    return review(
        parse_plan(data),
        Basis(
            environment="dev",
            rules=load_rules(),
            prices=load_prices("us-east-1"),
            usage=load_usage(),
            policies=not_run("not part of this comparison"),
            now=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        ),
    )


def _more(made: Review) -> tuple[str, ...]:
    """What the review tells of this plan that Terraform's text has no words for."""
    parts = {
        f"verdict {made.verdict.decision.value}": True,
        f"{len(made.data_at_risk)} x data at risk": bool(made.data_at_risk),
        f"{len(made.access)} x access": bool(made.access),
        f"{len(made.schedules)} x next dates": bool(made.schedules),
        "cost": made.cost is not None,
        f"{len(made.plan.drift)} x drift": bool(made.plan.drift),
    }
    return tuple(part for part, is_told in parts.items() if is_told)


def _plan_of_many(count: int) -> dict[str, object]:
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::a/*"}]}
    )
    kinds = [
        ("aws_s3_object", {"bucket": "a", "key": "k", "tags": {"owner": "data"}, "etag": "0" * 32}),
        ("aws_iam_role_policy", {"role": "r", "name": "p", "policy": policy}),
        ("aws_glue_job", {"name": "j", "number_of_workers": 4, "worker_type": "G.1X"}),
        ("aws_cloudwatch_log_group", {"name": "g", "retention_in_days": 30}),
    ]
    changes = []
    for number in range(count):
        kind, attributes = kinds[number % len(kinds)]
        actions = (["create"], ["update"], ["delete", "create"], ["delete"])[number // len(kinds) % 4]
        changed = attributes | {"description": f"number {number}"}
        changes.append(
            {
                "address": f'module.feed[{number % 20}].{kind}.this["{number}"]',
                "module_address": f"module.feed[{number % 20}]",
                "mode": "managed",
                "type": kind,
                "change": {
                    "actions": actions,
                    "before": None if actions == ["create"] else attributes,
                    "after": None if actions == ["delete"] else changed,
                    "replace_paths": [["description"]] if len(actions) == 2 else [],
                },
            }
        )
    return {"format_version": "1.2", "resource_changes": changes}
