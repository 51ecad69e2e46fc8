"""Prints the result of a run from its manifest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quartal.core.console import Console
from quartal.core.terminal_tables import SHORT_ID, Column, Kind

if TYPE_CHECKING:
    from etl_job.manifest.model import PublishedTable, RunManifest

Typed = Callable[..., str]

_FILES_SHOWN = 5
_REASONS_SHOWN = 3
_NAMES_SHOWN = 4
_QUARTER = re.compile(r"\d{4}Q[1-4]")
_COLUMNS = (
    Column("delivery"),
    Column("files", Kind.WHOLE, optional=2),
    Column("rows in", Kind.WHOLE),
    Column("kept", Kind.WHOLE),
    Column("quarantined", Kind.WHOLE),
    Column("duplicates", Kind.WHOLE),
    Column("days", Kind.WHOLE, optional=1),
)


@dataclass(frozen=True, slots=True)
class Attention:
    """The findings after a run, as text and as JSON; empty if it is not the newest run."""

    lines: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def show_manifest(
    console: Console, manifest: RunManifest, *, typed: Typed | None = None, attention: Attention = Attention()
) -> None:
    """Print the counts of each delivery, the result in a sentence, and the next commands; or all as JSON.

    Args:
        console: where to.
        manifest: of a run that succeeded.
        typed: writes a command as a user would type it; without it no next commands are printed.
        attention: what needs attention now.
    """
    data = manifest.model_dump(mode="json")
    data |= {"state": data["status"], **attention.data}
    if console.as_json:
        console.json(data)
        return
    if not manifest.deliveries:
        # pydantic, which commands without manifests need not load
        from etl_job.findings.run_facts import done_in

        done = done_in(manifest)
        took = f"{done} in {manifest.seconds:.0f} s."
        nothing = "nothing new since the last run; the published tables are unchanged."
        sentence = f"Run {manifest.run_id}: {took if done else nothing}"
        console.result("\n".join((sentence, *attention.lines)), data=data)
        _warn_about_files(console, manifest)
        return
    rows: list[tuple[Any, ...]] = [
        (
            delivery.delivery,
            len(delivery.inputs),
            delivery.rows_in,
            delivery.kept,
            delivery.quarantined,
            delivery.duplicates,
            f"{delivery.first_day} to {delivery.last_day}" if delivery.first_day else "none",
        )
        for delivery in manifest.deliveries
    ]
    totals = manifest.totals
    rows.append(
        (
            "total",
            sum(row[1] for row in rows),
            totals.rows_in,
            totals.kept,
            totals.quarantined,
            totals.duplicates,
            f"in {manifest.seconds:.0f} s",
        )
    )
    console.table(f"Run {manifest.run_id}", _COLUMNS, rows, data=data)
    console.result("\n".join((describe_outcome(manifest), *attention.lines, *_next(manifest, typed))), data=data)
    for table in (manifest.curated, manifest.features):
        if table is not None:
            own = tags_set_by(manifest, table)
            short = [tag[:SHORT_ID] if tag == manifest.run_id else tag for tag in own]
            tags = f" and set {'tag' if len(own) == 1 else 'tags'} {', '.join(short)}" if own else ""
            console.note(f"  published {table.table} (snapshot {table.snapshot_id}){tags}")
    _warn_about_files(console, manifest)


def tags_set_by(manifest: RunManifest, table: PublishedTable) -> tuple[str, ...]:
    """The tags of a table that a run set: its own, and those of quarters from the first one that it changed on.

    The manifest has all tags of the table. Each quarter's names a snapshot of its own, up to that quarter. Of quarters
    that lost all of their rows the run computed nothing, but removed their CSV; a run that ended before its CSV export
    does not tell them.
    """
    emptied = manifest.csv_export.removed if manifest.csv_export is not None else ()
    first = min(table.partitions or emptied, default=None)
    return tuple(
        tag
        for tag in table.tags
        if tag == manifest.run_id or (first is not None and tag >= first and _QUARTER.fullmatch(tag))
    )


def deliveries_in_words(processed: Iterable[str], withdrawn: Iterable[str], *, is_told: bool) -> str:
    """The deliveries that a run processed and withdrew; `is_told` if it could tell that there were none."""
    names = [*processed, *(f"{name} withdrawn" for name in withdrawn)]
    return ", ".join(names) or ("none new" if is_told else "not known")


def explain_manifest(console: Console, manifest: RunManifest, *, resume: str) -> None:
    """Explain a run of which only the manifest is left; `resume` is the command that tries again."""
    if manifest.status == "SUCCEEDED":
        show_manifest(console, manifest)
        return
    reasons, remedy = top_reasons(manifest), f"Fix the cause, then: {resume}"
    message = f"Run {manifest.run_id} failed: {manifest.reason or 'the reason is not known'}"
    console.result(
        "\n".join((message, *(f"  │ {reason}" for reason in reasons), f"What to do: {remedy}")),
        data={
            "run_id": manifest.run_id,
            "status": manifest.status,
            "state": manifest.status,
            "succeeded": False,
            "message": message,
            "details": list(reasons),
            "remedy": remedy,
        },
    )


def _warn_about_files(console: Console, manifest: RunManifest) -> None:
    """Name the files that were read although the crawler did not catalog them, and those that were not read."""
    unknown = manifest.not_catalogued
    if unknown:
        console.warn(f"The crawler did not catalog {', '.join(unknown)}; the run read the files by the contract.")
    left_out = manifest.left_out
    for file in left_out[:_FILES_SHOWN]:
        console.warn(f"Left out: {file.uri}: {file.reason}")
    if len(left_out) > _FILES_SHOWN:
        from etl_job.findings.wording import count  # which help need not load

        more = count(len(left_out) - _FILES_SHOWN, "more file")
        console.warn(f"Left out: {more}; the run's manifest lists them.")


def describe_outcome(manifest: RunManifest) -> str:
    """What a run with deliveries did, in a sentence, and the most frequent reasons for quarantine."""
    from etl_job.findings.run_facts import withdrawn_in  # which help need not load
    from etl_job.findings.wording import count as count_of
    from etl_job.findings.wording import percent

    totals, names = manifest.totals, [each.delivery for each in manifest.deliveries]
    share = f" ({percent(totals.kept / totals.rows_in)})" if totals.rows_in else ""
    done = "Published" if manifest.features is not None else "Processed"
    rows = f"{totals.kept:,} of {count_of(totals.rows_in, 'row')} kept{share}"
    sentence = f"{done} {_some(names)}: {rows} in {manifest.seconds:.0f} s."
    withdrawn = list(withdrawn_in(manifest))
    gone = f" Withdrew {_some(withdrawn)} from the tables." if withdrawn else ""
    found = violations(manifest)
    if not found:
        return f"{sentence}{gone}"
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in found[:_REASONS_SHOWN])
    rest = len(found) - _REASONS_SHOWN
    more = f", and {count_of(rest, 'more rule')}" if rest > 0 else ""
    if not totals.kept:
        are = "is" if totals.quarantined == 1 else "are"
        sentence = f"No row of {_some(names)} was kept: {totals.quarantined:,} of {totals.rows_in:,} {are} quarantined."
    return f"{sentence}{gone}\nQuarantined {totals.quarantined:,}: {reasons}{more}."


def _next(manifest: RunManifest, typed: Typed | None) -> list[str]:
    if typed is None:
        return []
    commands = [typed("report")]
    quarters = sorted(tag for tag in (manifest.features.tags if manifest.features else ()) if _QUARTER.fullmatch(tag))
    if len(quarters) > 1:
        commands.append(typed("diff", quarters[-2], quarters[-1]))
    if violations(manifest):
        commands.append(typed("explain", manifest.run_id[:SHORT_ID]))
    return [f"Next: {', '.join(commands)}"]


def _some(names: list[str]) -> str:
    """The names, or of many the first and how many more; quarters without a gap by the first and the last."""
    from etl_job.findings.wording import some  # which help need not load

    if len(names) <= _NAMES_SHOWN or not all(map(_QUARTER.fullmatch, names)):
        return some(names, _NAMES_SHOWN)
    places = [int(name[:4]) * 4 + int(name[-1]) for name in names]
    if places != list(range(places[0], places[0] + len(places))):
        return some(names, _NAMES_SHOWN)
    return f"{names[0]} to {names[-1]} ({len(names)} deliveries)"


def top_reasons(manifest: RunManifest, count: int | None = None) -> tuple[str, ...]:
    """Why rows were quarantined, the most frequent reason first."""
    return tuple(
        f"quarantined for {reason}: {rows:,} row{'' if rows == 1 else 's'}"
        for reason, rows in violations(manifest)[:count]
    )


def violations(manifest: RunManifest) -> list[tuple[str, int]]:
    """Reasons over all deliveries, the most frequent first; a row that breaks two rules counts under both."""
    counts: dict[str, int] = {}
    for delivery in manifest.deliveries:
        for reason, count in delivery.violations.items():
            counts[reason] = counts.get(reason, 0) + count
    return sorted(((reason, count) for reason, count in counts.items() if count), key=lambda item: (-item[1], item[0]))
