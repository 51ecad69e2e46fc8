"""Records that are none: refused by name, with what is wrong."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console as RichConsole

from etl_job.findings.run_facts import collect_facts
from etl_job.manifest.model import RunManifest
from plan_review.parse import parse_plan
from plan_review.verdict import unreadable
from quartal.core.console import Console
from quartal.core.errors import ConfigurationError, NotDeployedError, PipelineError
from quartal.core.settings import Settings
from quartal.deliver.ingest.record import IngestRecord
from quartal.deliver.upload.delivery_manifest import DeliveryManifest
from quartal.local.local_aws.server import running_server
from quartal.report.findings import Situation, findings_in
from quartal.report.freshness import freshness
from quartal.report.runs import delivery_states, last_published_day, lineage, merge_runs
from quartal.runs.history import print_history
from quartal.runs.manifests import parse_manifest
from quartal.runs.outcome import explain_manifest, show_manifest
from quartal.terraform.events import parse_event
from quartal.terraform.failed_apply import read_failed_apply
from quartal.terraform.outputs import Deployment
from quartal.terraform.saved_plan import read_record
from quartal.terraform.working_copy import StagedRoot
from tests.unit.quartal.manifest_examples import delivery_counts, empty_manifest

DEEP = 20_000
HALF = '{"pid": 12.0, "created": 1.0, "port": 4566, "folder": "x"}'
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"seconds": "60"}, "its seconds is of another type"),
        ({"totals": {}}, "it lacks totals.rows_in"),
        ({"totals": None}, "its totals is of another type"),
        ({"deliveries": [delivery_counts("a", kept="1")]}, r"its deliveries\.0\.kept is of another type"),
        ({"deliveries": [delivery_counts("a", violations={"\x1b[2J": None})]}, r"violations\.\\x1b\[2J"),
        ({"published": []}, "its published is of another type"),
        ({"manifest_version": "1"}, "its manifest_version is of another type"),
        ({"run_id": True}, "its run_id is of another type"),
    ],
)
def test_run_manifest_whose_fields_are_others_is_refused_by_the_field(fields, wrong):
    with pytest.raises(PipelineError, match=wrong):
        parse_manifest(json.dumps(empty_manifest(**fields)), "s3://lake/runs/feed/wr_1.json")


def test_run_manifest_of_a_newer_job_may_have_more():
    more = empty_manifest(more={"a": 1}, deliveries=[delivery_counts("a", more=1)])
    read = parse_manifest(json.dumps(more), "s3://lake/x.json").model_dump()
    assert (read["more"], read["deliveries"][0]["more"]) == ({"a": 1}, 1)


@pytest.mark.parametrize("text", ["", "[]", "{", HALF, '{"pid": "1"}', '{"a":' * DEEP, '{"pid": -1, "created": 1}'])
def test_invalid_record_of_a_localstack_is_ignored(tmp_path, text):
    (tmp_path / "localstack").mkdir()
    (tmp_path / "localstack" / "server.json").write_text(text)
    settings = replace(Settings.from_env({}, environment="localstack", cwd=ROOT), state_dir=tmp_path)
    assert running_server(settings) is None


@pytest.mark.parametrize("line", ['{"a":' * DEEP, '{"type": "x", "hook": 1}', '{"type": "diagnostic"}', "[]", "1e999"])
def test_line_of_terraform_that_is_no_event_is_none(line):
    assert parse_event(line) is None


@pytest.mark.parametrize("actions", [[None], [1], ["explode"], []])
def test_plan_with_unknown_actions_blocks_and_names_them(actions):
    change = {"actions": actions, "before": None, "after": None}
    planned = {"address": "a.b", "mode": "managed", "type": "a", "name": "b", "provider_name": "p", "change": change}
    found = unreadable(parse_plan({"format_version": "1.2", "resource_changes": [planned]}))
    assert [each for each in found if "does not know" in each.sentence]


NOW = datetime(2026, 7, 1, tzinfo=UTC)
FILE = {"uri": "s3://lake/raw/feed/delivery=2026Q1/a.csv", "size_bytes": 3, "etag": "e"}
TABLE = {"table": "db.t", "location": "s3://lake/t", "snapshot_id": 7, "files": 1, "partitions": ["p"], "tags": ["t"]}
ROWS = {"rows_in": 5, "kept": 3, "quarantined": 1, "duplicates": 1, "conflicts": 0, "warned": 1}
WHOLE = empty_manifest(
    contract={"source": "s3://lake/c.yaml", "version": "1", "hash": "h"},
    totals=ROWS,
    deliveries=[
        delivery_counts(
            "2026Q1", inputs=[FILE], violations={"a.b": 1}, first_day="2026-01-01", last_day="2026-03-31", **ROWS
        )
    ],
    stages=[{"stage": "validate", "seconds": 1.5}],
    curated=TABLE,
    features=TABLE,
    quarantine=["s3://lake/q"],
    versions={"quartal": "1"},
    published={"2026Q1": {"run_id": "wr_1", "contract_hash": "h", "inputs": [FILE], "withdrawn": False}},
    csv_export={"manifest": "m", "written": ["2026Q1"], "removed": []},
    drift={"new": ["a"], "missing": [], "other_order": False},
    not_catalogued=["2026Q1"],
    left_out=[{"uri": "u", "reason": "hidden"}],
)
ANYTHING = st.one_of(
    st.sampled_from(
        [
            None,
            True,
            0,
            -1,
            2**70,
            1.5,
            float("nan"),
            float("inf"),
            "",
            "x",
            [],
            [None],
            {},
            {"a": {}},
            "2024-13-45",
            "20240131",
            "2024-W01-1",
            "0001-01-01T00:00:00+14:00",
            "2026-01-01T00:00:00",
            "1700000000",
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(), each, max_size=2),
        max_leaves=3,
    ),
)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a JSON value has another one within."""
    for key, within in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*place, key)
        yield from places(within, (*place, key))


def changed(record: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The record with another value in a place."""
    made = holder = copy.deepcopy(record)
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return made


def use(manifest: RunManifest) -> None:
    """Everything that commands and the job do with a manifest."""
    for as_json in (False, True):
        console = Console(as_json=as_json, out=RichConsole(file=io.StringIO()), err=RichConsole(file=io.StringIO()))
        with redirect_stdout(io.StringIO()):  # where JSON goes
            print_history(console, [manifest])
            show_manifest(console, manifest)
            explain_manifest(console, manifest, resume="`quartal run`")
    runs = merge_runs([], {}, {manifest.run_id: manifest}, job=None, prices=None, count=8)
    states = delivery_states(manifest, runs)
    lineage(manifest, runs, curated_snapshots={}, features_snapshots={}, tags={})
    last_day, last_success = last_published_day(states), max(run.started for run in runs)
    cron = "cron(0 2 8 1,4,7,10 ? *)"
    fresh = freshness(
        schedule=cron, ml_run=(1, 15), last_success=last_success, published=None, last_day=last_day, now=NOW
    )
    findings_in(Situation(runs, states, fresh, cron, NOW, quarantine_limit=0.1))
    collect_facts(manifest, {})


def test_manifest_with_all_fields_is_read_and_shown():
    use(parse_manifest(json.dumps(WHOLE), "s3://lake/x.json"))


@settings(max_examples=400)
@given(place=st.sampled_from(sorted(places(WHOLE), key=str)), value=ANYTHING)
@example(place=("deliveries", 0, "last_day"), value="soon")
@example(place=("deliveries", 0, "last_day"), value="2024-W01-1")
@example(place=("started_at",), value="2026-01-01T00:00:00")
@example(place=("started_at",), value="0001-01-01T00:00:00+14:00")
@example(place=("seconds",), value=float("nan"))
@example(place=("totals", "kept"), value=10**400)
@example(place=("deliveries", 0, "kept"), value=-1)
def test_manifest_with_anything_in_any_field_is_read_or_refused_by_name(place, value):
    with suppress(PipelineError):
        use(parse_manifest(json.dumps(changed(WHOLE, place, value)), "s3://lake/x.json"))


FEED = {
    "crawler": "c",
    "job": "j",
    "log_groups": {"crawler": "/c", "job_output": "/o", "job_error": "/e"},
    "ml_run": {"first_month": 3, "day": 15},
    "quarantine_share_limit": 0.1,
    "raw_prefix": "raw/feed/",
    "schedule": "cron(0 2 8 1 ? *)",
    "time_zone": "Europe/Berlin",
    "workflow": "w",
}
OUTPUTS = {**FEED, "feeds": {"feed": FEED}, "database": "db", "dataset": "feed", "lake_bucket": "lake"} | {
    "key_arn": "arn:aws:kms:us-east-1:1:key/1",
    "region": "us-east-1",
}


@pytest.mark.parametrize("dataset", [None, "feed"])
@given(place=st.sampled_from(sorted(places(OUTPUTS), key=str)), value=ANYTHING)
@example(place=("log_groups",), value="x")
@example(place=("ml_run",), value={"first_month": "March", "day": 15})
@example(place=("ml_run",), value={"first_month": 2, "day": 31})
@example(place=("feeds",), value=["feed"])
@example(place=("feeds", "feed"), value=3)
def test_outputs_with_anything_in_any_place_are_a_deployment_or_refused(dataset, place, value):
    outputs = changed(OUTPUTS, place, value)
    with suppress(ConfigurationError):
        found = Deployment.from_outputs(outputs, dataset=dataset)
        assert all(type(found.log_groups[name]) is str for name in ("crawler", "job_output", "job_error"))
        assert f"{found.lake_bucket}{found.curated_table()}{found.raw_prefix}{found.region}".isprintable() or value
        freshness(
            schedule=found.schedule, ml_run=found.ml_date(), last_success=NOW, published=None, last_day=None, now=NOW
        )
        assert found.quarantine_share_limit is None or found.quarantine_share_limit >= 0


@pytest.mark.parametrize(
    ("place", "value", "wrong"),
    [
        (("lake_bucket",), 7, "its lake_bucket is of another type"),
        (("log_groups",), {"crawler": "/c"}, "its log_groups lacks some"),
        (("ml_run", "day"), 31, "its ml_run is no date of a quarter"),
        (("feeds",), [], "its feeds is of another type"),
    ],
)
def test_outputs_of_another_version_are_refused_by_name(place, value, wrong):
    with pytest.raises(NotDeployedError, match=f"not those of this version: {wrong}"):
        Deployment.from_outputs(changed(OUTPUTS, place, value), dataset="feed" if place == ("feeds",) else None)


REVIEW = {
    "plan_sha256": "1",
    "configuration_sha256": "2",
    "made_at": "2026-01-01T00:00:00Z",
    "summary": "1 to create",
    "decision": "approval",
    "approval": "change",
    "is_destroy": False,
    "reasons": [{"address": "a"}],
    "account": "1",
    "region": "us-east-1",
}


@given(place=st.sampled_from(sorted(places(REVIEW), key=str)), value=ANYTHING)
def test_review_record_with_anything_in_any_field_is_one_or_refused(tmp_path_factory, place, value):
    folder = tmp_path_factory.mktemp("review")
    staged = StagedRoot(folder, "x.tfvars", (), folder / "dev.tfplan")
    staged.plan_file.touch()
    (folder / "dev.review.json").write_text(json.dumps(changed(REVIEW, place, value)))
    with suppress(ConfigurationError):
        found = read_record(staged)
        assert found is not None
        texts = (found.plan_sha256, found.made_at, found.summary, found.decision, found.approval, found.region)
        assert all(type(text) is str for text in texts)
        assert type(found.is_destroy) is bool
        assert all(type(reason) is dict for reason in found.reasons)


@given(place=st.sampled_from([("at",), ("done",), ("done", 0), ("begun",), ("begun", 0)]), value=ANYTHING)
def test_record_of_a_failed_apply_with_anything_in_any_field_is_one_or_none(tmp_path_factory, place, value):
    folder = tmp_path_factory.mktemp("failed")
    staged = StagedRoot(folder, "x.tfvars", (), folder / "dev.tfplan")
    record = changed({"at": "2026-01-01T00:00:00Z", "done": ["a.b"], "begun": ["c.d"]}, place, value)
    (folder / "dev.failed-apply.json").write_text(json.dumps(record))
    found = read_failed_apply(staged)
    assert found is None or all(type(address) is str for address in (found.at, *found.done, *found.begun))


INGEST = {
    "version": 1,
    "source": {"database": "d", "reads": "r", "key": ["id"], "chunk_rows": 3, "gzip": False},
    "layout": "l",
    "bounds": [[["int", "7"]]],
    "read_at": ["2026-01-01T00:00:00Z"],
    "done": {"1": {"rows": 3, "source_crc64nvme": "x"}},
    "complete": False,
}
INGEST["source"] |= {"format": "csv", "trims": False}
DELIVERED = {
    "version": 1,
    "uploads": [{"upload": "u", "at": "2026-01-01T00:00:00Z", "by": "me"}],
    "files": {"k": {"size_bytes": 1, "etag": "e", "crc64nvme": "c", "source_crc64nvme": "c", "upload": "u"}},
    "removing": ["k"],
}
_NO_RECORD = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)  # one message for all


@given(place=st.sampled_from(sorted(places(INGEST), key=str)), value=ANYTHING)
@example(place=("version",), value=2)
@example(place=("source", "key"), value="id")
@example(place=("done", "1", "rows"), value="3")
def test_record_of_an_ingest_with_anything_in_any_field_is_one_or_none(place, value):
    with suppress(*_NO_RECORD):
        found = IngestRecord.from_json(changed(INGEST, place, value))
        again = json.loads(json.dumps(found.as_json()))
        assert again == changed(INGEST, place, value) or place[:2] in (("bounds", 0), ("done", "1"))
        assert all(type(done.rows) is int and type(done.source_crc64nvme) is str for done in found.done.values())
        assert type(found.complete) is bool
        assert type(found.source.chunk_rows) is int


@given(place=st.sampled_from(sorted(places(DELIVERED), key=str)), value=ANYTHING)
@example(place=("version",), value=2)
def test_record_of_a_delivery_with_anything_in_any_field_is_one_or_none(place, value):
    with suppress(*_NO_RECORD):
        found = DeliveryManifest.from_json(changed(DELIVERED, place, value))
        again = json.loads(json.dumps(found.as_json("d")))
        assert {**again, "removing": again.get("removing", [])} == {**changed(DELIVERED, place, value), "delivery": "d"}
