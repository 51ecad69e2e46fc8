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
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console as RichConsole
from rich.text import Text

from etl_job.manifest.model import RunManifest
from quartal.core.console import Console
from quartal.report.model import RunRecord
from quartal.report.status import cost_in_words, finding_lines
from quartal.runs.diagram import as_table, diagram_steps, typical_seconds
from quartal.runs.history import print_history
from quartal.runs.outcome import Attention, show_manifest
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun
from tests.unit.quartal.manifest_examples import run_manifest
from tests.unit.quartal.report.example import report_of_real_lengths

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "docs" / "pictures"
WIDTH = 118
DEMO_ROWS = 50_000
_COUNTED = ("rows_in", "kept", "quarantined", "duplicates")
_KILLED, _TIMEOUT = f"wr_{'4d1f' * 16}", "The job ran longer than its timeout of 60 minutes and was stopped"


def as_svg(console: RichConsole, title: str, name: str) -> str:
    """What a recording console has printed, as a picture that asks nothing of the network."""
    console.print()  # the last line would lose its feet
    picture = console.export_svg(title=title, unique_id=name)
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)  # the fonts would come from there


def main() -> None:
    """Write terminal-run.svg and terminal-history.svg, and terminal-demo.svg where it is asked for."""
    FOLDER.mkdir(exist_ok=True)
    report = report_of_real_lengths()
    done = [run for run in report.runs if run.deliveries][-2:]
    before, newest = (_manifest(run) for run in done)
    killed = _manifest(replace(done[1], run_id=_KILLED, started=done[1].started - timedelta(hours=8)), _TIMEOUT)
    lines = [
        *finding_lines(report.findings, _typed),
        cost_in_words(report.runs, report.runs[-1].run_id, is_local=False),
    ]

    recorder, console = _recording()
    start = done[1].started
    crawled = start + timedelta(seconds=94)
    going = WorkflowRun(
        workflow="quartal-dev-sightings",
        run_id=newest.run_id,
        status="RUNNING",
        crawl=Step("crawl", "crawler", Outcome.SUCCEEDED, started=start, ended=crawled),
        job=Step("job", "job", Outcome.RUNNING, "jr_5", "", crawled),
        started=start,
    )
    stages = (
        f"stage=validate deliveries=1 rows={newest.totals.rows_in} kept={newest.totals.kept} "
        f"quarantined={newest.totals.quarantined} duplicates={newest.totals.duplicates} seconds=611.0",
    )
    recorder.print(f"Workflow quartal-dev-sightings, run {newest.run_id}")
    recorder.print(
        as_table(diagram_steps(going, crawled + timedelta(seconds=743), stages, typical_seconds([955.0, 1850.0])))
    )
    recorder.print("\n[dim]... and at its end:[/dim]\n")
    show_manifest(console, newest, typed=_typed, attention=Attention(tuple(lines)))
    _write("terminal-run", as_svg(recorder, "quartal run --env dev", "run"))

    recorder, console = _recording()
    print_history(console, [before, killed, newest])
    _write("terminal-history", as_svg(recorder, "quartal history --env dev", "history"))

    if sys.argv[1:] == ["demo"]:
        recorder, _ = _recording()
        recorder.print(Text(_shortened(_demo())))
        _write("terminal-demo", as_svg(recorder, "./nox -s demo", "demo"))


def _typed(*words: str) -> str:
    """A command as somebody types it for the environment of the pictures."""
    return f"`{' '.join(('quartal', words[0], '--env dev', *words[1:]))}`"


def _manifest(run: RunRecord, reason: str | None = None) -> RunManifest:
    """A run's manifest, of one that published its deliveries or, for a reason, nothing."""
    seconds = 3600.0 if reason else run.job_seconds or 0.0
    deliveries = (
        []
        if reason
        else [
            {
                "delivery": rows.delivery,
                "inputs": [{"uri": file.uri, "size_bytes": file.size_bytes, "etag": file.etag} for file in rows.files],
                **{name: getattr(rows, name) for name in (*_COUNTED, "violations", "first_day", "last_day")},
                "conflicts": 0,
            }
            for rows in run.deliveries
        ]
    )
    totals = {name: sum(each[name] for each in deliveries) for name in (*_COUNTED, "conflicts")}
    table = {"location": "s3://lake/", "files": 12, "partitions": [], "tags": [run.run_id]}
    quarters = [each.delivery for each in run.deliveries]
    return run_manifest(
        run_id=run.run_id,
        status="FAILED" if reason else "SUCCEEDED",
        reason=reason,
        published_anything=not reason,
        started_at=run.started.isoformat().replace("+00:00", "Z"),
        finished_at=(run.started + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
        seconds=seconds,
        totals=totals,
        deliveries=deliveries,
        curated=None if reason else table | {"table": "feed_curated", "snapshot_id": 7355255705321245555},
        features=None
        if reason
        else table
        | {
            "table": "feed_features",
            "snapshot_id": 7355255705321251110,
            "partitions": quarters,
            "tags": ["2026Q2", *quarters, run.run_id],
        },
    )


def _recording() -> tuple[RichConsole, Console]:
    """A console that records, and one of ours that writes to it."""
    recorder = RichConsole(record=True, width=WIDTH, file=io.StringIO(), highlight=False, force_terminal=True)
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
