"""`quartal history`: the runs of the job, from the manifests in the lake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from quartal.core.console import Console
from quartal.core.terminal_tables import Column, Kind, id_length
from quartal.runs.manifests import UnreadManifest, read_latest_manifests
from quartal.runs.outcome import deliveries_in_words
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. Rows are those of the deliveries that it processed; `seconds` is how long the job took.

    Of a run whose manifest cannot be read, only the reason is known; its status is UNREADABLE.
    """

    run_id: str
    started_at: str | None
    status: str
    reason: str | None
    deliveries: tuple[str, ...]
    withdrawn: tuple[str, ...]
    rows_in: int | None
    kept: int | None
    quarantined: int | None
    duplicates: int | None
    seconds: float | None

    @classmethod
    def from_manifest(cls, manifest: RunManifest) -> PastRun:
        """Read a run manifest, see docs/reference/outputs.md."""
        from etl_job.findings.run_facts import withdrawn_in  # which help need not load

        totals = manifest.totals
        return cls(
            run_id=manifest.run_id,
            started_at=manifest.started_at.isoformat().replace("+00:00", "Z"),
            status=manifest.status,
            reason=manifest.reason,
            deliveries=tuple(delivery.delivery for delivery in manifest.deliveries),
            withdrawn=withdrawn_in(manifest),
            rows_in=totals.rows_in,
            kept=totals.kept,
            quarantined=totals.quarantined,
            duplicates=totals.duplicates,
            seconds=manifest.seconds,
        )

    @classmethod
    def unread(cls, manifest: UnreadManifest) -> PastRun:
        """A run whose manifest cannot be read."""
        return cls(manifest.run_id, None, "UNREADABLE", manifest.sentence, (), (), None, None, None, None, None)


_COLUMNS = (
    Column("started (UTC)", Kind.WHOLE),
    Column("run", Kind.ID),
    Column("status", Kind.STATE),
    Column("deliveries", optional=1),
    Column("rows in", optional=4),
    Column("kept", optional=2),
    Column("quarantined", optional=3),
    Column("duplicates", optional=5),
    Column("seconds", optional=6),
)


def show_history(workspace: Workspace, count: int, *, wide: bool) -> bool:
    """Print the newest runs, the newest first; `wide` shows every column in full.

    Returns:
        Whether all of them could be read; manifests that could not are named.
    """
    deployment = workspace.deployment
    latest = read_latest_manifests(
        workspace.connection.s3(), deployment.lake_bucket, deployment.manifests_prefix(), count
    )
    print_history(workspace.console, latest.found, latest.unread, wide=wide)
    return not latest.unread


def print_history(
    console: Console, manifests: Iterable[RunManifest], unread: Sequence[UnreadManifest] = (), *, wide: bool = False
) -> None:
    """Print the runs of these manifests, the newest first, then those whose manifests could not be read."""
    read = [(manifest.started_at, PastRun.from_manifest(manifest)) for manifest in manifests]
    runs = [run for _, run in sorted(read, key=lambda each: each[0], reverse=True)]
    if console.as_json:
        listed = [*runs, *map(PastRun.unread, unread)]
        console.json([asdict(run) | {"state": run.status} for run in listed])
        return
    if not runs and not unread:
        console.note("No run has written a manifest yet: `quartal upload FOLDER`, then `quartal run`.")
        return
    rows = [
        (
            str(run.started_at)[:19].replace("T", " "),
            run.run_id,
            run.status,
            deliveries_in_words(run.deliveries, run.withdrawn, is_told=run.status == "SUCCEEDED"),
            run.rows_in,
            run.kept,
            run.quarantined,
            run.duplicates,
            round(run.seconds or 0),
        )
        for run in runs
    ]
    if rows:
        console.table("", _COLUMNS, rows, data=None, wide=wide)
    length = id_length([run.run_id for run in runs]) if console.is_terminal and not wide else None
    for run in runs:
        if run.reason:
            console.note(f"  {run.run_id[:length]}: {run.reason}")
    for manifest in unread:
        console.warn(f"Left out: {manifest.sentence}")
