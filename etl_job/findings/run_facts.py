"""Facts from a run's own manifest and those of earlier runs, for findings at the end of the run."""

from collections.abc import Mapping

from etl_job.findings.model import DeliveredRows, Facts, LastRun
from etl_job.findings.wording import some
from etl_job.manifest.model import RunManifest


def collect_facts(
    manifest: RunManifest, earlier: Mapping[str, RunManifest], quarantine_limit: float | None = None
) -> Facts:
    """The facts that are known at the end of a run.

    A run does not know the schedule, drift or cost; of dates it knows only the age of its data.

    Args:
        manifest: of the run.
        earlier: manifests of the runs that published what is published, by run.
        quarantine_limit: the share of quarantined rows above which the alarm fires.
    """
    deliveries, are_all_known = _published(manifest, {**earlier, manifest.run_id: manifest})
    days = [rows.last_day for rows in deliveries if rows.last_day is not None]
    failed = manifest.status == "FAILED"
    still = [state for state in manifest.published.values() if not state.withdrawn]
    return Facts(
        now=manifest.finished_at,
        last_run=LastRun(
            manifest.run_id,
            manifest.started_at,
            manifest.status,
            failed_step="job" if failed else "",
            reason=(manifest.reason or "the reason is not known") if failed else "",
        ),
        # A manifest without any is of a run that failed before it knew.
        published=len(still) if manifest.published else None,
        deliveries=deliveries,
        last_day=max(days, default=None) if are_all_known else None,
        quarantine_limit=quarantine_limit,
        files_left_out=len(manifest.left_out),
        not_catalogued=manifest.not_catalogued,
        files_of=manifest.run_id,
    )


def done_in(manifest: RunManifest) -> str:
    """The changes of a run to the tables; empty if there are none. A run that only recovers recomputes the features."""
    processed = [delivery.delivery for delivery in manifest.deliveries]
    withdrawn = withdrawn_in(manifest)
    done = [f"processed {some(processed)}"] if processed else []
    done += [f"withdrew {some(withdrawn)} from the tables"] if withdrawn else []
    return " and ".join(done) or ("brought the features up to date" if manifest.published_anything else "")


def withdrawn_in(manifest: RunManifest) -> tuple[str, ...]:
    """The deliveries that a run withdrew."""
    published = sorted(manifest.published.items())
    return tuple(name for name, state in published if state.withdrawn and state.run_id == manifest.run_id)


def _published(manifest: RunManifest, by_run: Mapping[str, RunManifest]) -> tuple[tuple[DeliveredRows, ...], bool]:
    """The published deliveries with the counts of the runs that published them, and whether none is missing."""
    known, are_all_known = [], True
    for name, state in sorted(manifest.published.items()):
        if state.withdrawn:
            continue
        run = by_run.get(state.run_id)
        counts = next((each for each in run.deliveries if each.delivery == name), None) if run else None
        if counts is None:
            are_all_known = False
            continue
        known.append(
            DeliveredRows(
                delivery=name,
                run_id=state.run_id,
                rows_in=counts.rows_in,
                kept=counts.kept,
                quarantined=counts.quarantined,
                violations={rule: rows for rule, rows in counts.violations.items() if rows},
                last_day=counts.last_day,
                conflicts=counts.conflicts,
            )
        )
    return tuple(known), are_all_known
