"""Past runs, merged from Glue and from the manifests.

Only Glue knows failed crawls and killed jobs, which write no manifest. Glue forgets after a while; manifests stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quartal.report.cost import PriceBasis, RunCost, job_run_cost, manifest_cost
from quartal.report.model import DeliveryRows, DeliveryState, Lineage, Publication, RawFile, RunRecord
from quartal.runs.diagnosis import plain_reason
from quartal.runs.outcome import tags_set_by
from quartal.runs.workflow_run import Outcome, WorkflowRun

if TYPE_CHECKING:
    from etl_job.manifest.model import DeliveryCounts, Input, PublishedTable, RunManifest

_IN_PROGRESS = {"", "STARTING", "RUNNING", "STOPPING", "WAITING"}


def merge_runs(
    workflow_runs: Iterable[WorkflowRun],
    job_runs: Mapping[str, Mapping[str, Any]],
    manifests: Mapping[str, RunManifest],
    *,
    job: Mapping[str, Any] | None,
    prices: PriceBasis | None,
    count: int,
) -> tuple[RunRecord, ...]:
    """The newest runs, the oldest of them first.

    Args:
        workflow_runs: from Glue; each costs what all attempts at its job run cost.
        job_runs: of the job, by id, from GetJobRuns. Those that no workflow started are runs as well, and so is each
            retry of them, since it has an id and a manifest of its own.
        manifests: by run id; those that Glue does not know are runs as well.
        job: from GetJob, for the workers of runs that Glue no longer knows; None if it does not exist.
        prices: of the region.
        count: how many at most.
    """
    found: dict[str, RunRecord] = {}
    attempts: dict[str, list[Mapping[str, Any]]] = {}
    for job_run_id, job_run in job_runs.items():
        attempts.setdefault(_first_attempt(job_run_id), []).append(job_run)
    in_workflows = set()
    for run in workflow_runs:
        first = _first_attempt(run.job.run_id)
        in_workflows.add(first)
        cost = _cost_of_all(attempts.get(first, ()), prices)
        found[run.run_id] = _from_workflow(run, manifests.get(run.run_id), cost)
    for job_run_id, job_run in job_runs.items():
        if _first_attempt(job_run_id) not in in_workflows:
            found[job_run_id] = _from_job(job_run, manifests.get(job_run_id), prices)
    for run_id, manifest in manifests.items():
        if run_id not in found:
            found[run_id] = _from_manifest(manifest, job, prices)
    return tuple(sorted(found.values(), key=lambda run: (run.started, run.run_id))[-count:])


def delivery_states(newest: RunManifest | None, runs: tuple[RunRecord, ...]) -> tuple[DeliveryState, ...]:
    """Each delivery of the newest manifest, with its rows in the run that published it, by name."""
    if newest is None:
        return ()
    rows = {(run.run_id, each.delivery): each for run in runs for each in run.deliveries}
    return tuple(
        DeliveryState(delivery, state.run_id, state.withdrawn, rows.get((state.run_id, delivery)))
        for delivery, state in sorted(newest.published.items())
    )


def last_published_day(states: tuple[DeliveryState, ...]) -> str | None:
    """The last published day; None if the run that published a delivery is not among those read."""
    published = [state for state in states if not state.withdrawn]
    if any(state.rows is None for state in published):
        return None
    return max((state.rows.last_day for state in published if state.rows and state.rows.last_day), default=None)


def lineage(
    newest: RunManifest | None,
    runs: tuple[RunRecord, ...],
    *,
    curated_snapshots: Mapping[str, int],
    features_snapshots: Mapping[str, int],
    tags: Mapping[int, tuple[str, ...]],
) -> tuple[Lineage, ...]:
    """The lineage of every published raw file.

    Args:
        newest: the newest manifest.
        runs: for snapshots that have expired.
        curated_snapshots: those that the table still has, by the run that committed them.
        features_snapshots: the same for the features.
        tags: tags of the features by snapshot.
    """
    if newest is None:
        return ()
    published = {run.run_id: run for run in runs if run.published_anything}
    found = []
    for delivery, state in sorted(newest.published.items()):
        run_id = state.run_id
        run = published.get(run_id)
        curated = curated_snapshots.get(run_id) or (run.curated.snapshot_id if run and run.curated else None)
        features = features_snapshots.get(run_id) or (run.features.snapshot_id if run and run.features else None)
        for file in sorted(_files(state.inputs), key=lambda each: each.uri):
            found.append(
                Lineage(
                    delivery=delivery,
                    file=file,
                    run_id=run_id,
                    withdrawn=state.withdrawn,
                    curated_snapshot_id=curated,
                    features_snapshot_id=features,
                    tags=tags.get(features, ()) if features is not None else (),
                )
            )
    return tuple(found)


def _first_attempt(job_run_id: str) -> str:
    """The id of the first attempt at a job run; Glue gives retries that id with a number (G27)."""
    return job_run_id.partition("_attempt_")[0]


def _cost_of_all(attempts: Iterable[Mapping[str, Any]], prices: PriceBasis | None) -> RunCost | None:
    """What all attempts at a job run cost together; None if none did run."""
    known = [cost for cost in (job_run_cost(each, prices) for each in attempts) if cost is not None]
    if not known:
        return None
    usd = [cost.usd for cost in known if cost.usd is not None]
    return RunCost(
        dpu_seconds=sum(cost.dpu_seconds for cost in known),
        usd=sum(usd) if len(usd) == len(known) else None,
        measured=known[-1].measured,
    )


def _from_workflow(run: WorkflowRun, manifest: RunManifest | None, cost: RunCost | None) -> RunRecord:
    if not run.is_done:
        outcome, failed_step = "RUNNING", ""
    elif run.succeeded:
        outcome, failed_step = "SUCCEEDED", ""
    else:
        outcome = "FAILED"
        failed_step = (
            "workflow"
            if run.crawl.outcome is Outcome.NOT_STARTED and run.job.outcome is Outcome.NOT_STARTED
            else "job"
            if run.crawl.outcome is Outcome.SUCCEEDED
            else "crawl"
        )
    reason = ""
    if outcome == "FAILED":
        step = run.job if failed_step == "job" else run.crawl
        no_message = f"{step.kind} {step.name} is {step.outcome}; Glue gives no message"
        recorded = (manifest and manifest.reason) or step.error or run.error
        reason = plain_reason(recorded or ("the run was stopped" if run.status == "STOPPED" else no_message))
    started = run.started or run.crawl.started or run.job.started
    if started is None:
        started = _time(manifest.started_at) if manifest else datetime.fromtimestamp(0, UTC)
    seconds = run.job.seconds
    return RunRecord(
        run_id=run.run_id,
        started=started.astimezone(UTC),
        ended=run.ended.astimezone(UTC) if run.ended else None,
        outcome=outcome,
        failed_step=failed_step,
        reason=reason,
        crawl=run.crawl.outcome,
        job=run.job.outcome,
        job_run_id=run.job.run_id,
        crawl_seconds=run.crawl.seconds,
        job_seconds=seconds if seconds is not None else (manifest.seconds if manifest else None),
        cost=cost,
        **_manifest_fields(manifest),
    )


def _from_job(job_run: Mapping[str, Any], manifest: RunManifest | None, prices: PriceBasis | None) -> RunRecord:
    state = job_run["JobRunState"]
    outcome = "SUCCEEDED" if state == "SUCCEEDED" else "RUNNING" if state in _IN_PROGRESS else "FAILED"
    ended = job_run.get("CompletedOn")
    started = job_run["StartedOn"]
    return RunRecord(
        run_id=job_run["Id"],
        started=started.astimezone(UTC),
        ended=ended.astimezone(UTC) if ended else None,
        outcome=outcome,
        failed_step="job" if outcome == "FAILED" else "",
        reason=plain_reason(
            (manifest and manifest.reason)
            or job_run.get("ErrorMessage")
            or (f"job {job_run['JobName']} is {state}; Glue gives no message" if outcome == "FAILED" else "")
        ),
        job=state,
        job_run_id=job_run["Id"],
        job_seconds=(ended - started).total_seconds() if ended else None,
        cost=job_run_cost(job_run, prices),
        **_manifest_fields(manifest),
    )


def _from_manifest(manifest: RunManifest, job: Mapping[str, Any] | None, prices: PriceBasis | None) -> RunRecord:
    succeeded = manifest.status == "SUCCEEDED"
    return RunRecord(
        run_id=manifest.run_id,
        started=_time(manifest.started_at),
        ended=_time(manifest.finished_at),
        outcome="SUCCEEDED" if succeeded else "FAILED",
        failed_step="" if succeeded else "job",
        reason=plain_reason(manifest.reason or ""),
        job_seconds=manifest.seconds,
        cost=manifest_cost(manifest.seconds, job, prices),
        **_manifest_fields(manifest),
    )


def _manifest_fields(manifest: RunManifest | None) -> dict[str, Any]:
    """The fields of a record that only a manifest has."""
    if manifest is None:
        return {}
    from etl_job.findings.run_facts import withdrawn_in  # which help need not load

    return {
        "has_manifest": True,
        "published_anything": manifest.published_anything,
        "deliveries": tuple(_rows(delivery) for delivery in manifest.deliveries),
        "withdrawn": withdrawn_in(manifest),
        "curated": _publication(manifest, manifest.curated),
        "features": _publication(manifest, manifest.features),
        "left_out": len(manifest.left_out),
        "not_catalogued": manifest.not_catalogued,
    }


def _rows(delivery: DeliveryCounts) -> DeliveryRows:
    return DeliveryRows(
        delivery=delivery.delivery,
        rows_in=delivery.rows_in,
        kept=delivery.kept,
        quarantined=delivery.quarantined,
        duplicates=delivery.duplicates,
        violations={rule: rows for rule, rows in delivery.violations.items() if rows},
        first_day=delivery.first_day,
        last_day=delivery.last_day,
        files=tuple(_files(delivery.inputs)),
        conflicts=delivery.conflicts,
    )


def _files(inputs: Iterable[Input]) -> list[RawFile]:
    return [RawFile(each.uri, each.etag, each.size_bytes) for each in inputs]


def _publication(manifest: RunManifest, table: PublishedTable | None) -> Publication | None:
    return None if table is None else Publication(table.table, table.snapshot_id, tags_set_by(manifest, table))


def _time(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
