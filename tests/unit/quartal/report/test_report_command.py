"""`quartal report` on moto's Glue and S3: what is read, what is written, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.manifest.model import RunManifest
from etl_job.tables.property_names import RUN
from quartal.cli.app import run
from quartal.core.aws import AwsConnection
from quartal.report.collect import _tags
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace
from tests.unit.quartal.report.example import counts, features, manifest

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")
DEPLOYMENT = Deployment(
    region="eu-central-1",
    lake_bucket="lake",
    dataset="feed",
    raw_prefix="raw/feed/",
    database="db",
    crawler="crawler",
    job="job",
    workflow="flow",
    schedule="cron(0 2 8 3,6,9,12 ? *)",
    log_groups={},
    ml_run={"first_month": 3, "day": 15},
)


@pytest.fixture
def lake(project, monkeypatch) -> Iterator[AwsConnection]:
    """A deployed pipeline that has not run."""
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", CONNECTION)
    with mock_aws():
        CONNECTION.s3().create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        glue = CONNECTION.glue()
        glue.create_workflow(Name="flow")
        glue.create_job(
            Name="job",
            Role="arn:aws:iam::123456789012:role/job",
            Command={"Name": "glueetl", "ScriptLocation": "s3://lake/code/main.py"},
            WorkerType="G.1X",
            NumberOfWorkers=2,
        )
        glue.create_database(DatabaseInput={"Name": "db"})
        yield CONNECTION


def put_manifest(name: str, body: str | RunManifest) -> None:
    text = body if isinstance(body, str) else body.model_dump_json()
    CONNECTION.s3().put_object(Bucket="lake", Key=f"runs/feed/{name}.json", Body=text)


@pytest.fixture
def published(lake, tmp_path, monkeypatch) -> GlueCatalog:
    """Features of one run, with its manifest and the tag of the quarter."""
    catalog = GlueCatalog("test", client=lake.glue())
    monkeypatch.setattr("quartal.report.writing.iceberg_catalog", lambda _: catalog)
    state = features()
    table = catalog.create_table("db.feed_features", state.schema, location=f"file://{tmp_path}/features")
    table.overwrite(state, snapshot_properties={RUN: "wr_1"})
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "2026Q3").commit()
    put_manifest(
        "wr_1",
        manifest(
            "wr_1",
            counts("2026Q3", 1000, {"date.format": 7}, 3),
            started=datetime(2026, 9, 9, tzinfo=UTC),
            published={"2026Q3": "wr_1"},
        ),
    )
    return catalog


def test_report_writes_an_offline_page_and_prints_its_path(published, project, capsys):
    assert run(["report"]) == 0
    path = project / ".quartal" / "report.html"
    text = path.read_text(encoding="utf-8")
    assert str(path) in capsys.readouterr().out
    assert "default-src 'none'" in text
    assert 'id="run-wr_1"' in text
    assert "LocalStack costs nothing" in text
    assert not list(path.parent.glob(".*.partial"))


def test_tags_of_a_runs_quarters_are_those_of_its_raw_files(published, monkeypatch):
    table = published.load_table("db.feed_features")
    up_to_quarter = table.current_snapshot().snapshot_id
    table.overwrite(features(), snapshot_properties={RUN: "wr_1"})
    table.manage_snapshots().create_tag(up_to_quarter, "2026Q2").commit()
    whole = table.current_snapshot().snapshot_id
    assert _tags(table) == {whole: ("2026Q2", "2026Q3")}


def test_json_holds_the_numbers_of_the_page(published, project, capsys):
    assert run(["report", "--json", "--quarters", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    (only,) = found["runs"]
    assert (only["run_id"], only["outcome"], only["has_manifest"]) == ("wr_1", "SUCCEEDED", True)
    assert only["cost"]["measured"] == "seconds in the manifest, on the workers that the job has now"
    assert only["cost"]["dpu_seconds"] == 2 * 840
    assert found["quarters"] == ["2026Q2", "2026Q3"], "only as many as asked for"
    sightings = next(each for each in found["features"] if each["feature"] == "sightings")
    assert [(step["before"], step["drift"]) for step in sightings["steps"]] == [("2026Q2", "large")]
    assert found["deliveries"][0]["rows"]["quarantined"] == 7
    snapshot = str(published.load_table("db.feed_features").current_snapshot().snapshot_id)
    assert [(line["features_snapshot_id"], line["tags"]) for line in found["lineage"]] == [(snapshot, ["2026Q3"])] * 2
    assert found["freshness"]["last_day"] == "2026-09-30"
    assert not (project / ".quartal" / "report.html").exists(), "a machine gets no file that it did not ask for"


def test_json_with_a_file_writes_both(published, tmp_path, capsys):
    out = tmp_path / "new" / "page.html"
    assert run(["report", "--json", "--out", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == "feed"
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_job_run_that_left_no_manifest_is_in_the_report(lake, monkeypatch, capsys):
    monkeypatch.setattr("quartal.report.writing.iceberg_catalog", lambda c: GlueCatalog("test", client=c.glue()))
    job_run = lake.glue().start_job_run(JobName="job")["JobRunId"]
    workflow_run = lake.glue().start_workflow_run(Name="flow")["RunId"]
    assert run(["report", "--json"]) == 0
    found = {each["run_id"]: each for each in json.loads(capsys.readouterr().out)["runs"]}
    assert set(found) == {job_run, workflow_run}
    assert not any(each["has_manifest"] for each in found.values())


def test_page_of_a_pipeline_that_never_ran_states_it(lake, project, monkeypatch):
    monkeypatch.setattr("quartal.report.writing.iceberg_catalog", lambda c: GlueCatalog("test", client=c.glue()))
    assert run(["report"]) == 0
    text = (project / ".quartal" / "report.html").read_text(encoding="utf-8")
    assert "The pipeline has not run yet" in text
    assert "Needs attention: 1 problem" in text


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(
            manifest("wr_1").model_dump_json().replace('"manifest_version":1', '"manifest_version":2'),
            "version 2",
            id="another version",
        ),
        pytest.param("no json", "is no run manifest", id="no JSON"),
        pytest.param("[]", "is no run manifest", id="no object"),
        pytest.param('{"manifest_version": 1, "run_id": "wr_1"}', "lacks dataset", id="a field is missing"),
    ],
)
@pytest.mark.parametrize("command", ["report", "history", "cost"])
def test_manifest_that_cannot_be_read_is_named_and_the_others_are_shown(published, project, capsys, body, why, command):
    put_manifest("wr_2", body)
    assert run([command]) == 1
    printed = capsys.readouterr()
    warnings = " ".join(printed.err.split())
    assert "s3://lake/runs/feed/wr_2.json" in warnings
    assert why in warnings
    assert ("wr_1" in printed.out) == (command != "report")
    if command == "report":
        page = (project / ".quartal" / "report.html").read_text(encoding="utf-8")
        assert 'id="run-wr_1"' in page
        assert "s3://lake/runs/feed/wr_2.json" in page

    assert run([command, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    if command == "history":
        assert [each["run_id"] for each in found["result"]] == ["wr_1", "wr_2"]
        assert (found["result"][1]["state"], found["result"][1]["rows_in"]) == ("UNREADABLE", None)
        assert why in found["result"][1]["reason"]
        return
    assert [each["run_id"] for each in found["runs"]] == ["wr_1"]
    if command == "report":
        assert found["deliveries"] == [], "what is published now, the manifest that cannot be read may know"
    (unread,) = found["unread_manifests"]
    assert unread["key"] == "runs/feed/wr_2.json"
    assert why in unread["message"]


def test_status_with_a_manifest_that_cannot_be_read_names_it_and_says_nothing_of_deliveries(
    published, monkeypatch, capsys
):
    monkeypatch.setattr(Workspace, "endpoint", None)
    put_manifest("wr_2", "no json")
    assert run(["status", "--json", "--exit-code"]) == 1
    findings = {each["about"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert "s3://lake/runs/feed/wr_2.json is no run manifest" in findings["history"]["sentence"]
    assert "deliveries" not in findings


def test_file_that_cannot_be_written_is_refused_with_a_remedy(published, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file where a folder should be")
    assert run(["report", "--out", str(tmp_path / "taken" / "report.html")]) == 2
    assert "--out FILE" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "a file where a folder should be"


def test_folder_in_the_place_of_the_file_is_refused_and_nothing_is_left(published, tmp_path, capsys):
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    assert run(["report", "--out", str(tmp_path / "out" / "report.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]


def test_cost_lists_each_run_and_its_month(published, capsys):
    put_manifest("wr_2", manifest("wr_2", started=datetime(2026, 9, 10, tzinfo=UTC), seconds=30))
    assert run(["cost", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    price = found["prices"]["usd_per_dpu_hour"]
    assert [each["run_id"] for each in found["runs"]] == ["wr_2", "wr_1"], "the newest first"
    seconds = 2 * (840 + 60)  # two workers; a minute is the least
    assert found["months"] == [
        {
            "month": "2026-09",
            "runs": 2,
            "dpu_seconds": seconds,
            "usd": pytest.approx(seconds / 3600 * price),
            "unknown": 0,
            "is_whole": True,
        }
    ]
    assert run(["cost"]) == 0
    printed = capsys.readouterr()
    assert printed.out.index("wr_2") < printed.out.index("wr_1")
    assert "2026-09: 0.2200 USD for 2 runs" in printed.err
    assert "LocalStack costs nothing" in printed.err


def test_cost_names_withdrawn_deliveries_as_the_history_does(published, capsys):
    withdrawal = manifest("wr_2", started=datetime(2026, 9, 10, tzinfo=UTC), published={"2025Q4": "wr_2"})
    state = withdrawal.published["2025Q4"].model_copy(update={"withdrawn": True})
    put_manifest("wr_2", withdrawal.model_copy(update={"published": {"2025Q4": state}}))
    assert run(["cost", "--json"]) == 0
    newest = json.loads(capsys.readouterr().out)["runs"][0]
    assert (newest["deliveries"], newest["withdrawn"]) == ([], ["2025Q4"])
    for command in ("cost", "history"):
        assert run([command]) == 0
        assert "2025Q4 withdrawn" in capsys.readouterr().out


def test_month_of_which_only_some_runs_are_read_is_no_whole_month(published, capsys):
    put_manifest("wr_2", manifest("wr_2", started=datetime(2026, 9, 10, tzinfo=UTC)))
    put_manifest("wr_3", manifest("wr_3", started=datetime(2026, 10, 1, tzinfo=UTC)))

    def months(last: int) -> list[tuple[str, int, bool]]:
        assert run(["cost", "--last", str(last), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert len(found["runs"]) == last
        return [(each["month"], each["runs"], each["is_whole"]) for each in found["months"]]

    assert months(1) == [("2026-10", 1, True)]
    assert months(2) == [("2026-09", 1, False), ("2026-10", 1, True)]
    assert months(3) == [("2026-09", 2, True), ("2026-10", 1, True)]
    assert run(["cost", "--last", "2"]) == 0
    assert "for 1 run, the newest of that month (--last shows more)" in " ".join(capsys.readouterr().err.split())


def test_report_of_features_whose_file_is_gone_is_one_message(published, tmp_path, capsys):
    for file in (tmp_path / "features").rglob("*.parquet"):
        file.unlink()
    assert run(["report"]) == 1
    assert "The files of db.feed_features could not be read" in capsys.readouterr().err


def test_cost_of_a_pipeline_that_never_ran_states_it(lake, capsys):
    assert run(["cost"]) == 0
    assert "Nothing has run yet" in capsys.readouterr().err


def test_history_of_a_pipeline_whose_data_alone_is_left_is_in_report_and_cost(published, lake, capsys):
    lake.glue().delete_workflow(Name="flow")
    lake.glue().delete_job(JobName="job")
    assert run(["report", "--json"]) == run(["cost"]) == 0
    printed = capsys.readouterr()
    assert "wr_1" in printed.out
    assert "1 of them unknown" in printed.err


def test_report_of_few_runs_denies_nothing_that_the_runs_before_did(published, capsys):
    failed = manifest("wr_2", started=datetime(2026, 9, 9, 12, tzinfo=UTC), reason="no")
    put_manifest("wr_2", failed)
    assert run(["report", "--runs", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["run_id"] for each in found["runs"]] == ["wr_2"]
    assert [each["rows"]["rows_in"] for each in found["deliveries"]] == [1000]
    assert "No run has succeeded yet." not in [each["sentence"] for each in found["findings"]]


def test_commands_of_the_page_name_the_feed_where_it_was_named(published, project, monkeypatch):
    assert run(["report", "--dataset", "feed"]) == 0
    text = (project / ".quartal" / "report.html").read_text(encoding="utf-8")
    assert "quartal explain --dataset feed wr_1" in text
