"""What the e-mail about a run says: the run in a sentence or two, and what needs attention.

Both texts are members of the event. A rule of EventBridge puts them into the mail (``infra/modules/alerting``).
"""

from etl_job.failure_reasons import one_line
from etl_job.findings.rules import verdict_text
from etl_job.findings.run_facts import done_in
from etl_job.findings.wording import count, percent, typed
from etl_job.notify.ended_run import EndedRun

LONGEST_SENTENCE = 2_000
_LONGEST_SUMMARY = 4_000
_FINDINGS_OF_A_MAIL = 8
# what JSON, or a template of EventBridge, would have to escape
_UNESCAPED = str.maketrans({'"': "'", "\\": "/", "<": "(", ">": ")"})


def summary(run: EndedRun) -> str:
    """The run in a few sentences, on one line and without characters that JSON or a template would have to escape."""
    manifest, totals = run.manifest, run.manifest.totals
    if manifest.status == "FAILED":
        return _unescaped(clipped(manifest.reason or "the reason is not known", _LONGEST_SUMMARY))
    ends = f" The data ends on {run.facts.last_day}." if run.facts.last_day else ""
    what = done_in(manifest)
    if not what:
        return f"Nothing new: the tables are unchanged.{ends}"
    done = f"{what[0].upper()}{what[1:]} in {manifest.seconds:.0f} s"
    if not manifest.deliveries:
        return _unescaped(f"{done}.{ends}")
    share = f" ({percent(totals.quarantined / totals.rows_in)})" if totals.rows_in else ""
    return _unescaped(
        f"{done}: {count(totals.rows_in, 'row')} in, {totals.kept:,} kept, "
        f"{totals.quarantined:,} quarantined{share}, {count(totals.duplicates, 'duplicate')}.{ends}"
    )


def needs(run: EndedRun) -> str:
    """The findings besides the summary, each with the command that helps, on one line like the summary."""
    others = [each for each in run.findings if each.about != "last_run"]
    if not others:
        nothing = "nothing else" if run.findings else "nothing"
        return f"The run found {nothing} that needs attention."
    items = []
    for number, finding in enumerate(others[:_FINDINGS_OF_A_MAIL], start=1):
        command = f" See: {typed(finding.command, run.options)}" if finding.command else ""
        items.append(f"({number}) {finding.level}: {clipped(finding.sentence, LONGEST_SENTENCE)}{command}")
    more = len(others) - len(items)
    return _unescaped(f"{verdict_text(others)}. {' '.join(items)}{f' And {more} more.' if more else ''}")


def clipped(text: str, most: int) -> str:
    """The text, cut to a number of characters."""
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def _unescaped(text: str) -> str:
    return one_line(text).translate(_UNESCAPED)
