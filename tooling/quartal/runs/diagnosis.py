"""Why a workflow run failed, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from quartal.core.errors import PipelineError
from quartal.runs.logs import last_lines
from quartal.runs.workflow_run import Outcome, WorkflowRun

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_LINES = 12


# as IAM words it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIAL = re.compile(
    r":assumed-role/(?P<role>[^/\s]+)/\S+ is not authorized to perform: (?P<action>[\w:*-]+)"
    r"(?: on resource: \"?(?P<resource>arn:[^\s\"]+))?"
)


# S3 answers only 403 if a request's answer has no body. In the words of Hadoop's file system:
_HADOOP_403 = re.compile(
    r"(?P<call>\w+) on s3[an]?://(?P<place>[^\s:]+): [^\n]*?(?:Status Code: 403|Error Code: 403|AccessDenied|Forbidden)"
)
# and of botocore, which does not name the resource:
_BOTO_403 = re.compile(
    r"\((?:403|Forbidden|AccessDenied)\) when calling the (?P<call>\w+) operation: (?:Forbidden|Access Denied)"
)
_ACTIONS = {  # the permission of a call, if its name differs
    "HeadObject": "s3:GetObject",
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    # the calls of Hadoop's file system
    "getFileStatus": "s3:GetObject or s3:ListBucket",
    "open": "s3:GetObject",
    "listStatus": "s3:ListBucket",
    "delete": "s3:DeleteObject",
    "mkdirs": "s3:PutObject",
    "upload": "s3:PutObject",
}
# the beginning of a Java stack trace
_STACK = re.compile(r"\s+at [\w$.]+\.[\w$<>]+\([^)]*\)|\s+at (?:org|java|scala|com|py4j)\.|\s*\n")
_LONGEST_REASON = 400


def plain_reason(text: str) -> str:
    """A reason on one line, without the Java or Python stack trace after it."""
    text = text.strip()
    end = _STACK.search(text)
    text = (text[: end.start()] if end else text).strip()
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]} ..."


def denials(texts: Iterable[str], role: str = "") -> tuple[str, ...]:
    """The denials of IAM, each once: "role X lacks Y on Z".

    Args:
        texts: error messages and lines of logs.
        role: of the step, for answers of S3 that do not name it; "the step's role" if it is empty.
    """
    found: dict[str, None] = {}
    for text in texts:
        for match in _DENIAL.finditer(text):
            resource = f" on {match['resource'].rstrip('.,;')}" if match["resource"] else ""
            found[f"role {match['role']} lacks {match['action']}{resource}"] = None
        who = f"role {role}" if role else "step's role"
        for match in _HADOOP_403.finditer(text):
            found[f"{who} lacks {_action(match['call'])} on arn:aws:s3:::{match['place']}"] = None
        for match in _BOTO_403.finditer(text):
            found[f"{who} lacks {_action(match['call'])} on what {match['call']} asked for"] = None
    return tuple(found)


def _action(call: str) -> str:
    return _ACTIONS.get(call, f"s3:{call}")


def diagnose(
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
        reasons: why rows were quarantined, from the run's manifest, one line per reason.
    """
    if run.status == "STOPPED":
        return PipelineError(
            f"Run {run.run_id} of workflow {run.workflow} was stopped: crawl {run.crawl.outcome}, job "
            f"{run.job.outcome}.",
            remedy=f"{'What the job had published by then stands. ' if run.job.run_id else ''}Start it again: {resume}",
            details=_job_lines(logs, run, log_groups),
        )
    if run.status == "ERROR" and run.job.outcome is Outcome.NOT_STARTED:
        return PipelineError(
            f"Run {run.run_id} of workflow {run.workflow} ended ERROR: "
            f"{plain_reason(run.error) or 'Glue gives no message'}",
            remedy=f"Fix the cause, then: {resume}",
        )
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
            remedy=f"Restore the triggers with `quartal apply`, then: {resume}",
        )
    lines = _job_lines(logs, run, log_groups)
    reason = plain_reason(run.job.error) or "no error message"
    return PipelineError(
        f"Job run {run.job.run_id} of {run.job.name} ended {run.job.outcome}: {reason}",
        remedy=_grant(denials((run.job.error, *lines)), resume) or f"Fix the cause, then: {resume}",
        details=(*reasons, *lines),
    )


def _job_lines(logs: CloudWatchLogsClient, run: WorkflowRun, log_groups: dict[str, str]) -> tuple[str, ...]:
    """The last lines of the job's error stream, or else of its output; none if it did not start."""
    groups = (log_groups["job_error"], log_groups["job_output"])
    return next((found for group in groups if (found := last_lines(logs, group, run.job.run_id, _LINES))), ())


def _grant(refused: tuple[str, ...], resume: str) -> str:
    if not refused:
        return ""
    return f"The {'; the '.join(refused)}. Grant it in infra/, run `quartal apply`, then: {resume}"
