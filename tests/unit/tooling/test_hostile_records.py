"""Records that are none: refused by name, with what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plan_review.parse import parse_plan
from plan_review.verdict import unreadable
from quartal.core.errors import PipelineError
from quartal.core.settings import Settings
from quartal.local.local_stack.server import running_server
from quartal.runs.manifests import parse_manifest
from quartal.terraform.events import parse_event
from tests.unit.tooling.manifest_examples import delivery_counts, empty_manifest

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
