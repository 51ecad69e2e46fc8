"""The end of a run as an event on the account's default event bus, for subscribers that wait for new features.

``docs/reference/outputs.md`` describes it: source, type and detail are an interface. An event that cannot be put is
logged and does not fail the run: its tables are published.
"""

import json
from typing import TYPE_CHECKING, Any

from etl_job.failure_reasons import failure_cause, one_line
from etl_job.findings.of_run import done_in
from etl_job.findings.rules import verdict_text
from etl_job.findings.wording import percent, typed
from etl_job.notify.metrics import CLIENT_CONFIG
from etl_job.notify.run_news import RunNews

if TYPE_CHECKING:
    import boto3

    from etl_job.findings.model import Finding

SOURCE = "quartal"
DETAIL_TYPE = "Quartal Run Finished"
_MOST_BYTES = 250_000  # an event has 256 KB at most, all of its members together
_MOST_FINDINGS = 50
_FINDINGS_OF_A_MAIL = 8
_LONGEST_SUMMARY, _LONGEST_SENTENCE = 4_000, 2_000
# what JSON, or a template of EventBridge, would have to escape
_UNESCAPED = str.maketrans({'"': "'", "\\": "/", "<": "(", ">": ")"})


def put_run_event(session: "boto3.Session", news: RunNews) -> str | None:
    """Put the event; return why it failed, or None."""
    try:
        detail = detail_text(news)
        client = session.client("events", config=CLIENT_CONFIG)
        answer = client.put_events(Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail}])
        entry = answer["Entries"][0]
        if entry.get("EventId"):
            return None
        message: str = entry.get("ErrorMessage") or entry.get("ErrorCode") or "EventBridge gives the event no id"
    except Exception as error:  # also for an incomplete response: a published run must not be reported as failed
        return failure_cause(error)
    return message


def detail_text(news: RunNews) -> str:
    """The event's detail as JSON, shortened to the size of an event; its member `cut` names the shortened parts."""
    detail = event_detail(news)
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


def event_detail(news: RunNews) -> dict[str, Any]:
    """The event's detail: enough to act upon without the manifest, and the manifest's URI."""
    manifest = news.manifest
    features = manifest.features
    return {
        "dataset": manifest.dataset,
        "database": manifest.database,
        "runId": manifest.run_id,
        "status": manifest.status,
        "summary": summary(news),
        "verdict": verdict_text(news.findings),
        "needs": needs(news),
        "findings": [_finding(each, news.options) for each in news.findings[:_MOST_FINDINGS]],
        "deliveries": [delivery.delivery for delivery in manifest.deliveries],
        "rows": manifest.totals.model_dump(),
        "seconds": manifest.seconds,
        "lastDay": news.facts.last_day,
        "features": None
        if features is None
        else {"table": features.table, "snapshotId": features.snapshot_id, "tags": list(features.tags)},
        "manifest": news.uri,
        "cut": [],
    }


def summary(news: RunNews) -> str:
    """The run in a few sentences, on one line and without characters that JSON or a template would have to escape."""
    manifest, totals = news.manifest, news.manifest.totals
    if manifest.status == "FAILED":
        return _unescaped(_clipped(manifest.reason or "the reason is not known", _LONGEST_SUMMARY))
    ends = f" The data ends on {news.facts.last_day}." if news.facts.last_day else ""
    what = done_in(manifest)
    if not what:
        return f"Nothing new: the tables are unchanged.{ends}"
    done = f"{what[0].upper()}{what[1:]} in {manifest.seconds:.0f} s"
    if not manifest.deliveries:
        return _unescaped(f"{done}.{ends}")
    share = f" ({percent(totals.quarantined / totals.rows_in)})" if totals.rows_in else ""
    return _unescaped(
        f"{done}: {totals.rows_in:,} rows in, {totals.kept:,} kept, "
        f"{totals.quarantined:,} quarantined{share}, {totals.duplicates:,} duplicates.{ends}"
    )


def needs(news: RunNews) -> str:
    """The findings besides the summary, each with the command that helps, on one line like the summary."""
    others = [each for each in news.findings if each.about != "last_run"]
    if not others:
        nothing = "nothing else" if news.findings else "nothing"
        return f"The run found {nothing} that needs attention."
    items = []
    for number, finding in enumerate(others[:_FINDINGS_OF_A_MAIL], start=1):
        command = f" See: {typed(finding.command, news.options)}" if finding.command else ""
        items.append(f"({number}) {finding.level}: {_clipped(finding.sentence, _LONGEST_SENTENCE)}{command}")
    more = len(others) - len(items)
    return _unescaped(f"{verdict_text(others)}. {' '.join(items)}{f' And {more} more.' if more else ''}")


def _finding(finding: "Finding", options: tuple[str, ...]) -> dict[str, Any]:
    return {
        "level": finding.level,
        "about": finding.about,
        "sentence": _clipped(finding.sentence, _LONGEST_SENTENCE),
        "command": typed(finding.command, options) if finding.command else None,
    }


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def _unescaped(text: str) -> str:
    return one_line(text).translate(_UNESCAPED)
