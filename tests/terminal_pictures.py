"""Makes the pictures of terminals in the docs: `python -m tests.terminal_pictures [demo]`.

`quartal run` and `quartal history` are drawn by the commands' own functions, for the past that the tests keep: nothing
has to run for them. With `demo` a real demo is run, on a LocalStack of its own, and what it printed is drawn.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from rich.console import Console as RichConsole
from rich.text import Text

from quartal.core.console import Console
from quartal.runs.diagram import as_table, picture_of, typical_seconds
from quartal.runs.history import print_history
from quartal.runs.outcome import show_manifest
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun
from tests.unit.tooling.report.example import STARTS, counts, manifest

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "docs" / "pictures"
WIDTH = 118
DEMO_ROWS = 50_000


def as_svg(console: RichConsole, title: str, name: str) -> str:
    """What a recording console has printed, as a picture that asks nothing of the network."""
    console.print()  # the last line would lose its feet
    picture = console.export_svg(title=title, unique_id=name)
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)  # the fonts would come from there


def main() -> None:
    """Write terminal-run.svg and terminal-history.svg, and terminal-demo.svg where it is asked for."""
    FOLDER.mkdir(exist_ok=True)
    q2 = counts("2026Q2", 455_000, {"date.format": 120, "sighting_id.maxLength": 60}, 2_900)
    q3 = counts("2026Q3", 903_000, {"date.format": 15_200, "row.field_count": 310}, 800)
    q3 |= {"first_day": "2026-07-01", "last_day": "2026-09-30"}
    newest = manifest("wr_5", q3, seconds=1850, published={"2026Q3": "wr_5"})

    recorder, console = _recording()
    start = STARTS["wr_5"]
    crawled = start + timedelta(seconds=94)
    going = WorkflowRun(
        workflow="quartal-dev-sightings",
        run_id="wr_5",
        status="RUNNING",
        crawl=Step("crawl", "crawler", Outcome.SUCCEEDED, started=start, ended=crawled),
        job=Step("job", "job", Outcome.RUNNING, "jr_5", "", crawled),
        started=start,
    )
    stages = (
        "stage=validate delivery=2026Q3 rows_in=903000 kept=887000 quarantined=15200 duplicates=800 seconds=611.0",
    )
    recorder.print("Workflow quartal-dev-sightings, run wr_5")
    recorder.print(
        as_table(picture_of(going, crawled + timedelta(seconds=743), stages, typical_seconds([955.0, 1850.0])))
    )
    recorder.print("\n[dim]... and at its end:[/dim]\n")
    show_manifest(console, newest)
    _write("terminal-run", as_svg(recorder, "quartal run --env dev", "run"))

    recorder, console = _recording()
    past = [manifest("wr_3", q2, seconds=955), manifest("wr_4", q3, seconds=3600, reason="JobRun timeout"), newest]
    print_history(console, past)
    _write("terminal-history", as_svg(recorder, "quartal history --env dev", "history"))

    if sys.argv[1:] == ["demo"]:
        recorder, _ = _recording()
        recorder.print(Text(_shortened(_demo())))
        _write("terminal-demo", as_svg(recorder, "./nox -s demo", "demo"))


def _recording() -> tuple[RichConsole, Console]:
    """A console that records, and one of ours that writes to it."""
    recorder = RichConsole(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    return recorder, Console(out=recorder, err=recorder)


def _demo() -> str:
    """What a demo prints where no terminal is, by a state folder and a LocalStack of its own."""
    with tempfile.TemporaryDirectory() as state:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "QUARTAL_STATE"))}
        environ |= {"QUARTAL_STATE_DIR": state, "QUARTAL_PROJECT_DIR": str(PROJECT), "COLUMNS": str(WIDTH)}
        quartal = [sys.executable, "-c", "from quartal.cli import main; main()"]

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [*quartal, *arguments],
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=True,
            )
            return done.stdout

        run("localstack", "start", "--port", "0")
        try:
            return run("demo", "--rows", str(DEMO_ROWS)).replace(state, ".quartal").strip()
        finally:
            run("localstack", "stop")


def _shortened(text: str) -> str:
    """The text with three of what Terraform makes, and the number of the others."""
    made = [line for line in text.splitlines() if re.match(r"  (create|read) ", line)]
    kept, lines = made[:3], []
    for line in text.splitlines():
        if line not in made or line in kept:
            lines.append(line)
        if line == kept[-1]:
            lines.append(f"  ... and {len(made) - len(kept)} more")
    return "\n".join(lines)


def _write(name: str, picture: str) -> None:
    (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
