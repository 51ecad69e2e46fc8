"""What is measured: sizes, S3A against local files, deliveries one after the other. All tools take turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.etl.feed import EQUAL_QUARTERS, equal_deliveries, write_feed
from benchmarks.etl.formats import PLAIN, SPELLINGS
from benchmarks.etl.lake import DATASET, Lake, deliveries_in, local_lake, s3_lake, upload
from benchmarks.etl.measuring import BenchmarkError, Cost
from benchmarks.etl.tools import (
    BARE,
    BARE_SAME_JAVA,
    DUCKDB,
    NAIVE,
    OURS,
    TUNED,
    TUNED_SAME_JAVA,
    Bench,
    Job,
    Outcome,
    Tool,
    tools,
)

MILLION, SMALL, LEAST = 1_000_000, 20_000, 2_000
ON_HISTORY, ALONE = "last of eight deliveries", "the same alone"
Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Line:
    """The runs of one tool on one kind of work."""

    work: str
    tool: str
    rows: int
    costs: tuple[Cost, ...]
    shuffle_bytes: int | None
    class_archive: bool | None = None

    @property
    def wall_s(self) -> float:
        """The median over the runs; the same for the other two."""
        return statistics.median(cost.wall_s for cost in self.costs)

    @property
    def cpu_s(self) -> float:
        """Processor seconds of the whole process tree."""
        return statistics.median(cost.cpu_s for cost in self.costs)

    @property
    def peak_rss_mb(self) -> float:
        """Memory of the whole process tree."""
        return statistics.median(cost.peak_rss_mb for cost in self.costs)


@dataclass
class EtlResult:
    """All lines of a run of the benchmark."""

    lines: list[Line] = field(default_factory=list)

    def line(self, work: str, tool: str = OURS) -> Line | None:
        """The line of this work and tool; None where it was not asked for."""
        return next((line for line in self.lines if (line.work, line.tool) == (work, tool)), None)


def rows_text(rows: int) -> str:
    """For instance ``10 M rows``."""
    return f"{rows / MILLION:g} M rows"


def tools_for(rows: int) -> tuple[str, ...]:
    """Who takes part at a size: the naive script only up to a million rows, DuckDB everywhere."""
    both = (OURS, TUNED, TUNED_SAME_JAVA, DUCKDB)
    return both if rows > MILLION else (*both, NAIVE)


def sizes(bench: Bench, result: EtlResult, rows: int, names: Sequence[str], rounds: int, announce: Announce) -> None:
    """The whole work on one feed by several tools. Raises BenchmarkError where they do not give the same answer."""
    feed = write_feed(bench.scratch, rows, announce)
    chosen = tools(bench, names)
    _prepare(bench, chosen, announce)
    outcomes: dict[str, list[Outcome]] = {tool.name: [] for tool in chosen}
    for number in range(rounds):
        for tool in chosen:
            outcome = tool.run(feed)
            outcomes[tool.name].append(outcome)
            announce(_said(rows_text(rows), tool.name, number, outcome.cost))
    _check_same(outcomes)
    result.lines += [_line(rows_text(rows), name, rows, found) for name, found in outcomes.items()]


def small(bench: Bench, result: EtlResult, rounds: int, announce: Announce) -> None:
    """The whole job on few rows, in turns with a program that does nothing but start and count one file."""
    feed = write_feed(bench.scratch, LEAST, announce)
    chosen = tools(bench, (OURS, BARE, BARE_SAME_JAVA))
    _prepare(bench, chosen, announce)
    outcomes: dict[str, list[Outcome]] = {tool.name: [] for tool in chosen}
    for number in range(rounds):
        for tool in chosen:
            outcomes[tool.name].append(tool.run(feed))
            announce(_said(small_text(), tool.name, number, outcomes[tool.name][-1].cost))
    result.lines += [_line(small_text(), name, LEAST, found) for name, found in outcomes.items()]


def small_text() -> str:
    """The name of the work on few rows."""
    return f"{LEAST} rows"


def on_history(bench: Bench, result: EtlResult, rows: int, rounds: int, announce: Announce) -> None:
    """The last delivery of a feed on those before it, which another run has published, and in a lake of its own."""
    feed = write_feed(bench.scratch, rows, announce)
    job = Job(bench)
    _prepare(bench, [job], announce)
    found = deliveries_in(feed)
    *before, last = sorted(found)
    outcomes: dict[str, list[Outcome]] = {ON_HISTORY: [], ALONE: []}
    for number in range(rounds):
        for work, published in ((ON_HISTORY, before), (ALONE, [])):
            lake = local_lake(bench.connection, bench.scratch)
            try:
                if published:
                    lake.add_deliveries({name: found[name] for name in published})
                    job.run_in(lake)
                lake.add_deliveries({last: found[last]})
                outcomes[work].append(job.run_in(lake))
            finally:
                lake.remove()
            announce(_said(work, OURS, number, outcomes[work][-1].cost))
    result.lines += [_line(work, OURS, each[-1].answer.rows_in, each) for work, each in outcomes.items()]


def formats(bench: Bench, result: EtlResult, rows: int, rounds: int, announce: Announce) -> None:
    """The job on the same rows in other spellings, in turns."""
    plain = write_feed(bench.scratch, rows, announce)
    _prepare(bench, [Job(bench)], announce)
    source = bench.settings.root / "data" / "contracts" / f"{DATASET}.yaml"
    spellings = (PLAIN, *SPELLINGS)
    feeds = {each.name: plain if each is PLAIN else each.feed(plain, announce) for each in spellings}
    jobs = {each.name: Job(bench, contract=each.contract(source, bench.scratch)) for each in spellings}
    outcomes: dict[str, list[Outcome]] = {}
    for number in range(rounds):
        for name, job in jobs.items():
            work = spelling_text(rows, name)
            outcomes.setdefault(work, []).append(job.run(feeds[name]))
            announce(_said(work, OURS, number, outcomes[work][-1].cost))
    result.lines += [_line(work, OURS, rows, found) for work, found in outcomes.items()]


def spelling_text(rows: int, name: str) -> str:
    """The name of the work on a feed in another spelling."""
    return f"{rows_text(rows)}, {name}"


def over_s3a(bench: Bench, result: EtlResult, rows: int, rounds: int, announce: Announce) -> None:
    """The job on a bucket of LocalStack, in turns with the job on local files."""
    feed = write_feed(bench.scratch, rows, announce)
    job = Job(bench)
    _prepare(bench, [job], announce)
    local, remote = f"{rows_text(rows)}, files", f"{rows_text(rows)}, S3A"
    outcomes: dict[str, list[Outcome]] = {local: [], remote: []}
    for number in range(rounds):
        lake = s3_lake(bench.connection)
        try:
            upload(bench.connection, lake.root.removeprefix("s3://"), sorted(feed.rglob("*.csv")), f"raw/{DATASET}")
            names = sorted(folder.name for folder in feed.glob("delivery=*"))
            lake.add_deliveries({n.partition("=")[2]: f"{lake.root}/raw/{DATASET}/{n}/" for n in names})
            outcomes[remote].append(job.run_in(lake))
        finally:
            lake.remove()
        outcomes[local].append(job.run(feed))
        for work, found in outcomes.items():
            announce(_said(work, OURS, number, found[-1].cost))
    _check_same(outcomes)
    result.lines += [_line(work, OURS, rows, found) for work, found in outcomes.items()]


def deliveries(bench: Bench, result: EtlResult, rows: int, rounds: int, announce: Announce) -> None:
    """Five deliveries of equal size, each published by a run of its own."""
    feed = equal_deliveries(bench.scratch, rows, announce)
    job = Job(bench)
    _prepare(bench, [job], announce)
    outcomes: dict[str, list[Outcome]] = {}
    for number in range(rounds):
        lake = local_lake(bench.connection, bench.scratch)
        try:
            for place, name in enumerate(EQUAL_QUARTERS, start=1):
                work = delivery_text(rows, place)
                outcomes.setdefault(work, []).append(_deliver(job, lake, feed, name))
                announce(_said(work, OURS, number, outcomes[work][-1].cost))
        finally:
            lake.remove()
    result.lines += [_line(work, OURS, rows, found) for work, found in outcomes.items()]


def _prepare(bench: Bench, chosen: Sequence[Tool], announce: Announce) -> None:
    small = write_feed(bench.scratch, SMALL, announce)
    for tool in chosen:
        tool.prepare(small)


def delivery_text(rows: int, place: int) -> str:
    """The name of the work of one delivery among equal ones."""
    return f"delivery {place} of 5, {rows_text(rows)} each"


def _deliver(job: Job, lake: Lake, feed: Path, name: str) -> Outcome:
    lake.add_deliveries({name: f"file://{feed}/delivery={name}"})
    outcome = job.run_in(lake)
    counts = outcome.answer
    if counts.kept == 0 or counts.rows_in != counts.kept + counts.quarantined + counts.duplicates:
        raise BenchmarkError(f"delivery {name} was not accounted for: {counts}")
    return outcome


def _check_same(outcomes: dict[str, list[Outcome]]) -> None:
    answers = {(name, each.answer) for name, found in outcomes.items() for each in found}
    if len({answer for _, answer in answers}) > 1:
        lines = "\n".join(f"  {name}: {answer}" for name, answer in sorted(answers, key=str))
        raise BenchmarkError(f"the tools did not do the same work:\n{lines}")


def _line(work: str, tool: str, rows: int, found: Sequence[Outcome]) -> Line:
    told = [outcome.class_archive for outcome in found]
    archive = None if None in told else all(told)
    return Line(work, tool, rows, tuple(outcome.cost for outcome in found), found[-1].shuffle_bytes, archive)


def _said(work: str, tool: str, number: int, cost: Cost) -> str:
    return f"{work}, {tool}, run {number + 1}: {cost.wall_s:.1f} s, {cost.cpu_s:.1f} CPU s, {cost.peak_rss_mb:.0f} MB"
