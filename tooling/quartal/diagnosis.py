"""Why a workflow run did not do what it should, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from quartal.errors import PipelineError
from quartal.run_logs import last_lines
from quartal.workflow_run import Outcome, WorkflowRun

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_LINES = 12


# as IAM words it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIAL = re.compile(
    r":assumed-role/(?P<role>[^/\s]+)/\S+ is not authorized to perform: (?P<action>[\w:*-]+)"
    r"(?: on resource: \"?(?P<resource>arn:[^\s\"]+))?"
)


def denials(texts: Iterable[str]) -> tuple[str, ...]:
    """What IAM refused, each once: "role X lacks Y on Z"."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _DENIAL.finditer(text):
            resource = f" on {match['resource'].rstrip('.,;')}" if match["resource"] else ""
            found[f"role {match['role']} lacks {match['action']}{resource}"] = None
    return tuple(found)


def explain_failure(
    logs: CloudWatchLogsClient,
    run: WorkflowRun,
    *,
    log_groups: dict[str, str],
    resume: str,
    reasons: tuple[str, ...] = (),
) -> PipelineError:
    """The failed step of a run, its reason and its last log lines, as an error to raise.

    Args:
        logs: the client.
        run: a run that is done and did not succeed.
        log_groups: names of the groups "crawler", "job_error" and "job_output".
        resume: the command that tries again.
        reasons: what the run's manifest says of quarantined rows, one line a reason.
    """
    if run.crawl.outcome is not Outcome.SUCCEEDED:
        lines = last_lines(logs, log_groups["crawler"], run.crawl.name, _LINES)
        refused = denials((run.crawl.error, *lines))
        return PipelineError(
            f"The crawl by {run.crawl.name} ended {run.crawl.outcome}, so the job was not started. "
            f"{run.crawl.error}".rstrip(),
            remedy=_grant(refused, resume) or f"Look at the files under raw/ and the crawler's role, then: {resume}",
            details=lines,
        )
    if run.job.outcome is Outcome.NOT_STARTED:
        return PipelineError(
            f"The crawl succeeded, but job {run.job.name} was never started: no active trigger of workflow "
            f"{run.workflow} watches the crawler (workflow run {run.status}).",
            remedy=f"Bring the triggers back: `quartal apply`; then: {resume}",
        )
    groups = (log_groups["job_error"], log_groups["job_output"])
    lines = next((found for group in groups if (found := last_lines(logs, group, run.job.run_id, _LINES))), ())
    return PipelineError(
        f"Job run {run.job.run_id} of {run.job.name} ended {run.job.outcome}: {run.job.error or 'no error message'}",
        remedy=_grant(denials((run.job.error, *lines)), resume) or f"Mend the cause, then: {resume}",
        details=(*reasons, *lines),
    )


def _grant(refused: tuple[str, ...], resume: str) -> str:
    if not refused:
        return ""
    return f"The {'; the '.join(refused)}. Grant it in infra/ and `quartal apply`, then: {resume}"
