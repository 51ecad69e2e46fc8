import boto3
import pytest
from botocore.stub import Stubber

from quartal.runs.diagnosis import denials, diagnose, plain_reason
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun

GROUPS = {"crawler": "/crawlers", "job_error": "/jobs/error", "job_output": "/jobs/output"}


@pytest.fixture
def logs():
    client = boto3.client("logs", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def run_with(crawl: Step, job: Step) -> WorkflowRun:
    return WorkflowRun("flow", "wr_1", "COMPLETED", crawl, job)


def expect_log(stubber: Stubber, group: str, stream: str, *lines: str) -> None:
    events = [{"message": line + "\n", "timestamp": 1} for line in lines]
    stubber.add_response(
        "get_log_events",
        {"events": events, "nextForwardToken": "f"},
        {"logGroupName": group, "logStreamName": stream, "limit": 12, "startFromHead": False},
    )


def test_failed_crawl_is_explained_by_its_message_and_its_log(logs):
    client, stubber = logs
    expect_log(stubber, "/crawlers", "crawler", "[1] ERROR : Access denied to s3://lake")
    error = diagnose(
        client,
        run_with(Step("crawl", "crawler", Outcome.FAILED, error="Access denied"), Step("job", "job")),
        log_groups=GROUPS,
        resume="`quartal run`",
    )
    assert error.message == "The crawl by crawler ended FAILED, so the job was not started. Access denied"
    assert error.details == ("[1] ERROR : Access denied to s3://lake",)
    assert "`quartal run`" in error.remedy


def test_job_that_no_trigger_started_points_to_the_triggers(logs):  # G1
    error = diagnose(
        logs[0],
        run_with(Step("crawl", "crawler", Outcome.SUCCEEDED), Step("job", "job")),
        log_groups=GROUPS,
        resume="`quartal run`",
    )
    assert "never started" in error.message
    assert "quartal apply" in error.remedy


@pytest.mark.parametrize("crawl", [Outcome.NOT_STARTED, Outcome.CANCELLED, Outcome.SUCCEEDED])
def test_run_that_was_stopped_before_its_job_is_not_blamed_on_crawl_or_triggers(logs, crawl):  # G7
    stopped = WorkflowRun("flow", "wr_1", "STOPPED", Step("crawl", "crawler", crawl), Step("job", "job"))
    error = diagnose(logs[0], stopped, log_groups=GROUPS, resume="`quartal run`")
    assert error.message == f"Run wr_1 of workflow flow was stopped: crawl {crawl}, job NOT_STARTED."
    assert error.remedy == "Start it again: `quartal run`"


def test_job_stopped_with_its_run_states_that_its_publication_stands(logs):
    client, stubber = logs
    expect_log(stubber, "/jobs/error", "jr_1", "commit")
    job = Step("job", "job", Outcome.STOPPED, run_id="jr_1")
    stopped = WorkflowRun("flow", "wr_1", "STOPPED", Step("crawl", "crawler", Outcome.SUCCEEDED), job)
    error = diagnose(client, stopped, log_groups=GROUPS, resume="`quartal run`")
    assert error.message == "Run wr_1 of workflow flow was stopped: crawl SUCCEEDED, job STOPPED."
    assert error.remedy == "What the job had published by then stands. Start it again: `quartal run`"
    assert error.details == ("commit",)


@pytest.mark.parametrize("reason", ["Concurrent runs exceeded for workflow: flow.", ""])
def test_run_that_glue_could_not_do_is_explained_by_its_own_message(logs, reason):
    broken = WorkflowRun("flow", "wr_1", "ERROR", Step("crawl", "crawler"), Step("job", "job"), error=reason)
    error = diagnose(logs[0], broken, log_groups=GROUPS, resume="`quartal run`")
    assert error.message == f"Run wr_1 of workflow flow ended ERROR: {reason or 'Glue gives no message'}"
    assert "`quartal run`" in error.remedy


def test_failed_job_is_explained_by_its_message_and_its_error_log(logs):
    client, stubber = logs
    expect_log(stubber, "/jobs/error", "jr_1", "Traceback", "QuartalJobError: no rows")
    error = diagnose(
        client,
        run_with(
            Step("crawl", "crawler", Outcome.SUCCEEDED),
            Step("job", "job", Outcome.FAILED, run_id="jr_1", error="QuartalJobError: no rows"),
        ),
        log_groups=GROUPS,
        resume="`quartal run`",
    )
    assert error.message == "Job run jr_1 of job ended FAILED: QuartalJobError: no rows"
    assert error.details[-1] == "QuartalJobError: no rows"


def test_job_without_an_error_log_shows_its_output(logs):
    client, stubber = logs
    stubber.add_client_error("get_log_events", "ResourceNotFoundException")
    expect_log(stubber, "/jobs/output", "jr_1", "stage=read")
    error = diagnose(
        client,
        run_with(Step("crawl", "crawler", Outcome.SUCCEEDED), Step("job", "job", Outcome.TIMEOUT, run_id="jr_1")),
        log_groups=GROUPS,
        resume="`quartal run`",
    )
    assert error.message.endswith("ended TIMEOUT: no error message")
    assert error.details == ("stage=read",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "(AccessDenied): User: arn:aws:sts::000000000000:assumed-role/lake-job/GlueJobRunnerSession "
            'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::lake/features/x" because no '
            "identity-based policy allows the s3:PutObject action",
            ("role lake-job lacks s3:PutObject on arn:aws:s3:::lake/features/x",),
            id="quoted resource and a reason",
        ),
        pytest.param(
            "User: arn:aws-cn:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: "
            "arn:aws:kms:x:1:key/2.",
            ("role r lacks kms:Decrypt on arn:aws:kms:x:1:key/2",),
            id="end of a sentence",
        ),
        pytest.param(
            "arn:aws:sts::1:assumed-role/r/s is not authorized to perform: glue:GetTables",
            ("role r lacks glue:GetTables",),
            id="no resource",
        ),
        pytest.param("Access denied", (), id="nothing to name"),
    ],
)
def test_denial_is_reported_once_with_role_action_and_resource(text: str, told: tuple[str, ...]):
    assert denials((text, text)) == told


def test_denied_job_is_reported_with_the_permission_to_grant(logs):
    client, stubber = logs
    denial = (
        "arn:aws:sts::1:assumed-role/lake-job/s is not authorized to perform: s3:PutObject on resource: "
        "arn:aws:s3:::l/x"
    )
    expect_log(stubber, "/jobs/error", "jr_1", "Traceback", f"AccessDenied: User: {denial}")
    error = diagnose(
        client,
        run_with(
            Step("crawl", "crawler", Outcome.SUCCEEDED),
            Step("job", "job", Outcome.FAILED, run_id="jr_1", error="AccessDenied"),
        ),
        log_groups=GROUPS,
        resume="`quartal run`",
    )
    assert error.remedy == (
        "The role lake-job lacks s3:PutObject on arn:aws:s3:::l/x. Grant it in infra/, run `quartal apply`, then: "
        "`quartal run`"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "java.nio.file.AccessDeniedException: s3a://lake/quarantine/feed.failed: getFileStatus on "
            "s3a://lake/quarantine/feed.failed: software.amazon.awssdk.services.s3.model.S3Exception: (Service: S3, "
            "Status Code: 403, Request ID: X)",
            "step's role lacks s3:GetObject or s3:ListBucket on arn:aws:s3:::lake/quarantine/feed.failed",
        ),
        (
            "ClientError: An error occurred (403) when calling the HeadObject operation: Forbidden",
            "step's role lacks s3:GetObject on what HeadObject asked for",
        ),
        (
            "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
            "step's role lacks s3:PutObject on what PutObject asked for",
        ),
    ],
)
def test_bare_403_of_s3_is_a_denial(text, expected):
    assert denials([text]) == (expected,)


def test_s3_404_is_not_a_denial():
    assert denials(["An error occurred (404) when calling the HeadObject operation: Not Found"]) == ()


@pytest.mark.parametrize(
    "stack",
    [
        " at org.apache.spark.sql.Dataset.count(Dataset.scala:12) at java.base/java.lang.Thread.run(Thread.java:840)",
        "\n\tat org.apache.spark.sql.Dataset.count(Dataset.scala:12)",
        "\nTraceback (most recent call last):\n  File main.py",
    ],
)
def test_reason_ends_where_a_stack_begins(stack):
    assert plain_reason("delivery 2024Q1: 5 of 100 rows are bad" + stack) == "delivery 2024Q1: 5 of 100 rows are bad"


def test_reason_with_paths_is_kept_complete():
    reason = "the file at s3://lake/raw/feed/a.csv cannot be read: correct it at once"
    assert plain_reason(reason) == reason
