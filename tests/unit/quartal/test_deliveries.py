"""What was delivered, is catalogued and is published, from moto's S3 and Glue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from etl_job.deliveries.delivered import find_deliveries
from etl_job.deliveries.selection import new_or_changed
from etl_job.lake.files import S3ObjectStore
from quartal.cli.app import run
from quartal.deliver.upload.delivery_manifest import DeliveredFile, ManifestStore, UploadRecord
from quartal.runs.manifests import find_last_success
from quartal.workspace import Workspace
from tests.unit.quartal.delivered_lake import CONNECTION, DEPLOYMENT, Lake


@pytest.fixture
def lake(project, monkeypatch) -> Iterator[Lake]:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", CONNECTION)
    with mock_aws():
        yield Lake()


def listed(capsys, *arguments: str) -> Any:
    assert run(["deliveries", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["result"]


def test_each_delivery_is_listed_with_what_a_run_would_do(lake, capsys):
    old = lake.put("delivery=2024Q1/a.csv")
    lake.publish("wr_9", {}, status="FAILED")
    lake.publish(
        "wr_1",
        {
            "2024Q1": {"inputs": [old]},
            "2024Q2": {"inputs": [lake.put("delivery=2024Q2/a.csv")]},
            "2024Q3": {"inputs": [lake.put("delivery=2024Q3/a.csv"), {**old, "uri": old["uri"] + "2"}]},
            "2024Q4": {"inputs": [lake.put("delivery=2024Q4/a.csv")], "withdrawn": True},
            "2023Q4": {"inputs": [{**old, "uri": "s3://lake/raw/feed/delivery=2023Q4/a.csv"}]},
        },
    )
    lake.put("delivery=2024Q2/a.csv", b"corrected")
    lake.put("delivery=2025Q1/year=2025/a.csv")
    lake.put("delivery=2025Q1/", b"")
    lake.catalogue("2024Q1", "2024Q2")

    found = listed(capsys)

    assert [(each["delivery"], each["state"], each["is_catalogued"]) for each in found] == [
        ("2023Q4", "archived", False),
        ("2024Q1", "published", True),
        ("2024Q2", "changed", True),
        ("2024Q3", "changed", False),
        ("2024Q4", "withdrawn", False),
        ("2025Q1", "new", False),
    ]
    assert [file["path"] for file in found[-1]["files"]] == ["year=2025/a.csv"]


def test_files_of_a_withdrawn_delivery_are_not_called_published(lake, capsys):
    lake.publish("wr_1", {"2024Q4": {"inputs": [lake.put("delivery=2024Q4/a.csv")], "withdrawn": True}})
    lake.put("delivery=2024Q4/b.csv")
    assert run(["deliveries", "2024Q4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["result"]
    assert [(file["path"], file["state"]) for file in found["files"]] == [("a.csv", "withdrawn"), ("b.csv", "new")]


def test_run_that_published_a_delivery_is_not_said_to_have_changed_it(lake, capsys):
    published = {name: {"inputs": [lake.put(f"delivery={name}/a.csv")]} for name in ("same", "changed", "archived")}
    published["out"] = {"inputs": [], "withdrawn": True}
    lake.publish("wr_1", published)
    lake.put("delivery=changed/a.csv", b"other")
    lake.s3.delete_object(Bucket="lake", Key="raw/feed/delivery=archived/a.csv")
    for name, told in (
        ("same", "Delivery same: published, by run wr_1; not in the catalog"),
        ("changed", "Delivery changed: changed since run wr_1; not in the catalog"),
        ("archived", "Delivery archived: archived; published by run wr_1; not in the catalog"),
        ("out", "Delivery out: withdrawn, by run wr_1; not in the catalog"),
    ):
        assert run(["deliveries", name]) == 0
        assert told in capsys.readouterr().out


def test_state_agrees_with_what_the_job_selects_also_of_empty_and_hidden_files(lake, capsys):
    published = {
        name: {"inputs": [lake.put(f"delivery={name}/a.csv")]} for name in ("emptied", "more", "hidden", "out")
    }
    published["same"] = {"inputs": [lake.put("delivery=same/a.csv"), lake.put("delivery=same/b.csv", b"")]}
    published["out"] |= {"withdrawn": True}
    lake.publish("wr_1", published)
    lake.put("delivery=emptied/a.csv", b"")
    lake.put("delivery=more/b.csv", b"")
    lake.put("delivery=out/b.csv", b"")
    for name in ("hidden", "hidden_and_new"):
        lake.put(f"delivery={name}/_a.csv")
    lake.s3.delete_object(Bucket="lake", Key="raw/feed/delivery=hidden/a.csv")
    lake.put("delivery=empty_and_new/a.csv", b"")
    states = {each["delivery"]: each["state"] for each in listed(capsys)}
    assert states == {
        "emptied": "changed",
        "empty_and_new": "new",
        "hidden": "archived",
        "hidden_and_new": "left out",
        "more": "changed",
        "out": "changed",
        "same": "published",
    }
    newest = find_last_success(lake.s3, "lake", "runs/feed/")
    found = find_deliveries(S3ObjectStore(lake.s3), "s3://lake", "feed", None).deliveries
    selected = [each.name for each in new_or_changed(found, newest.published, "c")]
    assert selected == [name for name, state in sorted(states.items()) if state in ("new", "changed")]
    assert run(["deliveries"]) == 0
    assert f"The next run reads {', '.join(selected)}:" in " ".join(capsys.readouterr().err.split())


def test_published_state_comes_from_the_newest_success_by_the_stores_time(lake, capsys):
    first, second = lake.put("delivery=2024Q1/a.csv"), lake.put("delivery=2024Q2/a.csv")
    lake.publish("wr_8", {"2024Q1": {"inputs": [first]}})
    lake.publish("wr_9", {"2024Q1": {"inputs": [first]}, "2024Q2": {"inputs": [second]}}, day=1)  # set back by a week
    for number in range(45):
        lake.publish(f"wr_9{number}9", {}, status="FAILED")
    assert [(each["delivery"], each["state"]) for each in listed(capsys)] == [
        ("2024Q1", "published"),
        ("2024Q2", "published"),
    ]


def test_folders_of_a_delivery_are_those_that_a_run_reads(lake, capsys):
    lake.put("delivery=2024Q1/a.csv")
    lake.put("Delivery=2024Q1/a.csv")  # the job does not mind capitals (G25)
    lake.put("DELIVERY=2024Q2/a.csv")
    lake.put("year=2024/a.csv")
    found = {each["delivery"]: [file["path"] for file in each["files"]] for each in listed(capsys)}
    assert found == {"2024Q1": ["Delivery=2024Q1/a.csv", "a.csv"], "2024Q2": ["DELIVERY=2024Q2/a.csv"]}
    of_a_run = S3ObjectStore(lake.s3)
    assert {each.name for each in find_deliveries(of_a_run, "s3://lake", "feed", None).deliveries} == set(found)


def test_file_of_a_folder_with_capitals_is_published_once_a_run_has_read_it(lake, capsys):
    lake.publish("wr_1", {"2024Q1": {"inputs": [lake.put("Delivery=2024Q1/a.csv"), lake.put("delivery=2024Q1/a.csv")]}})
    (found,) = listed(capsys)
    assert found["state"] == "published"
    assert {file["state"] for file in found["files"]} == {"published"}


def test_files_of_a_delivery_are_listed_with_who_brought_them(lake, capsys):
    kept, changed = lake.put("delivery=2024Q1/kept.csv"), lake.put("delivery=2024Q1/changed.csv")
    gone = {**kept, "uri": "s3://lake/raw/feed/delivery=2024Q1/gone.csv"}
    lake.publish("wr_1", {"2024Q1": {"inputs": [kept, changed, gone]}})
    lake.put("delivery=2024Q1/changed.csv", b"other")
    for path, body in (("new.csv", b"x"), ("_hidden.csv", b"x"), ("empty.csv", b"")):
        lake.put(f"delivery=2024Q1/{path}", body)
    store = ManifestStore(lake.s3, "lake", "deliveries/feed/")
    files = {"raw/feed/delivery=2024Q1/new.csv": DeliveredFile(1, "e", "c", "c", "u1")}
    store.record("2024Q1", files, UploadRecord("u1", "2026-01-05T10:00:00Z", "arn:aws:iam::1:user/ada"))

    found = listed(capsys, "2024Q1")

    assert (found["state"], found["run_id"]) == ("changed", "wr_1")
    assert {file["path"]: file["state"] for file in found["files"]} == {
        "_hidden.csv": "left out",
        "changed.csv": "changed",
        "empty.csv": "left out",
        "gone.csv": "gone",
        "kept.csv": "published",
        "new.csv": "new",
    }
    (new,) = (file for file in found["files"] if file["path"] == "new.csv")
    assert (new["uploaded"], new["by"]) == ("2026-01-05T10:00:00Z", "arn:aws:iam::1:user/ada")
    assert run(["deliveries", "2024Q1"]) == 0
    assert "it has no bytes" in capsys.readouterr().out


def test_deliveries_lists_files_that_an_upload_will_remove(lake, capsys):
    for name in ("a.csv", "b.csv"):
        lake.put(f"delivery=2024Q1/{name}")
    lake.put("Delivery=2024Q1/a.csv")  # the job reads this folder too (G25)
    going = [f"raw/feed/{path}" for path in ("delivery=2024Q1/a.csv", "delivery=2024Q1/gone.csv")]
    going.append("raw/feed/Delivery=2024Q1/a.csv")
    ManifestStore(lake.s3, "lake", "deliveries/feed/").announce_removal("2024Q1", going)
    found = listed(capsys, "2024Q1")
    assert [(file["path"], file["why"]) for file in found["files"]] == [
        ("Delivery=2024Q1/a.csv", "an upload is removing it"),
        ("a.csv", "an upload is removing it"),
        ("b.csv", ""),
    ]
    assert run(["deliveries"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "No run reads 2024Q1 until the upload that replaces its files has ended" in said
    assert "The next run reads" not in said


def test_deliveries_states_what_the_next_run_reads(lake, capsys):
    assert run(["deliveries"]) == 0
    assert "Nothing has been delivered yet" in capsys.readouterr().err
    lake.put("delivery=2024Q1/a.csv")
    assert run(["deliveries"]) == 0
    assert "The next run reads 2024Q1: `quartal run" in capsys.readouterr().err


def test_unknown_delivery_is_refused_with_the_existing_ones(lake, capsys):
    lake.put("delivery=2024Q1/a.csv")
    assert run(["deliveries", "2024Q9"]) == 2
    told = capsys.readouterr().err
    assert "There is no delivery 2024Q9" in told
    assert "2024Q1" in told
