"""Collects the report's data: runs from Glue, manifests from the lake, features through PyIceberg."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plan_review.prices import PriceList
from quartal.core.errors import NotDeployedError, PipelineError
from quartal.features.query import published_table
from quartal.features.table_reading import read_rows
from quartal.features.table_records import run_of_snapshot
from quartal.features.tags import is_in_step, list_tags
from quartal.report.cost import PriceBasis, price_basis
from quartal.report.drift import QUARTER, FeatureHistory, feature_histories, numeric_features
from quartal.report.findings import Situation, findings_in
from quartal.report.freshness import Freshness, freshness
from quartal.report.model import DeliveryState, Report, RunRecord
from quartal.report.runs import delivery_states, lineage, merge_runs
from quartal.runs.manifests import UnreadManifest, find_manifest, last_success_or_unread, read_latest_manifests
from quartal.runs.workflow_run import all_runs
from quartal.terraform.outputs import Deployment

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from etl_job.manifest.model import RunManifest

Announce = Callable[[str], None]
LOOKED_BACK = 40  # how many runs are read to find what is published, even if fewer are shown


@dataclass(frozen=True, slots=True)
class Window:
    """How much to show. Publications and findings are collected from further back.

    Attributes:
        runs: the newest runs, at most.
        quarters: the newest quarters of the features, at most.
    """

    runs: int = 40
    quarters: int = 8


@dataclass(frozen=True, slots=True)
class Sources:
    """The clients to read with."""

    glue: GlueClient
    s3: S3Client
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class _Features:
    quarters: tuple[str, ...]
    histories: tuple[FeatureHistory, ...]
    last_day: str | None


def collect(
    deployment: Deployment,
    sources: Sources,
    *,
    environment: str,
    is_local: bool,
    prices: PriceList | None,
    window: Window,
    now: datetime,
    announce: Announce,
) -> Report:
    """Read everything; changes nothing.

    Raises:
        AwsError: a file of the features is missing, damaged or may not be read.
        ClientError: Glue or the lake cannot be read.
        ConfigurationError: the prices lack the one of a DPU-hour.
        PipelineError: another program wrote the features in a way that PyIceberg does not read.
    """
    basis = price_basis(prices)
    announce("runs")
    looked_back = max(window.runs, LOOKED_BACK)
    past = past_runs(deployment, sources.glue, sources.s3, basis, looked_back)
    runs, newest = past.runs, past.newest
    features, curated = _table(sources.catalog, deployment, "features"), _table(sources.catalog, deployment, "curated")
    announce("features")
    found = _read_features(features, window.quarters) if features is not None else None
    known = (*publishing_runs(deployment, sources.s3, past), *runs)
    deliveries = delivery_states(newest, known)
    fresh = freshness(
        schedule=deployment.schedule,
        ml_run=deployment.ml_date(),
        last_success=max((run.started for run in runs if run.outcome == "SUCCEEDED"), default=None),
        published=_committed(features),
        last_day=found.last_day if found is not None else None,
        now=now,
    )
    histories = found.histories if found is not None else None
    in_step = is_in_step(curated, features) if curated is not None and features is not None else None
    return Report(
        environment=environment,
        dataset=deployment.dataset,
        database=deployment.database,
        region=deployment.region,
        is_local=is_local,
        made_at=now,
        runs=runs[-window.runs :],
        deliveries=deliveries,
        lineage=lineage(
            newest,
            known,
            curated_snapshots=_snapshots(curated),
            features_snapshots=_snapshots(features),
            tags=_tags(features),
        ),
        quarters=found.quarters if found is not None else (),
        features=histories,
        prices=basis,
        freshness=fresh,
        findings=findings_in(
            build_situation(
                deployment,
                runs,
                deliveries,
                fresh,
                now,
                features=histories,
                in_step=in_step,
                has_earlier_runs=len(runs) >= looked_back,
                unread=past.unread,
            )
        ),
        unread_manifests=past.unread,
    )


def build_situation(
    deployment: Deployment,
    runs: tuple[RunRecord, ...],
    deliveries: tuple[DeliveryState, ...],
    fresh: Freshness,
    now: datetime,
    *,
    features: tuple[FeatureHistory, ...] | None = None,
    in_step: bool | None = None,
    has_earlier_runs: bool = False,
    unread: tuple[UnreadManifest, ...] = (),
) -> Situation:
    """The facts that findings come from, as far as they were collected."""
    documented = next((run for run in reversed(runs) if run.has_manifest), None)
    return Situation(
        runs=runs,
        deliveries=deliveries,
        freshness=fresh,
        schedule=deployment.schedule,
        now=now,
        quarantine_limit=deployment.quarantine_share_limit,
        features=features,
        is_in_step=in_step,
        files_left_out=documented.left_out if documented is not None else 0,
        not_catalogued=documented.not_catalogued if documented is not None else (),
        files_of=documented.run_id if documented is not None else "",
        has_earlier_runs=has_earlier_runs,
        unread=unread,
    )


@dataclass(frozen=True, slots=True)
class PastRuns:
    """The newest runs.

    Attributes:
        runs: from Glue and the manifests, the oldest first.
        newest: the manifest of the newest run that succeeded; None if there is none, or one since then is unread.
        unread: manifests that cannot be read; Glue may know their runs.
    """

    runs: tuple[RunRecord, ...]
    newest: RunManifest | None
    unread: tuple[UnreadManifest, ...]


def past_runs(
    deployment: Deployment, glue: GlueClient, s3: S3Client, prices: PriceBasis | None, count: int
) -> PastRuns:
    """The newest runs, as far as they can be read.

    Raises:
        ClientError: Glue or the lake cannot be read.
        PipelineError: Glue gives a state that is not known.
    """
    workflow_runs = all_runs(glue, deployment.workflow, crawler=deployment.crawler, job=deployment.job)
    job_runs = {run["Id"]: run for run in _job_runs(glue, deployment.job)}
    latest = read_latest_manifests(s3, deployment.lake_bucket, deployment.manifests_prefix(), count)
    manifests = {manifest.run_id: manifest for manifest in latest.found}
    runs = merge_runs(workflow_runs, job_runs, manifests, job=_job(glue, deployment.job), prices=prices, count=count)
    newest = last_success_or_unread(s3, deployment.lake_bucket, deployment.manifests_prefix(), latest.found)
    if isinstance(newest, UnreadManifest):
        unread = {each.key: each for each in (*latest.unread, newest)}
        return PastRuns(runs, None, tuple(unread.values()))
    return PastRuns(runs, newest, latest.unread)


def publishing_runs(deployment: Deployment, s3: S3Client, past: PastRuns) -> tuple[RunRecord, ...]:
    """Earlier runs that published what is published, those of the last names first; as many as the job looks back.

    There may be any number of runs since that found nothing new. A manifest that cannot be read is left out.

    Raises:
        ClientError: the lake cannot be read.
    """
    read = {run.run_id for run in past.runs if run.has_manifest}
    published = past.newest.published if past.newest is not None else {}
    states = (state for _, state in sorted(published.items(), reverse=True) if not state.withdrawn)
    run_ids = list(dict.fromkeys(state.run_id for state in states if state.run_id and state.run_id not in read))
    found: dict[str, RunManifest] = {}
    for run_id in run_ids[:LOOKED_BACK]:
        with suppress(PipelineError):
            manifest = find_manifest(s3, deployment.lake_bucket, deployment.manifest_key(run_id))
            found |= {run_id: manifest} if manifest is not None else {}
    return merge_runs((), {}, found, job=None, prices=None, count=LOOKED_BACK)


def _job_runs(glue: GlueClient, job: str) -> list[dict[str, Any]]:
    pages = glue.get_paginator("get_job_runs").paginate(JobName=job)
    try:
        return [dict(run) for page in pages for run in page["JobRuns"]]
    except glue.exceptions.EntityNotFoundException:
        return []


def _job(glue: GlueClient, job: str) -> dict[str, Any] | None:
    try:
        return dict(glue.get_job(JobName=job)["Job"])
    except glue.exceptions.EntityNotFoundException:
        return None


def _table(catalog: Catalog, deployment: Deployment, name: str) -> Table | None:
    try:
        return published_table(catalog, deployment, name)
    except NotDeployedError:
        return None


def _read_features(table: Table, quarters: int) -> _Features:
    """The newest quarters, with the numeric columns only."""
    import pyarrow.compute as pc
    from pyiceberg.expressions import GreaterThanOrEqual
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    names = numeric_features(schema_to_pyarrow(table.schema()))
    days = read_rows(table, columns=(QUARTER, "day"))
    known = sorted(each for each in pc.unique(days[QUARTER]).to_pylist() if each is not None)
    last_day = pc.max(days["day"]).as_py() if days.num_rows else None
    shown = tuple(known[-quarters:])
    if not shown:
        return _Features((), (), None)
    since = GreaterThanOrEqual(QUARTER, shown[0])  # type: ignore[arg-type, call-arg]  # pydantic hides the signature
    states = read_rows(table, row_filter=since, columns=(QUARTER, *names))
    return _Features(shown, feature_histories(states, names), str(last_day))


def _snapshots(table: Table | None) -> dict[str, int]:
    """The snapshots that a table still has, by the run that committed them; the last one if a run has several."""
    found = {}
    for snapshot in table.metadata.snapshots if table is not None else ():
        run_id = run_of_snapshot(snapshot)
        if run_id:
            found[run_id] = snapshot.snapshot_id
    return found


def _tags(table: Table | None) -> dict[int, tuple[str, ...]]:
    """The tags of a run's result, or of its part up to a quarter, by the snapshot of the whole result."""
    whole, found = _snapshots(table), dict[int, tuple[str, ...]]()
    for tag in list_tags(table) if table is not None else ():
        snapshot_id = whole.get(tag.run_id, tag.snapshot_id)
        found[snapshot_id] = (*found.get(snapshot_id, ()), tag.name)
    return found


def _committed(table: Table | None) -> datetime | None:
    snapshot = table.current_snapshot() if table is not None else None
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC) if snapshot is not None else None
