"""The picture of a run, from states alone."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rich.console import Console as RichConsole

from quartal.runs.diagram import as_table, diagram_steps, stage_in_words, typical_seconds
from quartal.runs.follower import RunFollower
from quartal.runs.logs import PROGRESS_MARK
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun

START = datetime(2026, 4, 8, 3, tzinfo=UTC)
NOW = START + timedelta(seconds=30)
CRAWLED = Step("crawl", "crawler", Outcome.SUCCEEDED, started=START, ended=START + timedelta(seconds=5))
RUNNING = Step("job", "job", Outcome.RUNNING, run_id="jr_1", started=START + timedelta(seconds=6))
WRITTEN = ("stage=validate rows=1000 seconds=3.1", "stage=write files=9 seconds=2.0")


def make_run(crawl: Step, job: Step) -> WorkflowRun:
    return WorkflowRun("flow", "wr_1", "RUNNING", crawl, job)


def states(run: WorkflowRun, stages: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(line.kind, line.state) for line in diagram_steps(run, NOW, stages, "")]


@pytest.mark.parametrize(
    ("crawl", "job", "stages", "expected"),
    [
        pytest.param(Step("crawl", "c"), Step("job", "j"), (), "going waiting waiting waiting", id="just-started"),
        pytest.param(
            Step("crawl", "c", Outcome.RUNNING, started=START),
            Step("job", "j"),
            (),
            "done going waiting waiting",
            id="crawls",
        ),
        pytest.param(
            Step("crawl", "c", Outcome.FAILED, started=START, ended=NOW),
            Step("job", "j"),
            (),
            "done failed waiting waiting",
            id="crawl-failed",
        ),
        pytest.param(CRAWLED, RUNNING, WRITTEN[:1], "done done going waiting", id="validates"),
        pytest.param(CRAWLED, RUNNING, WRITTEN, "done done going going", id="publishes"),
        pytest.param(
            CRAWLED, RUNNING, (*WRITTEN, "stage=publish seconds=1"), "done done going done", id="has-published"
        ),
        pytest.param(
            CRAWLED,
            Step("job", "j", Outcome.FAILED, "jr_1", "InputError: x", START, NOW),
            WRITTEN,
            "done done failed waiting",
            id="job-failed-before-it-published",
        ),
    ],
)
def test_each_step_is_waiting_going_done_or_failed(crawl, job, stages, expected):
    assert [state for _, state in states(make_run(crawl, job), stages)] == expected.split()


def test_run_that_found_nothing_new_has_published_nothing():
    done = Step("job", "j", Outcome.SUCCEEDED, "jr_1", "", START, NOW)
    assert diagram_steps(make_run(CRAWLED, done), NOW, (), "")[3].what == "nothing new"


def test_running_step_counts_from_its_start_and_a_finished_one_stands():
    _, crawl, job, _ = diagram_steps(make_run(CRAWLED, RUNNING), NOW, WRITTEN, "the last took 40 s")
    assert (crawl.seconds, job.seconds) == (5, 24)
    assert job.what == "RUNNING, wrote features of ?, the last took 40 s"


@pytest.mark.parametrize(
    ("past", "said"),
    [
        ([], ""),
        ([41.2], "the last took 41 s"),
        ([40.0, 42.0, 41.0], "the last took 41 s"),
        ([40.0, 80.0], "the last 2 took 40 to 80 s"),
    ],
)
def test_estimate_is_what_past_runs_took(past, said):
    assert typical_seconds(past) == said


def test_picture_can_be_read_without_colour():
    console = RichConsole(width=80, color_system=None, record=True, force_terminal=False)
    console.print(as_table(diagram_steps(make_run(CRAWLED, RUNNING), NOW, (), "")))
    lines = [line.split() for line in console.export_text().splitlines()]
    assert lines[1][:4] == ["✓", "crawl", "5", "s"]
    assert lines[2][:4] == ["▶", "job", "24", "s"]


def test_run_on_a_terminal_is_drawn_with_all_that_its_log_has_said_and_nothing_is_written_below():
    console, pages = RichConsole(width=120, color_system=None, record=True, force_terminal=False), iter(WRITTEN)
    log = SimpleNamespace(new_lines=lambda: ["another line", f"{PROGRESS_MARK} {next(pages)}"])
    follower = RunFollower(SimpleNamespace(), lambda _: log, draw=console.print, typical="the last took 9 s")
    for state, said in (("waiting", "checked 1,000 rows"), ("going", "wrote features of ?, the last took 9 s")):
        follower.show(make_run(CRAWLED, RUNNING))
        text = console.export_text()
        assert said in text
        assert (text.splitlines()[-1].split()[0] == "▶") is (state == "going")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "stage=catalog run_id=wr_1 deliveries=2024Q1,2024Q2 files=2 bytes=9 seconds=0.4",
            "found 2 files of 2024Q1,2024Q2",
        ),
        ("stage=session seconds=5.0", "Spark has started"),
        (
            "stage=validate deliveries=2 rows=15482 kept=15250 quarantined=77 duplicates=155 conflicts=0 seconds=31.6",
            "checked 15,482 rows: 15,250 kept, 77 bad, 155 duplicates",
        ),
        ("stage=catalog run_id=wr_1 deliveries=2024Q1 files=1 bytes=9 seconds=0.4", "found 1 file of 2024Q1"),
        ("stage=catalog run_id=wr_1 deliveries=none files=0 bytes=0 seconds=0.4", "found no new delivery"),
        (
            "stage=validate deliveries=1 rows=1 kept=0 quarantined=0 duplicates=1 conflicts=0 seconds=31.6",
            "checked 1 row: 0 kept, 0 bad, 1 duplicate",
        ),
        ("stage=write curated_files=2 feature_files=4 quarters=2024Q1 seconds=2.0", "wrote features of 2024Q1"),
        ("stage=publish seconds=1.0", "published the tables"),
        ("stage=polish shine=3", "polish: shine=3"),
        ("something else", "something else"),
    ],
)
def test_stage_is_described_in_words(line, words):
    assert stage_in_words(line) == words
