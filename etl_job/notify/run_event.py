"""The end of a run as an event on the account's default event bus, for whoever waits for new features.

``docs/reference/outputs.md`` describes it: source, type and detail are an interface. An event that cannot be put is
reported and does not fail the run: its tables are published.
"""

import json
from typing import TYPE_CHECKING, Any

from etl_job.manifest.model import RunManifest
from etl_job.notify.metrics import CLIENT_CONFIG
from etl_job.reasons import cause_of

if TYPE_CHECKING:
    import boto3

SOURCE = "quartal"
DETAIL_TYPE = "Quartal Run Finished"


def put_run_event(session: "boto3.Session", manifest: RunManifest, uri: str) -> str | None:
    """Put the event; return why it failed, or None.

    Args:
        session: of the job.
        manifest: of the run.
        uri: where the manifest lies.
    """
    detail = json.dumps(event_detail(manifest, uri))
    try:
        client = session.client("events", config=CLIENT_CONFIG)
        answer = client.put_events(Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail}])
        message: str | None = answer["Entries"][0].get("ErrorMessage")
    except Exception as error:  # half an answer too: what is published must not be called failed for it
        return cause_of(error)
    return message


def event_detail(manifest: RunManifest, uri: str) -> dict[str, Any]:
    """What the event says: enough to act upon without the manifest, and where that is."""
    features = manifest.features
    return {
        "dataset": manifest.dataset,
        "database": manifest.database,
        "runId": manifest.run_id,
        "status": manifest.status,
        "summary": summary(manifest),
        "deliveries": [delivery.delivery for delivery in manifest.deliveries],
        "rows": manifest.totals.model_dump(),
        "seconds": manifest.seconds,
        "features": None
        if features is None
        else {"table": features.table, "snapshotId": features.snapshot_id, "tags": list(features.tags)},
        "manifest": uri,
    }


def summary(manifest: RunManifest) -> str:
    """The run in one or two sentences, without characters that JSON or a template would have to escape."""
    if manifest.status == "FAILED":
        return _escaped(manifest.reason or "no reason is known")
    totals = manifest.totals
    if not manifest.deliveries and not manifest.published_anything:
        return "Nothing new: the tables are as they were."
    names = ", ".join(delivery.delivery for delivery in manifest.deliveries) or "withdrawals"
    share = f" ({totals.quarantined / totals.rows_in:.1%})" if totals.rows_in else ""
    return (
        f"Processed {names} in {manifest.seconds:.0f} s: {totals.rows_in:,} rows in, {totals.kept:,} kept, "
        f"{totals.quarantined:,} quarantined{share}, {totals.duplicates:,} duplicates."
    )


def _escaped(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("\\", "/").split())
