"""`quartal cost`: what each run and each month cost, from Glue, the manifests and the region's prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from etl_job.findings.wording import count as count_of
from plan_review.prices import load_prices
from quartal.core.terminal_tables import Column, Kind
from quartal.deploy.review import prices_folder
from quartal.report.collect import past_runs
from quartal.report.cost import price_basis
from quartal.report.model import RunRecord
from quartal.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    """The runs that started in a month, in UTC.

    Attributes:
        month: such as 2026-03.
        runs: their number, including those of unknown cost.
        dpu_seconds: what their jobs are billed for.
        usd: the sum of the known costs; None if none is known.
        unknown: how many of the runs have no known cost.
        is_whole: whether these are all runs of the month that are known; otherwise only the newest of them.
    """

    month: str
    runs: int
    dpu_seconds: float
    usd: float | None
    unknown: int
    is_whole: bool = True


def by_month(runs: Iterable[RunRecord], *, before: RunRecord | None = None) -> tuple[MonthlyCost, ...]:
    """The cost of the jobs by the month in which their run started, the earliest first.

    `before` is the run before these, if there is one.
    """
    months: dict[str, list[RunRecord]] = {}
    for run in runs:
        months.setdefault(f"{run.started:%Y-%m}", []).append(run)
    found = []
    for month, started in sorted(months.items()):
        known = [run.cost.usd for run in started if run.cost is not None and run.cost.usd is not None]
        found.append(
            MonthlyCost(
                month=month,
                runs=len(started),
                dpu_seconds=sum(run.cost.dpu_seconds for run in started if run.cost is not None),
                usd=sum(known) if known else None,
                unknown=len(started) - len(known),
                is_whole=before is None or f"{before.started:%Y-%m}" != month,
            )
        )
    return tuple(found)


_COLUMNS = (
    Column("started (UTC)", Kind.WHOLE),
    Column("run", Kind.ID, optional=1),
    Column("status", Kind.STATE),
    Column("deliveries", optional=2),
    Column("DPU-seconds", Kind.WHOLE, optional=3),
    Column("USD", Kind.WHOLE),
)


def show_run_costs(workspace: Workspace, count: int, *, wide: bool) -> bool:
    """Print the newest runs with their cost, the newest first, and the months they belong to.

    Args:
        workspace: of the pipeline.
        count: how many runs.
        wide: show every column in full.

    Returns:
        Whether all manifests could be read; those that could not are named.

    Raises:
        NotDeployedError: nothing is deployed.
        PipelineError: Glue gives a state that is not known.
    """
    deployment, connection, console = workspace.deployment, workspace.connection, workspace.console
    basis = price_basis(load_prices(deployment.region, prices_folder(workspace)))
    past = past_runs(deployment, connection.glue(), connection.s3(), basis, count + 1)
    runs, before = past.runs[-count:], past.runs[0] if len(past.runs) > count else None
    months = by_month(runs, before=before)
    newest_first = runs[::-1]
    data = {
        "prices": asdict(basis) if basis is not None else None,
        "is_local": workspace.settings.is_local,
        "months": [asdict(month) for month in months],
        "runs": [_record(run) for run in newest_first],
        "unread_manifests": [each.as_record() for each in past.unread],
    }
    if console.as_json:
        console.json(data)
        return not past.unread
    for manifest in past.unread:
        console.warn(f"Left out, unless Glue knows the run: {manifest.sentence}")
    if not runs:
        if not past.unread:
            console.note("Nothing has run yet: `quartal upload FOLDER`, then `quartal run`.")
        return not past.unread
    rows = [
        (
            f"{run.started:%Y-%m-%d %H:%M:%S}",
            run.run_id,
            run.outcome,
            run.deliveries_in_words,
            round(run.cost.dpu_seconds) if run.cost is not None else "unknown",
            _usd(run.cost.usd if run.cost is not None else None),
        )
        for run in newest_first
    ]
    console.table("", _COLUMNS, rows, data=data, wide=wide)
    for month in months:
        unknown = f", {month.unknown} of them unknown" if month.unknown else ""
        newest = "" if month.is_whole else ", the newest of that month (--last shows more)"
        console.note(f"  {month.month}: {_usd(month.usd)} USD for {count_of(month.runs, 'run')}{newest}{unknown}")
    if basis is None:
        console.note(f"  There are no prices for {deployment.region}: `quartal cost {deployment.region} --refresh`.")
    else:
        console.note(
            f"  {basis.usd_per_dpu_hour} USD per DPU-hour, {basis.region}, {basis.as_of} ({basis.origin}); jobs only."
        )
    if workspace.settings.is_local:
        console.note("  LocalStack costs nothing; this is what AWS would charge for the same durations.")
    console.note("  What is deployed also costs money each month: `quartal plan` shows how much.")
    return not past.unread


def _record(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "started": run.started,
        "started_at": run.started,
        "state": run.outcome,
        "outcome": run.outcome,
        "deliveries": list(run.delivery_names),
        "withdrawn": list(run.withdrawn),
        "cost": asdict(run.cost) if run.cost is not None else None,
    }


def _usd(value: float | None) -> str:
    return f"{value:.4f}" if value is not None else "unknown"
