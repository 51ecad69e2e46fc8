"""`quartal history`: the runs of the job, from the manifests in the lake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from quartal.core.console import Console
from quartal.core.terminal_tables import Column, Kind, id_length
from quartal.runs.manifests import read_latest_manifests
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. Rows are those of the deliveries that it processed; `seconds` is how long the job took."""

    run_id: str
    started_at: str
    status: str
    reason: str | None
    deliveries: tuple[str, ...]
    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    seconds: float

    @classmethod
    def from_manifest(cls, manifest: RunManifest) -> PastRun:
        """Read a run manifest, see docs/reference/outputs.md."""
        totals = manifest.totals
        return cls(
            run_id=manifest.run_id,
            started_at=manifest.started_at.isoformat().replace("+00:00", "Z"),
            status=manifest.status,
            reason=manifest.reason,
            deliveries=tuple(delivery.delivery for delivery in manifest.deliveries),
            rows_in=totals.rows_in,
            kept=totals.kept,
            quarantined=totals.quarantined,
            duplicates=totals.duplicates,
            seconds=manifest.seconds,
        )


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


def show_history(workspace: Workspace, count: int, *, wide: bool) -> None:
    """Print the newest runs, the newest first; `wide` shows every column in full."""
    deployment = workspace.deployment
    manifests = read_latest_manifests(
        workspace.connection.s3(), deployment.lake_bucket, deployment.manifests_prefix(), count
    )
    print_history(workspace.console, manifests, wide=wide)


def print_history(console: Console, manifests: Iterable[RunManifest], *, wide: bool = False) -> None:
    """Print the runs of these manifests, the newest first."""
    runs = sorted((PastRun.from_manifest(each) for each in manifests), key=lambda run: run.started_at, reverse=True)
    if not runs and not console.as_json:
        console.note("No run has written a manifest yet: `quartal upload FOLDER`, then `quartal run`.")
        return
    rows = [
        (
            run.started_at[:19].replace("T", " "),
            run.run_id,
            run.status,
            ", ".join(run.deliveries) or "none new",
            run.rows_in,
            run.kept,
            run.quarantined,
            run.duplicates,
            round(run.seconds),
        )
        for run in runs
    ]
    console.table("", _COLUMNS, rows, data=[asdict(run) | {"state": run.status} for run in runs], wide=wide)
    length = id_length([run.run_id for run in runs]) if console.is_terminal and not wide else None
    for run in runs:
        if run.reason and not console.as_json:
            console.note(f"  {run.run_id[:length]}: {run.reason}")
