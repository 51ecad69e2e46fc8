"""Each role may do what its part of the pipeline does, and nothing to another dataset.

docs/explanation/security.md says the same in a table, which role_table.py makes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from etl_job.lake.paths import LakePaths
from tests.terraform.plan_time_aws import ACCOUNT
from tests.terraform.role_table import with_table
from tests.terraform.roles import Access, Statement, all_statements, decide, example_accesses, is_allowed, role_policies

PREFIX, DATASET, DATABASE = "quartal-localstack", "vehicle_sightings", "quartal_localstack"
BUCKET = f"arn:aws:s3:::{PREFIX}-{ACCOUNT}-us-east-1"
JOB, CRAWLER = f"{PREFIX}-vehicle-sightings-job", f"{PREFIX}-vehicle-sightings-crawler"
PATHS = LakePaths(BUCKET, DATASET)

# Datasets beside ours: another one, and those whose names are easily taken for ours.
NEIGHBOURS = ["tolls", "vehicle_sightings_eu", "vehicle_sightings2", "my_vehicle_sightings", "vehicle"]
WRITES = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


@pytest.fixture(scope="module")
def policies(everything: dict[str, Any]) -> dict[str, Any]:
    return role_policies(everything)


@pytest.fixture(scope="module")
def roles(policies: dict[str, Any]) -> dict[str, tuple[Statement, ...]]:
    return {role: all_statements(of_role) for role, of_role in policies.items()}


def table(name: str) -> str:
    return f"arn:aws:glue:us-east-1:{ACCOUNT}:table/{DATABASE}/{name}"


def may_list(statements: tuple[Statement, ...], folder: str) -> bool:
    return is_allowed(statements, "s3:ListBucket", BUCKET, s3_prefix=folder.removeprefix(f"{BUCKET}/"))


@pytest.mark.parametrize("folder", PATHS.written)
def test_job_may_write_read_list_and_delete_in_each_folder_that_it_writes_to(
    roles: dict[str, tuple[Statement, ...]], folder: str
) -> None:
    below = f"{folder}/delivery=2024Q1/run_id=1/part-0.parquet"
    refused = [(action, below) for action in WRITES if not is_allowed(roles[JOB], action, below)]
    # Hadoop's client asks for folders by their bare names, and makes objects of them
    refused += [("s3:GetObject", folder)] * (not is_allowed(roles[JOB], "s3:GetObject", folder))
    refused += [("s3:ListBucket", each) for each in (folder, f"{folder}/") if not may_list(roles[JOB], each)]
    assert refused == []


@pytest.mark.parametrize("folder", PATHS.only_read)
def test_job_may_only_read_and_list_what_it_only_reads(roles: dict[str, tuple[Statement, ...]], folder: str) -> None:
    below = f"{folder}/delivery=2024Q1/part-0.csv"
    assert [action for action in WRITES if is_allowed(roles[JOB], action, below)] == ["s3:GetObject"]
    assert may_list(roles[JOB], f"{folder}/delivery=2024Q1/")


def test_job_may_touch_no_other_folder_of_its_dataset(roles: dict[str, tuple[Statement, ...]]) -> None:
    mine = {path.rpartition("/")[0] for path in (*PATHS.written, *PATHS.only_read)}
    for zone in ("athena-results", "manifests", "quarantine.failed", "state"):
        assert f"{BUCKET}/{zone}" not in mine
        assert not any(is_allowed(roles[JOB], action, f"{BUCKET}/{zone}/{DATASET}/file") for action in WRITES)
    assert not is_allowed(roles[JOB], "s3:PutObject", f"{PATHS.quarantine}.other/file")


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_no_role_of_a_dataset_may_do_to_a_neighbour_what_it_may_do_to_its_own(
    roles: dict[str, tuple[Statement, ...]], neighbour: str
) -> None:
    checked, allowed = 0, []
    for role in roles:
        for statement in roles[role]:
            for access in example_accesses(statement):
                assert decide(roles[role], access).is_allowed, (role, statement.label, access)
                other = _of_neighbour(access, neighbour)
                if other == access:
                    continue
                checked += 1
                if decide(roles[role], other).is_allowed:
                    allowed.append((role, statement.label, other))
    assert allowed == []
    assert checked > 100


def test_crawler_may_change_the_raw_table_and_no_derived_table(
    roles: dict[str, tuple[Statement, ...]],
) -> None:
    changes = ["glue:CreateTable", "glue:UpdateTable", "glue:BatchCreatePartition", "glue:UpdatePartition"]
    names = [DATASET, *(f"{DATASET}_{part}" for part in ("curated", "features", "quarantine", "eu", "1f0a"))]
    may = {name for name in names for action in changes if is_allowed(roles[CRAWLER], action, table(name))}
    assert may == {DATASET}


def test_job_may_publish_its_two_tables_and_read_those_and_the_raw_one(roles: dict[str, tuple[Statement, ...]]) -> None:
    names = [DATASET, *(f"{DATASET}_{part}" for part in ("curated", "features", "quarantine", "eu"))]
    published = {f"{DATASET}_curated", f"{DATASET}_features"}
    for action in ("glue:CreateTable", "glue:UpdateTable"):
        assert {name for name in names if is_allowed(roles[JOB], action, table(name))} == published
    assert {name for name in names if is_allowed(roles[JOB], "glue:GetTable", table(name))} == {DATASET, *published}


def test_nobody_but_the_job_changes_published_tables_or_files_of_the_lake(
    roles: dict[str, tuple[Statement, ...]],
) -> None:
    changes = [
        *((action, table(f"{DATASET}_features")) for action in ("glue:CreateTable", "glue:UpdateTable")),
        *((action, f"{folder}/file") for folder in PATHS.written for action in ("s3:PutObject", "s3:DeleteObject")),
        *((action, f"{PATHS.raw}/file") for action in ("s3:PutObject", "s3:DeleteObject")),
    ]
    may = {role for role, statements in roles.items() for change in changes if is_allowed(statements, *change)}
    assert may == {JOB}


def test_bad_rows_that_stopped_a_run_are_read_by_the_job_alone(roles: dict[str, tuple[Statement, ...]]) -> None:
    bad = f"{PATHS.failed_quarantine}/delivery=2024Q1/part-0.parquet"
    assert {role for role, statements in roles.items() if is_allowed(statements, "s3:GetObject", bad)} == {JOB}


def test_security_page_lists_what_each_role_may_do(policies: dict[str, Any]) -> None:
    page = Path(__file__).parents[2] / "docs" / "explanation" / "security.md"
    text = page.read_text("utf-8")
    assert with_table(text, policies) == text, "out of date: python -m tests.terraform.role_table"


def _of_neighbour(access: Access, neighbour: str) -> Access:
    """The same done to another dataset; equal where the access names no dataset."""

    def moved(text: str) -> str:
        return text.replace(DATASET, neighbour).replace(DATASET.replace("_", "-"), neighbour.replace("_", "-"))

    context = {key: tuple(map(moved, values)) for key, values in access.context.items()}
    return dataclasses.replace(access, resources=tuple(map(moved, access.resources)), context=context)
