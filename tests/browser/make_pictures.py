"""Makes the pictures of docs/how-to/plan-review.md and docs/how-to/report.md: `python -m tests.browser.make_pictures`.

It needs Chromium on PATH. Plan and report are those that the tests keep, so nothing has to run for them. The same pages
become the same bytes, with the same Chromium and fonts (those here: Chromium 156 and DejaVu on Debian 12). So a picture
that differs when it is made anew shows a page that has changed since.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console

from plan_review.render_html import render_page
from plan_review.render_text import render_text
from quartal.report.page import render_report
from tests.browser.conftest import ARGUMENTS, PLANS, PROGRAMS, reviewed
from tests.terminal_pictures import as_svg
from tests.unit.quartal.report.example import report_of_real_lengths

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def main() -> None:
    """Write plan-review.svg, the text in a terminal, and plan-review.png and report.png, the pages."""
    made = reviewed(json.loads((PLANS / "update.json").read_text()))
    FOLDER.mkdir(exist_ok=True)
    console = Console(record=True, width=118, file=io.StringIO(), highlight=False)
    console.print(render_text(made), markup=False)
    (FOLDER / "plan-review.svg").write_text(as_svg(console, "quartal plan --env dev", "plan-review"))
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("There is no Chromium on PATH.")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        file = Path(scratch) / "review.html"
        file.write_text(render_page(made), encoding="utf-8")
        context = playwright.chromium.launch_persistent_context(
            Path(scratch) / "profile", executable_path=program, args=ARGUMENTS, viewport={"width": 1100, "height": 900}
        )
        page = context.new_page()
        page.goto(f"{file.as_uri()}#aws_glue_job.features")
        page.screenshot(path=FOLDER / "plan-review.png", full_page=True)
        file.write_text(
            render_report(report_of_real_lengths(), environment_option=" --env dev", quarantine_limit=0.05),
            encoding="utf-8",
        )
        page.goto(file.as_uri())
        page.screenshot(
            path=FOLDER / "report.png", full_page=True, clip={"x": 0, "y": 0, "width": 1100, "height": 2260}
        )
        context.close()


if __name__ == "__main__":
    main()
