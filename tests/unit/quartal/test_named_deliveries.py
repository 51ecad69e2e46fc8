"""`quartal run --delivery` and `--withdraw` of deliveries that are not there, with moto's S3 and Glue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from quartal.cli.app import run
from quartal.core.errors import ConfigurationError
from quartal.runs.named_deliveries import refuse_unknown_deliveries
from quartal.workspace import Workspace
from tests.unit.quartal.delivered_lake import CONNECTION, DEPLOYMENT, Lake
from tests.unit.quartal.lost_answers import Faulty, denied


@pytest.fixture
def lake() -> Iterator[Lake]:
    with mock_aws():
        yield Lake()


def check(lake: Lake, *processed: str, withdrawn: tuple[str, ...] = (), s3: Any = None) -> None:
    def typed(*words: str) -> str:
        return f"`quartal {' '.join(words)}`"

    refuse_unknown_deliveries(
        DEPLOYMENT, s3 or lake.s3, lake.glue, processed=processed, withdrawn=withdrawn, typed=typed
    )


def refused(lake: Lake, *processed: str, withdrawn: tuple[str, ...] = ()) -> ConfigurationError:
    with pytest.raises(ConfigurationError, match=r"Nothing was started\.$") as error:
        check(lake, *processed, withdrawn=withdrawn)
    return error.value


def test_run_of_an_unknown_delivery_is_refused_before_it_starts(lake, project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", CONNECTION)
    lake.put("delivery=2024Q1/a.csv")
    assert run(["run", "--delivery", "2024Q1,2024-Q1"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "There is no delivery 2024-Q1: the raw folder has no files of it. Nothing was started." in told
    assert "There are: 2024Q1." in told


def test_unknown_delivery_is_refused_with_near_names_or_else_the_first_ones(lake):
    for name in ("2023Q1", "2023Q2", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "test"):
        lake.put(f"delivery={name}/a.csv")
    lake.catalogue("2024Q1", "gone")
    assert refused(lake, "tests").remedy.startswith("There are: test. `quartal upload FOLDER --delivery tests`")
    near = refused(lake, "gone").remedy
    assert near.startswith("There are: 2023Q1, 2023Q2, 2024Q1, 2024Q2, 2024Q3 and 2 more.")


def test_delivery_is_refused_if_nothing_was_delivered(lake):
    assert "Nothing has been delivered yet: `quartal upload" in refused(lake, "2024Q1").remedy


def test_delivery_whose_files_are_archived_cannot_be_processed_but_withdrawn(lake):
    there = lake.put("delivery=2024Q1/a.csv")
    lake.publish("wr_1", {"2023Q4": {"inputs": [{**there, "uri": "s3://lake/raw/feed/delivery=2023Q4/a.csv"}]}})
    error = refused(lake, "2023Q4")
    assert "has no files any more" in str(error)
    assert "`quartal run --withdraw 2023Q4`" in error.remedy
    check(lake, withdrawn=("2023Q4",))


def test_delivery_with_files_is_processed_whatever_its_folder_is_called(lake):
    lake.put("Delivery=2024Q1/a.csv")
    lake.put("first/a.csv")
    lake.catalogue("2024Q3")
    for name, folder in (("2024Q2", "s3://lake/raw/feed/first/"), ("2024Q4", "s3://elsewhere/feed/")):
        values = {"Values": [name], "StorageDescriptor": {"Location": folder}}
        lake.glue.create_partition(DatabaseName="db", TableName="feed", PartitionInput=values)
    check(lake, "2024Q1", "2024Q2, 2024Q4")
    assert "no delivery 2024Q3" in str(refused(lake, "2024Q3"))


def test_delivery_that_is_not_published_cannot_be_withdrawn(lake):
    inputs = [lake.put("delivery=2024Q1/a.csv")]
    assert refused(lake, withdrawn=("2024Q1",)).remedy == "Nothing is published yet."
    lake.commit(7)
    lake.publish("wr_1", {"2024Q1": {"inputs": inputs}, "2024Q3": {"inputs": inputs, "withdrawn": True}}, snapshot=7)
    error = refused(lake, withdrawn=("2024Q2", "2024Q1"))
    assert "Delivery 2024Q2 is not published" in str(error)
    assert error.remedy == "Published: 2024Q1."
    check(lake, withdrawn=("2024Q1", "2024Q3"))


def test_delivery_that_a_killed_run_may_have_published_can_be_withdrawn(lake):
    lake.commit(8)
    check(lake, withdrawn=("2024Q1",))
    lake.publish("wr_1", {}, snapshot=7)
    check(lake, withdrawn=("2024Q1",))


def test_delivery_cannot_be_processed_and_withdrawn(lake):
    lake.put("delivery=2024Q1/a.csv")
    assert "both name 2024Q1" in str(refused(lake, "2024Q1", withdrawn=("2024Q1",)))


def test_what_may_not_be_looked_up_is_left_to_the_job(lake):
    may_not_list = Faulty(lake.s3).before("get_paginator", denied, times=None)
    check(lake, "2024Q1", withdrawn=("2024Q2",), s3=may_not_list)
