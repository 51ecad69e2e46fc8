"""Pages in the system's Chromium.

Without Chromium the tests are skipped, unless QUARTAL_BROWSER=required, as in `./nox -s browser` and in CI.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from plan_review.parse import parse_plan
from plan_review.policy_report import not_run
from plan_review.prices import load_prices
from plan_review.render_html import render_page
from plan_review.review import Basis, Review, review
from plan_review.rules import load_rules
from plan_review.usage import load_usage
from quartal.report.page import render_report
from tests.unit.quartal.report.example import example_report

PLANS = Path(__file__).parents[1] / "unit" / "plan_review" / "plans"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# no sandbox: Chromium cannot create one inside a container, and it opens only pages of these tests
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = f"There is no Chromium on PATH ({', '.join(PROGRAMS)}); on Debian: apt-get install chromium."
        if os.environ.get("QUARTAL_BROWSER") == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=program, headless=True, args=ARGUMENTS, timeout=120_000
        )
        context.set_default_timeout(60_000)
        yield context
        context.close()


@pytest.fixture
def complaints() -> list[str]:
    """Messages of the console and the network while a page was open; a correct page causes none."""
    return []


@pytest.fixture
def open_html(browser: BrowserContext, tmp_path: Path, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open a page as a file; `fragment` is the part of the address after #."""
    pages: list[Page] = []

    def opened(html: str, fragment: str = "", **options: str) -> Page:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page()
        pages.append(page)
        if options:
            page.emulate_media(**options)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
        page.goto(file.as_uri() + (f"#{fragment}" if fragment else ""))
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.fixture
def open_page(open_html: Callable[..., Page]) -> Callable[..., Page]:
    """Open the review of a plan, by name or from JSON."""

    def opened(plan: str | dict, fragment: str = "", **options: str) -> Page:
        data = plan if isinstance(plan, dict) else json.loads((PLANS / f"{plan}.json").read_text())
        return open_html(render(data), fragment, **options)

    return opened


@pytest.fixture(scope="session")
def report_html() -> str:
    """The report of a pipeline with earlier runs; see its module."""
    return render_report(example_report(), environment_option=" --env dev", quarantine_limit=0.05)


def render(data: dict) -> str:
    """The page of a plan."""
    return render_page(reviewed(data))


def reviewed(data: dict) -> Review:
    """The review of a plan by the bundled rules, prices and usage."""
    basis = Basis(
        environment="dev",
        rules=load_rules(),
        prices=load_prices("us-east-1"),
        usage=load_usage(),
        policies=not_run("--no-policies"),
        now=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    )
    return review(parse_plan(data), basis)


def plan_of_many(count: int) -> dict:
    """A plan that creates, updates, replaces and destroys this many resources in ten modules."""
    kinds = [["create"], ["update"], ["delete", "create"], ["delete"]]
    before = {"bucket": "lake", "key": "a", "tags": {"owner": "data"}, "etag": "0" * 32, "content_type": "text/csv"}
    changes = []
    for number in range(count):
        actions = kinds[number % len(kinds)]
        module = f"module.feed[{number % 10}]"
        changes.append(
            {
                "address": f'{module}.aws_s3_object.part["{number}"]',
                "module_address": module,
                "mode": "managed",
                "type": "aws_s3_object",
                "change": {
                    "actions": actions,
                    "before": None if actions == ["create"] else before,
                    "after": None if actions == ["delete"] else before | {"key": f"b{number}", "etag": "1" * 32},
                    "replace_paths": [["key"]] if len(actions) == 2 else [],
                },
            }
        )
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}
