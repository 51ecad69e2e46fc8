"""`quartal status` on moto's Glue and S3: the verdict first, then the findings with the commands that help."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.tables.property_names import SOURCE_SNAPSHOT
from quartal.cli.app import run
from quartal.cli.options import open_workspace
from quartal.report.collect import LOOKED_BACK
from quartal.report.status import attention_after, cost_in_words
from quartal.runs.outcome import Attention
from quartal.runs.workflow_run import Step, WorkflowRun
from quartal.workspace import Workspace
from tests.unit.quartal.report.example import counts, example_report, manifest
from tests.unit.quartal.report.test_report_command import lake, put_manifest  # noqa: F401  # a fixture


@pytest.fixture(autouse=True)
def deployed(lake, monkeypatch):  # noqa: F811
    monkeypatch.setattr(Workspace, "endpoint", None)


def status(capsys, *options: str) -> tuple[int, str]:
    code = run(["status", *options])
    return code, capsys.readouterr().out


def test_pipeline_that_has_not_run_needs_a_delivery(capsys):
    code, text = status(capsys)
    assert code == 0
    assert text.splitlines()[:3] == [
        "Needs attention: 1 problem",
        "✗ The pipeline has not run yet.",
        "    `quartal upload FOLDER`",
    ]
    assert "Lake         s3://lake" in text


def test_status_exits_with_1_for_problems_on_request(capsys):
    assert status(capsys, "--exit-code")[0] == 1


def test_failed_run_and_old_data_are_found_in_the_manifests(capsys):
    put_manifest("wr_1", manifest("wr_1", counts("2020Q1", 100, {"date.format": 1}, 0), published={"2020Q1": "wr_1"}))
    put_manifest("wr_2", manifest("wr_2", reason="delivery 2026Q1: 5 of 100 rows are bad"))
    _, text = status(capsys, "--json")
    found = json.loads(text)
    assert found["verdict"].startswith("Needs attention")
    assert [each["about"] for each in found["findings"]] == ["last_run", "schedule", "data_age"]
    assert "5 of 100 rows are bad" in found["findings"][0]["sentence"]


def test_invalid_manifest_is_reported_and_the_rest_is_shown(capsys):
    put_manifest("wr_1", "{}")
    code, text = status(capsys)
    assert code == 0
    assert "is no run manifest" in text
    assert "Lake         s3://lake" in text


def test_many_runs_without_new_deliveries_do_not_hide_the_age_of_the_data(capsys):
    published = {"2020Q1": "wr_0"}
    rows = counts("2020Q1", 100, {}, 0)
    put_manifest("wr_0", manifest("wr_0", rows, started=datetime(2020, 4, 8, tzinfo=UTC), published=published))
    for number in range(LOOKED_BACK + 1):
        started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
        put_manifest(f"wr_{number + 10}", manifest(f"wr_{number + 10}", started=started, published=published))
    assert "data_age" in abouts(capsys)


def test_features_behind_the_curated_table_are_a_problem_until_a_run_heals_them(capsys, lake, tmp_path):  # noqa: F811
    put_manifest("wr_1", manifest("wr_1", counts("2020Q1", 100, {}, 0), published={"2020Q1": "wr_1"}))
    catalog = GlueCatalog("test", client=lake.glue())
    rows = pa.table({"n": [1]})
    for name in ("curated", "features"):
        catalog.create_table(f"db.feed_{name}", rows.schema, location=f"file://{tmp_path}/{name}").overwrite(rows)
    assert "publication" in abouts(capsys)
    source = catalog.load_table("db.feed_curated").current_snapshot().snapshot_id
    features = catalog.load_table("db.feed_features")
    features.overwrite(rows, snapshot_properties={SOURCE_SNAPSHOT: str(source)})
    assert "publication" not in abouts(capsys)


def test_run_whose_start_glue_does_not_tell_yet_is_shown(capsys, monkeypatch):
    begun = WorkflowRun("flow", "wr_7", "RUNNING", Step("crawl", "crawler"), Step("job", "job"))
    monkeypatch.setattr("quartal.report.status.latest_run", lambda *_, **__: begun)
    assert "wr_7 is in progress\n" in status(capsys)[1]


def abouts(capsys) -> list[str]:
    return [each["about"] for each in json.loads(status(capsys, "--json")[1])["findings"]]


# ------------------------------------------------------------------- after a run, and where it is explained


def newest_is(run_id: str, monkeypatch) -> Workspace:
    monkeypatch.setattr("quartal.report.status.latest_run", lambda *_, **__: SimpleNamespace(run_id=run_id))
    return open_workspace("localstack")


def test_explain_shows_the_newest_run_with_the_findings_of_status(capsys, monkeypatch):
    put_manifest("wr_1", manifest("wr_1", counts("2020Q1", 100, {"date.format": 1}, 0), published={"2020Q1": "wr_1"}))
    found = json.loads(status(capsys, "--json")[1])
    attention = attention_after(newest_is("wr_1", monkeypatch), "wr_1")
    assert json.loads(json.dumps(attention.data)) == {name: found[name] for name in ("verdict", "findings")}
    assert attention.lines[0] == found["verdict"]
    assert any("The data ends on" in line for line in attention.lines)
    assert attention_after(newest_is("wr_2", monkeypatch), "wr_1") == Attention()


def test_explanation_repeats_nothing(capsys, monkeypatch):
    put_manifest("wr_1", manifest("wr_1", counts("2020Q1", 100, {"date.format": 1}, 0), published={"2020Q1": "wr_1"}))
    put_manifest("wr_2", manifest("wr_2", reason="delivery 2026Q1: 5 of 100 rows are bad"))
    workspace = newest_is("wr_2", monkeypatch)
    assert not any("5 of 100" in line for line in attention_after(workspace, "wr_2", without_last=True).lines)
    assert any("5 of 100" in line for line in attention_after(workspace, "wr_2").lines)


def test_failed_look_up_does_not_end_the_explanation(monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetWorkflowRuns")

    monkeypatch.setattr("quartal.report.status.latest_run", denied)
    assert attention_after(open_workspace("localstack"), "wr_1") == Attention()


def test_cost_is_that_of_the_run_that_is_shown_if_known():
    runs = example_report().runs
    later = replace(runs[-2], run_id="jr_9")  # of the job alone
    for past in (runs, (*runs, later)):
        assert cost_in_words(past, "wr_6", is_local=False) == "The run cost $0.029."
        assert cost_in_words(past, "wr_6", is_local=True) == "On AWS the run would cost $0.029."
    unpriced = replace(runs[-1], cost=None)
    assert [cost_in_words(past, "wr_6", is_local=False) for past in ((unpriced,), (later,), ())] == ["", "", ""]
