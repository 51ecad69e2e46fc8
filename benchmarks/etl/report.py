"""Ratios and tables from the lines that were measured; what was not asked for is absent, and said to be."""

from __future__ import annotations

from rich.table import Table

from benchmarks.etl.formats import PLAIN, SPELLINGS
from benchmarks.etl.legs import (
    ALONE,
    MILLION,
    ON_HISTORY,
    EtlResult,
    Line,
    delivery_text,
    rows_text,
    small_text,
    spelling_text,
)
from benchmarks.etl.tools import BARE, BARE_SAME_JAVA, DUCKDB, NAIVE, OURS, TUNED, TUNED_SAME_JAVA

# What each number needs, for those who ask why it is absent.
NEEDS = {
    "wall_over_tuned_spark": "--rows 10000000",
    "cpu_over_tuned_spark": "--rows 10000000",
    "wall_over_tuned_spark_1m": "--rows 1000000",
    "cpu_over_tuned_spark_1m": "--rows 1000000",
    "wall_over_tuned_spark_same_java": "--rows 10000000",
    "wall_over_tuned_spark_1m_same_java": "--rows 1000000",
    "wall_over_naive": "--rows 1000000, without --quick",
    "wall_over_duckdb": "--rows 40000000",
    "s3a_over_local": "--s3a",
    "growth_10x": "--rows 1000000,10000000",
    "fifth_over_first_delivery": "--deliveries",
    "small_over_bare_session": "--small",
    "small_over_bare_session_same_java": "--small",
    "cpu_small_over_bare_session": "--small",
    "on_history_over_alone": "--history",
    "cpu_on_history_over_alone": "--history",
    **{f"{spelling.name}_over_plain": "--formats" for spelling in SPELLINGS},
    "rows_per_s": "--rows 10000000",
    "peak_rss_mb": "--rows 10000000",
    "shuffle_bytes_per_row": "--rows 10000000",
    "peak_rss_mb_most": "--rows 10000000",
    "class_archive_used": "a run of the job whose Java is told of an archive, on Linux",
}


def ratios(result: EtlResult) -> dict[str, float]:
    """What the measured lines allow to say. Wall and CPU ratios are of medians, ours over the peer's."""
    one, ten, forty = (rows_text(millions * MILLION) for millions in (1, 10, 40))
    found: dict[str, float] = {}

    def over(name: str, ours: Line | None, peer: Line | None, of: str = "wall_s") -> None:
        if ours is not None and peer is not None:
            found[name] = round(getattr(ours, of) / getattr(peer, of), 3)

    over("wall_over_tuned_spark", result.line(ten), result.line(ten, TUNED))
    over("cpu_over_tuned_spark", result.line(ten), result.line(ten, TUNED), "cpu_s")
    over("wall_over_tuned_spark_1m", result.line(one), result.line(one, TUNED))
    over("cpu_over_tuned_spark_1m", result.line(one), result.line(one, TUNED), "cpu_s")
    over("wall_over_tuned_spark_same_java", result.line(ten), result.line(ten, TUNED_SAME_JAVA))
    over("wall_over_tuned_spark_1m_same_java", result.line(one), result.line(one, TUNED_SAME_JAVA))
    over("wall_over_naive", result.line(one), result.line(one, NAIVE))
    over("wall_over_duckdb", result.line(forty), result.line(forty, DUCKDB))
    over("growth_10x", result.line(ten), result.line(one))
    remote = next((line for line in result.lines if line.work.endswith(", S3A")), None)
    local = next((line for line in result.lines if line.work.endswith(", files")), None)
    over("s3a_over_local", remote, local)
    for millions in (1, 5):
        beside = result.line(spelling_text(millions * MILLION, PLAIN.name))
        size = "" if millions == 1 else f"_{millions}m"
        for spelling in SPELLINGS:
            ours = result.line(spelling_text(millions * MILLION, spelling.name))
            over(f"{spelling.name}_over_plain{size}", ours, beside)
    bare = result.line(small_text(), BARE)
    over("small_over_bare_session", result.line(small_text()), bare)
    over("small_over_bare_session_same_java", result.line(small_text()), result.line(small_text(), BARE_SAME_JAVA))
    over("cpu_small_over_bare_session", result.line(small_text()), bare, "cpu_s")
    over("on_history_over_alone", result.line(ON_HISTORY), result.line(ALONE))
    over("cpu_on_history_over_alone", result.line(ON_HISTORY), result.line(ALONE), "cpu_s")
    of_deliveries = [line for line in result.lines if line.work.startswith("delivery ")]
    if of_deliveries:
        rows = of_deliveries[0].rows
        first, fifth = (result.line(delivery_text(rows, place)) for place in (1, 5))
        over("fifth_over_first_delivery", fifth, first)
    largest = result.line(ten)
    if largest is not None:
        found["rows_per_s"] = round(largest.rows / largest.wall_s)
        found["peak_rss_mb"] = round(largest.peak_rss_mb)
        found["peak_rss_mb_most"] = round(max(cost.peak_rss_mb for cost in largest.costs))
        found["shuffle_bytes_per_row"] = round((largest.shuffle_bytes or 0) / largest.rows, 2)
    told = [line.class_archive for line in result.lines if line.class_archive is not None]
    if told:
        found["class_archive_used"] = float(all(told))
    return found


def absent(found: dict[str, float]) -> list[str]:
    """A line per number that was not measured."""
    return [f"{name}: not measured; needs {needs}" for name, needs in NEEDS.items() if name not in found]


def table(result: EtlResult) -> Table:
    """One line per tool and work."""
    shown = Table("work", "tool", "wall, s", "CPU, s", "peak RSS, MB", "rows/s", "shuffled, B/row", "runs, s")
    for line in result.lines:
        shown.add_row(
            line.work,
            line.tool,
            f"{line.wall_s:.1f}",
            f"{line.cpu_s:.1f}",
            f"{line.peak_rss_mb:,.0f}",
            f"{line.rows / line.wall_s:,.0f}",
            "" if line.shuffle_bytes is None else f"{line.shuffle_bytes / line.rows:.2f}",
            " · ".join(f"{cost.wall_s:.1f}" for cost in line.costs),
            style="bold" if line.tool == OURS else "",
        )
    return shown
