"""From raw files to features: deploy, upload, run, and every cell as an independent computation has it."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pyarrow.dataset
import pyarrow.fs
import pytest

from quartal.cli.app import run as quartal
from quartal.core.errors import TerraformError
from quartal.core.polling import Waiter
from quartal.core.settings import Settings
from quartal.deploy import change, review
from quartal.deploy.review import ReviewOptions
from quartal.features.query import iceberg_catalog
from quartal.local.toolchain import class_archive
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.terraform import saved_plan
from quartal.workspace import terraform_environment
from tests.integration.athena_questions import make_ask
from tests.integration.conftest import PROJECT, Feed, Pipeline
from tests.integration.iam_exceptions import NEVER_NEEDED, UNUSED
from tests.integration.inbox import open_inbox
from tests.integration.independent import expected_tables
from tests.integration.overdue import OverdueCheck, check_made_due_by_hand

DELIVERIES = ["2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1", "2024Q2", "2024Q3", "2024Q4"]


@dataclass(frozen=True)
class FirstRun:
    """What the first run of the pipeline left: its manifest, and what its roles did, by part of the pipeline."""

    manifest: dict
    activity: dict[str, dict]


@pytest.fixture(scope="module")
def first_run(pipeline: Pipeline, feed: Feed) -> FirstRun:
    pipeline.upload(feed.folder)
    manifest = pipeline.run()
    return FirstRun(manifest, role_activity(pipeline))


@pytest.fixture(scope="module")
def manifest(first_run: FirstRun) -> dict:
    return first_run.manifest


def role_activity(pipeline: Pipeline) -> dict[str, dict]:
    """What the roles of this deployment's crawler and job did so far."""
    glue, deployment = pipeline.workspace.connection.glue(), pipeline.workspace.deployment
    names = {
        "crawler": glue.get_crawler(Name=deployment.crawler)["Crawler"]["Role"],
        "job": glue.get_job(JobName=deployment.job)["Job"]["Role"],
    }
    with urllib.request.urlopen(f"{pipeline.workspace.settings.endpoint_url}/_glue/iam", timeout=60) as answer:
        told = json.load(answer)
    assert told["enforced"] is True
    roles = {arn.rpartition("/")[2]: activity for arn, activity in told["roles"].items()}
    return {part: roles[role.rpartition("/")[2]] for part, role in names.items()}


@pytest.fixture(scope="module")
def catalog(pipeline: Pipeline):
    return iceberg_catalog(pipeline.workspace.connection)


@pytest.fixture
def command_line(pipeline: Pipeline, monkeypatch):
    """The environment in which a user types `quartal`."""
    settings = pipeline.workspace.settings
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(settings.endpoint_url))
    monkeypatch.setenv("QUARTAL_PROJECT_DIR", str(settings.root))
    monkeypatch.delenv("QUARTAL_STATE_DIR", raising=False)


def test_features_equal_an_independent_computation_cell_by_cell(pipeline, manifest, catalog, feed: Feed):
    deployment = pipeline.workspace.deployment
    features = catalog.load_table((deployment.database, deployment.features_table())).scan().to_arrow()
    database = expected_tables(feed.folder)
    database.register("features", features)
    columns = [name for name, *_ in database.execute("describe expected").fetchall()]
    assert columns == features.column_names
    assert features.num_rows == database.execute("select count(*) from expected").fetchone()[0] > 20_000
    for column in columns:
        equal = f"(e.{column} is not distinct from f.{column})"
        if column == "share" or "_mean_" in column:
            equal += f" or abs(e.{column} - f.{column}) <= 1e-12 * abs(e.{column})"
        different = database.execute(
            f"select e.brand, e.day, e.{column}, f.{column} from expected e full join features f using (brand, day) "
            f"where not coalesce({equal}, false) limit 3"
        ).fetchall()
        assert different == [], column


def test_every_row_is_kept_quarantined_or_a_duplicate(manifest, feed: Feed):
    totals = manifest["totals"]
    assert totals["rows_in"] == totals["kept"] + totals["quarantined"] + totals["duplicates"]
    assert {
        delivery["delivery"]: (delivery["rows_in"], delivery["quarantined"], delivery["duplicates"])
        for delivery in manifest["deliveries"]
    } == {
        delivery.delivery: (delivery.rows, delivery.bad_rows, delivery.duplicates)
        for delivery in feed.summary.deliveries
    }


@pytest.mark.skipif("AWS_ENDPOINT_URL" in os.environ, reason="that service may have no archive")
def test_java_of_the_job_maps_the_archive_of_its_classes(manifest):
    of_project = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
    if not class_archive.archive_path(of_project).is_file():
        pytest.skip("`quartal toolchain install` makes it")
    assert manifest["spark"]["class_archive"] is True


def test_quarantine_holds_each_bad_row_with_its_text_and_reasons(pipeline, manifest, feed: Feed):
    deployment, connection = pipeline.workspace.deployment, pipeline.workspace.connection
    filesystem = pyarrow.fs.S3FileSystem(
        endpoint_override=connection.endpoint_url, access_key="test", secret_key="test", region=connection.region
    )
    rows = pyarrow.dataset.dataset(
        f"{deployment.lake_bucket}/quarantine/{deployment.dataset}", filesystem=filesystem, partitioning="hive"
    ).to_table()
    database = expected_tables(feed.folder)
    raw_lines = {line for (line,) in database.execute("select array_to_string(cells, ',') from raw").fetchall()}
    assert rows.num_rows == feed.summary.bad_rows
    assert {row["raw"] for row in rows.to_pylist()} <= raw_lines
    assert all(row["reasons"] and row["file"].startswith("s3://") for row in rows.to_pylist())


def test_features_are_tagged_per_quarter(pipeline, manifest, catalog):
    deployment = pipeline.workspace.deployment
    table = catalog.load_table((deployment.database, deployment.features_table()))
    assert set(DELIVERIES) <= set(table.metadata.refs)
    tagged = table.scan(snapshot_id=table.metadata.refs["2024Q1"].snapshot_id).to_arrow()
    assert max(tagged["quarter"].to_pylist()) == "2024Q1", "all were published by one run"


def test_second_plan_is_empty(pipeline, manifest):
    assert change.make_plan(pipeline.workspace).summary() == "no changes"


def test_plan_that_was_reviewed_before_the_state_moved_is_not_applied(pipeline):
    workspace = pipeline.workspace
    review.review_saved_plan(workspace, change.save_plan(workspace), ReviewOptions())
    record = saved_plan.read_record(workspace.staged)
    state = workspace.staged.folder / "terraform.tfstate"
    text = state.read_text()
    state.write_text(json.dumps(json.loads(text) | {"serial": json.loads(text)["serial"] + 1}))
    try:
        with pytest.raises(TerraformError) as error:
            change.apply_plan(workspace, record)
    finally:
        state.write_text(text)
    assert "state has changed since this plan was reviewed" in error.value.message
    assert saved_plan.read_record(workspace.staged) is None


def test_drift_is_reported_with_exit_code_3_and_only_while_it_is_there(pipeline, command_line, capsys):
    group = pipeline.workspace.deployment.log_groups["crawler"]
    logs = pipeline.workspace.connection.logs()
    days = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"]
    logs.put_retention_policy(logGroupName=group, retentionInDays=365)
    try:
        assert quartal(["drift", "--json"]) == 3
    finally:
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)
    (found,) = json.loads(capsys.readouterr().out)["drift"]
    assert found["address"] == 'module.glue_catalog.aws_cloudwatch_log_group.crawler["vehicle_sightings"]'
    assert found["attributes"] == [{"path": "retention_in_days", "before": days, "after": 365}]
    assert quartal(["drift"]) == 0


def test_run_without_new_files_publishes_nothing_and_is_reported_as_in_time(
    pipeline, manifest, catalog, overdue_check, alert_with
):
    deployment = pipeline.workspace.deployment
    name = (deployment.database, deployment.features_table())
    before = catalog.load_table(name).current_snapshot().snapshot_id
    check = overdue_check.start()
    again = pipeline.run()
    assert overdue_check.finish(check) == [*ASKED, "InTime"]
    told = alert_with(again["run_id"])
    assert "The run of vehicle_sightings ended as SUCCEEDED" in told
    assert "Nothing new: the tables are unchanged." in told
    assert told.strip('"').endswith("quartal explain --env localstack")
    assert again["deliveries"] == []
    assert again["published_anything"] is False
    assert catalog.load_table(name).current_snapshot().snapshot_id == before


def test_crawled_table_has_the_contracts_columns_and_the_delivery_as_partition(pipeline, manifest):  # G16, G18, G19
    deployment = pipeline.workspace.deployment
    glue = pipeline.workspace.connection.glue()
    table = glue.get_table(DatabaseName=deployment.database, Name=deployment.dataset)["Table"]
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert columns == ["sighting_id", "brand", "date", "time"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["delivery"]
    partitions = glue.get_partitions(DatabaseName=deployment.database, TableName=deployment.dataset)["Partitions"]
    assert sorted(partition["Values"][0] for partition in partitions) == DELIVERIES


def test_query_answers_from_the_published_table(manifest, command_line, capsys, feed: Feed):
    sql = "select brand, day, sightings from features order by day desc, sightings desc limit 5"
    assert quartal(["query", "--json", sql]) == 0
    answer = json.loads(capsys.readouterr().out)["result"]
    expected = expected_tables(feed.folder).execute(
        "select brand, day, sightings from expected order by day desc, sightings desc limit 5"
    )
    assert [(row["day"], row["sightings"]) for row in answer] == [(str(day), n) for _, day, n in expected.fetchall()]


def test_query_of_an_unknown_table_names_the_existing_ones(manifest, command_line, capsys):
    assert quartal(["query", "select * from feature"]) == 2
    assert "features" in capsys.readouterr().err


def test_status_shows_the_last_run(manifest, command_line, capsys):
    assert quartal(["status", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["last_run"]
    assert last["succeeded"] is True
    assert (last["crawl"]["outcome"], last["job"]["outcome"]) == ("SUCCEEDED", "SUCCEEDED")


def test_published_features_are_exported_as_of_a_tag_with_their_run(manifest, command_line, capsys, tmp_path):
    def answer(*arguments: str):
        assert quartal([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)["result"]

    run_id, quarter = manifest["run_id"], manifest["features"]["partitions"][-1]
    rows = answer("query", "select count(*) as n from features")[0]["n"]
    tags = {tag["name"]: tag for tag in answer("tags")}
    assert (tags[quarter]["rows"], tags[quarter]["run_id"]) == (rows, run_id)
    for table in ("features", "curated"):
        count = f"select count(*) as n from {table}"
        assert answer("query", count, "--as-of", quarter) == answer("query", count)
    assert answer("diff", quarter, run_id)["rows_after"] == rows
    exported = answer("export", "--tag", quarter, "--out", str(tmp_path / "features"))
    assert answer("tag", "model-1", "--as-of", quarter)["snapshot_id"] == exported["snapshot_id"]
    assert answer("query", "select count(*) as n from features", "--as-of", "model-1")[0]["n"] == rows
    assert answer("tag", "model-1", "--delete")["removed"] is True
    assert (exported["rows"], exported["snapshot_id"]) == (rows, str(manifest["features"]["snapshot_id"]))
    past = {run["run_id"]: run for run in answer("history")}
    assert (past[run_id]["status"], past[run_id]["rows_in"]) == ("SUCCEEDED", manifest["totals"]["rows_in"])
    assert any(line.startswith("[quartal]") for line in answer("logs", run_id)["lines"])


def test_report_page_shows_the_numbers_and_cost_of_the_run(manifest, command_line, capsys, tmp_path):
    page, run_id = tmp_path / "report.html", manifest["run_id"]
    assert quartal(["report", "--json", "--out", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)
    run = {each["run_id"]: each for each in told["runs"]}[run_id]
    assert (run["outcome"], run["crawl"], run["has_manifest"]) == ("SUCCEEDED", "SUCCEEDED", True)
    counts = ("delivery", "rows_in", "kept", "quarantined", "duplicates", "first_day", "last_day")
    assert [[each[name] for name in counts] for each in run["deliveries"]] == [
        [each[name] for name in counts] for each in manifest["deliveries"]
    ]
    assert run["features"]["snapshot_id"] == str(manifest["features"]["snapshot_id"])
    assert told["quarters"] == DELIVERIES
    assert {line["run_id"] for line in told["lineage"]} == {run_id}
    text = page.read_text("utf-8")
    assert f'id="run-{run_id}"' in text
    assert all(f'<td class="number">{each["rows_in"]:,}</td>' in text for each in manifest["deliveries"])
    assert quartal(["cost", "--json"]) == 0
    costs = {each["run_id"]: each["cost"] for each in json.loads(capsys.readouterr().out)["runs"]}
    assert costs[run_id] == run["cost"]
    assert costs[run_id]["usd"] > 0


# ---------------------------------------------------------------------------- the same tables through Athena


@pytest.fixture
def athena(pipeline, client):
    """`athena(sql)`: the finished execution and its rows, the header first."""
    deployment = pipeline.workspace.deployment
    results = f"s3://{deployment.lake_bucket}/tmp/athena/"
    return make_ask(client("athena"), database=deployment.database, results=results)


def test_athena_reads_the_published_features(manifest, athena, feed: Feed):
    sql = "select brand, count(*) as days, sum(sightings) as sightings from {} group by brand order by brand"
    _, (header, *rows) = athena(sql.format("vehicle_sightings_features"))
    expected = expected_tables(feed.folder).execute(sql.format("expected")).fetchall()
    assert header == ["brand", "days", "sightings"]
    assert rows == [[brand, str(days), str(sightings)] for brand, days, sightings in expected]


def test_athena_reads_the_crawled_files_and_of_a_partition_no_more_than_that(manifest, athena, feed: Feed):
    whole, (_, *rows) = athena("select delivery, count(*) from vehicle_sightings group by 1 order by 1")
    assert rows == [[delivery.delivery, str(delivery.rows)] for delivery in feed.summary.deliveries]
    one, _ = athena("select count(*) from vehicle_sightings where delivery = '2024Q1'")
    (files,) = (delivery for delivery in feed.summary.deliveries if delivery.delivery == "2024Q1")
    assert one["Statistics"]["DataScannedInBytes"] == files.size_bytes
    assert whole["Statistics"]["DataScannedInBytes"] == sum(d.size_bytes for d in feed.summary.deliveries)


def test_athena_sees_the_features_as_they_were_tagged(pipeline, manifest, athena, catalog):
    deployment = pipeline.workspace.deployment
    table = catalog.load_table((deployment.database, deployment.features_table()))
    snapshot_id = table.metadata.refs["2024Q1"].snapshot_id
    _, held = athena(f"select max(quarter) from vehicle_sightings_features for version as of {snapshot_id}")
    assert held == [["_col0"], ["2024Q1"]]
    _, rows = athena(f"select count(*) from vehicle_sightings_features for version as of {snapshot_id}")
    assert rows == [["_col0"], [str(table.scan(snapshot_id=snapshot_id).count())]]


def rows_by_delivery(rows: list[list[str | None]]) -> dict[str | None, int]:
    """Of rows that begin with a delivery and end with a count: the sums."""
    sums: dict[str | None, int] = {}
    for delivery, *_, count in rows:
        sums[delivery] = sums.get(delivery, 0) + int(count or 0)
    return sums


def test_every_named_query_answers_with_what_the_run_left(pipeline, manifest, athena, client, catalog):
    workgroup, dataset = (
        pipeline.workspace.terraform.outputs()["athena_workgroup"],
        pipeline.workspace.deployment.dataset,
    )
    saved = client("athena")
    answers = {}
    for query_id in saved.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]:
        query = saved.get_named_query(NamedQueryId=query_id)["NamedQuery"]
        execution, rows = athena(query["QueryString"], WorkGroup=workgroup)
        assert execution["Status"]["State"] == "SUCCEEDED", (query["Name"], execution["Status"])
        answers[query["Name"].removeprefix(f"{dataset}-")] = rows
    deliveries = {delivery["delivery"]: delivery for delivery in manifest["deliveries"]}
    features = {"features-as-of-quarters", "features-latest-quarter", "features-per-quarter"}
    assert set(answers) == {*features, "quality-by-delivery", "quality-by-rule"}
    refs = catalog.load_table(f"{manifest['features']['table']}").metadata.refs
    assert {row[0]: row[1] for row in answers["features-as-of-quarters"][1:]} == {
        quarter: str(refs[quarter].snapshot_id) for quarter in manifest["features"]["partitions"]
    }
    header, *latest = answers["features-latest-quarter"]
    assert {row[header.index("quarter")] for row in latest} == {manifest["features"]["partitions"][-1]}
    assert sum(int(row[-1]) for row in answers["features-per-quarter"][1:]) == manifest["totals"]["kept"]
    assert answers["quality-by-delivery"] == [
        ["delivery", "kept", "quarantined"],
        *([name, str(found["kept"]), str(found["quarantined"])] for name, found in sorted(deliveries.items())),
    ]
    assert rows_by_delivery(answers["quality-by-rule"][1:]) == {
        name: sum(found["violations"].values()) for name, found in deliveries.items()
    }


def test_every_data_set_of_business_intelligence_answers(pipeline, manifest, athena):
    terraform = require_terraform(pipeline.workspace.settings)
    staged, env = pipeline.workspace.staged, pipeline.workspace.env
    asked = "jsonencode({ for name, data_set in local.data_sets : name => data_set.sql })\n"
    told = subprocess.run(
        [terraform, "console", f"-var-file={staged.var_file}"],
        cwd=staged.folder,
        env=terraform_environment(pipeline.workspace.settings, env),
        input=asked,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    data_sets = json.loads(json.loads(told.stdout))
    _, (header, *features) = athena(data_sets["vehicle_sightings_features"])
    assert header == ["brand", "day", "quarter", "sightings"]
    assert sum(int(row[-1]) for row in features) == manifest["totals"]["kept"]
    _, (header, *quality) = athena(data_sets["vehicle_sightings_quality"])
    assert header == ["delivery", "rule", "quarantined"]
    assert rows_by_delivery(quality) == {
        found["delivery"]: sum(found["violations"].values()) for found in manifest["deliveries"]
    }


def test_athena_names_a_table_that_does_not_exist(manifest, athena, pipeline):
    execution, _ = athena("select * from nowhere")
    name = f"awsdatacatalog.{pipeline.workspace.deployment.database}.nowhere"
    assert execution["Status"]["StateChangeReason"] == f"TABLE_NOT_FOUND: line 1:15: Table '{name}' does not exist"


@pytest.mark.parametrize("part", ["crawler", "job"])
def test_every_granted_action_is_used_but_for_named_exceptions(first_run: FirstRun, part: str):
    activity = first_run.activity[part]
    unused = {
        action
        for statement in activity["statements"]
        for action, count in statement["actions"].items()
        if count == 0 and action not in {call["action"] for call in activity["calls"] if call["allowed"]}
    }
    assert unused == set(UNUSED[part])


@pytest.mark.parametrize("part", ["crawler", "job"])
def test_nothing_is_done_that_is_not_granted(first_run: FirstRun, part: str):
    assert first_run.activity[part]["denials"] == []
    assert len(first_run.activity[part]["calls"]) > 5


@pytest.mark.parametrize("part", ["crawler", "job"])
def test_without_any_one_statement_the_run_would_have_been_denied(first_run: FirstRun, part: str):
    dispensable = {
        statement["statement"]
        for statement in first_run.activity[part]["statements"]
        if statement["without_it"]["refused"] == 0
    }
    assert dispensable == set(NEVER_NEEDED[part])


def test_job_fails_with_access_denied_when_a_statement_is_removed(pipeline: Pipeline, manifest: dict):
    glue, deployment = pipeline.workspace.connection.glue(), pipeline.workspace.deployment
    iam = boto3.client(
        "iam",
        endpoint_url=pipeline.workspace.connection.endpoint_url,
        region_name=deployment.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    named = {
        "RoleName": glue.get_job(JobName=deployment.job)["Job"]["Role"].rpartition("/")[2],
        "PolicyName": "catalog",
    }
    granted = iam.get_role_policy(**named)["PolicyDocument"]
    kept = [statement for statement in granted["Statement"] if statement["Sid"] != "ReadCatalog"]
    assert len(kept) == len(granted["Statement"]) - 1
    iam.put_role_policy(**named, PolicyDocument=json.dumps({**granted, "Statement": kept}))
    try:
        run_id = glue.start_job_run(JobName=deployment.job)["JobRunId"]
        run = Waiter(timeout_s=300).wait_until(
            lambda: glue.get_job_run(JobName=deployment.job, RunId=run_id)["JobRun"],
            is_done=lambda found: found["JobRunState"] not in {"STARTING", "RUNNING", "WAITING", "STOPPING"},
            describe=lambda found: found["JobRunState"],
            waiting_for="the job without ReadCatalog",
        )
    finally:
        iam.put_role_policy(**named, PolicyDocument=json.dumps(granted))
    assert run["JobRunState"] == "FAILED"
    assert "AccessDenied" in run["ErrorMessage"]
    assert "glue:Get" in run["ErrorMessage"]


@pytest.fixture(scope="module")
def client(pipeline: Pipeline) -> Callable[[str], Any]:
    settings, region = pipeline.workspace.settings, pipeline.workspace.deployment.region
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    return lambda service: session.client(service, endpoint_url=str(settings.endpoint_url))


@pytest.fixture
def alert_with(pipeline: Pipeline, client: Callable[[str], Any]) -> Iterator[Callable[[str], str]]:
    """Waits for a message of the pipeline's topic that holds a text."""
    topic = pipeline.workspace.terraform.outputs()["sns_topic_arn"]
    with open_inbox(topic, client("sqs"), client("sns")) as wait:
        yield wait


def test_failed_run_is_notified_with_its_reason_and_the_explain_command(pipeline, client, alert_with):  # G30
    job = pipeline.workspace.deployment.job
    detail = {"jobName": job, "jobRunId": "jr_1", "state": "FAILED", "message": "ContractError: no header"}
    event = {"Source": "aws.glue", "DetailType": "Glue Job State Change", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[event])
    message = alert_with("ContractError: no header")
    assert f"The job {job} ended as FAILED" in message
    assert "quartal explain --env localstack" in message


def test_failure_notified_by_the_run_is_not_notified_again_by_glue(pipeline, client):  # G29, G30
    events, job = client("events"), pipeline.workspace.deployment.job
    (pattern,) = (rule["EventPattern"] for rule in events.list_rules()["Rules"] if rule["Name"].endswith("-job-ended"))

    def is_told(**message: str) -> bool:
        detail = {"jobName": job, "jobRunId": "jr_1", "state": "FAILED", **message}
        about = {"id": "1", "account": "000000000000", "region": "us-east-1", "time": "2026-01-01T00:00:00Z"}
        event = {**about, "source": "aws.glue", "detail-type": "Glue Job State Change", "detail": detail}
        return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event | {"resources": []}))["Result"]

    assert not is_told(message="SystemExit: QuartalJobError: delivery d1: 2 of 3 rows are bad")
    assert is_told(message="SystemExit: QuartalJobError (no event of the run): missing argument --dataset")
    assert is_told(message="Command failed with exit code 137")
    assert is_told()


def test_run_event_has_the_failure_and_the_other_findings(pipeline, client, alert_with):
    deployment = pipeline.workspace.deployment
    detail = {"dataset": deployment.dataset, "database": deployment.database, "runId": "wr_1", "status": "FAILED"}
    detail |= {
        "summary": "delivery d1: 2 of 3 rows are bad",
        "needs": "Needs attention: 1 problem. (1) problem: The data ends.",
    }
    event = {"Source": "quartal", "DetailType": "Quartal Run Finished", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[event])
    message = alert_with("2 of 3 rows are bad")
    parts = (
        f"The run of {deployment.dataset} ended as FAILED at ",
        "(run wr_1). delivery d1: 2 of 3 rows are bad",
        detail["needs"],
        "What happened and what to do: quartal explain --env localstack",
    )
    places = [message.find(part) for part in parts]
    assert -1 not in places, message
    assert places == sorted(places)


def test_too_many_quarantined_rows_are_notified_with_the_limit_and_the_explain_command(pipeline, client, alert_with):
    alarms, prefix = client("cloudwatch"), pipeline.workspace.deployment.job
    (name,) = (
        alarm["AlarmName"]
        for alarm in alarms.describe_alarms()["MetricAlarms"]
        if alarm["MetricName"] == "QuarantineShare" and alarm["AlarmName"].startswith(prefix)
    )
    alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="0.2 is greater than 0.05")
    message = json.loads(alert_with(name))
    assert message["NewStateValue"] == "ALARM"
    assert "quarantined more than a share of 0.05 of its rows" in message["AlarmDescription"]
    assert message["AlarmDescription"].endswith("quartal explain --env localstack")


@pytest.fixture(scope="module")
def overdue_check(pipeline: Pipeline, client: Callable[[str], Any]) -> Iterator[OverdueCheck]:
    with check_made_due_by_hand(client("stepfunctions"), f"{pipeline.workspace.deployment.job}-overdue") as check:
        yield check


ASKED = ["NoteNewestRun", "WaitUntilDue", "FindNewestRun", "SucceededSinceScheduled"]


def test_missing_run_is_notified_when_the_features_are_due(pipeline, manifest, overdue_check, alert_with):
    # the run before the schedule fired has succeeded, and does not count
    assert overdue_check.finish(overdue_check.start()) == [*ASKED, "Tell"]
    job = pipeline.workspace.deployment.job
    message = alert_with("are due")
    assert f"no run of {job} is known to have succeeded since 2024-01-08T02:00:00Z" in message
    assert message.endswith("quartal explain --env localstack")
