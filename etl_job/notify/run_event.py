"""The end of a run as an event on the account's default event bus, for subscribers that wait for new features.

``docs/reference/outputs.md`` describes it: source, type and detail are an interface. An event that cannot be put is
logged and does not fail the run: its tables are published.
"""

import json
from typing import TYPE_CHECKING, Any

from etl_job.failure_reasons import failure_cause
from etl_job.findings.rules import verdict_text
from etl_job.findings.wording import typed
from etl_job.notify.ended_run import EndedRun
from etl_job.notify.mail_text import LONGEST_SENTENCE, clipped, needs, summary
from etl_job.notify.metrics import CLIENT_CONFIG

if TYPE_CHECKING:
    import boto3

    from etl_job.findings.model import Finding

SOURCE = "quartal"
DETAIL_TYPE = "Quartal Run Finished"
_MOST_BYTES = 250_000  # an event has 256 KB at most, all of its members together
_MOST_FINDINGS = 50


def put_run_event(session: "boto3.Session", run: EndedRun) -> str | None:
    """Put the event; return why it failed, or None."""
    try:
        detail = detail_text(run)
        client = session.client("events", config=CLIENT_CONFIG)
        answer = client.put_events(Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail}])
        entry = answer["Entries"][0]
        if entry.get("EventId"):
            return None
        message: str = entry.get("ErrorMessage") or entry.get("ErrorCode") or "EventBridge gives the event no id"
    except Exception as error:  # also for an incomplete response: a published run must not be reported as failed
        return failure_cause(error)
    return message


def detail_text(run: EndedRun) -> str:
    """The event's detail as JSON, shortened to the size of an event; its member `cut` names the shortened parts."""
    detail = event_detail(run)
    parts: list[tuple[str, dict[str, Any]]] = [("findings", detail), ("deliveries", detail)]
    if detail["features"] is not None:
        parts.append(("tags", detail["features"]))
    while len(text := json.dumps(detail)) > _MOST_BYTES:
        name, holder = max(parts, key=lambda part: len(json.dumps(part[1][part[0]])))
        # the worst findings are the first, the newest tags the last
        whole = holder[name]
        holder[name] = whole[-(len(whole) // 2) :] if name == "tags" else whole[: len(whole) // 2]
        detail["cut"] = sorted({*detail["cut"], name})
    return text


def event_detail(run: EndedRun) -> dict[str, Any]:
    """The event's detail: enough to act upon without the manifest, and the manifest's URI."""
    manifest = run.manifest
    features = manifest.features
    return {
        "dataset": manifest.dataset,
        "database": manifest.database,
        "runId": manifest.run_id,
        "status": manifest.status,
        "summary": summary(run),
        "verdict": verdict_text(run.findings),
        "needs": needs(run),
        "findings": [_finding(each, run.options) for each in run.findings[:_MOST_FINDINGS]],
        "deliveries": [delivery.delivery for delivery in manifest.deliveries],
        "rows": manifest.totals.model_dump(),
        "seconds": manifest.seconds,
        "lastDay": run.facts.last_day,
        "features": None
        if features is None
        else {"table": features.table, "snapshotId": features.snapshot_id, "tags": list(features.tags)},
        "manifest": run.uri,
        "cut": [],
    }


def _finding(finding: "Finding", options: tuple[str, ...]) -> dict[str, Any]:
    return {
        "level": finding.level,
        "about": finding.about,
        "sentence": clipped(finding.sentence, LONGEST_SENTENCE),
        "command": typed(finding.command, options) if finding.command else None,
    }
