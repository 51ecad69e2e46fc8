"""The README's comparison with moto is true, and its files exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest
from moto import mock_aws

ROOT = Path(__file__).parents[3]
NOBODY = "arn:aws:iam::123456789012:role/that-does-not-exist"


def table() -> list[str]:
    text = (ROOT / "README.md").read_text()
    (found,) = re.findall(r"^## How it compares\n(.*?)^## ", text, flags=re.DOTALL | re.MULTILINE)
    return [line for line in found.splitlines() if line.startswith("|")]


@pytest.fixture
def glue(monkeypatch) -> Iterator[Any]:
    """moto's Glue, with a crawler over a file, a job without a script, and a trigger between them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        s3, client = session.client("s3"), session.client("glue")
        s3.create_bucket(Bucket="lake")
        s3.put_object(Bucket="lake", Key="raw/a.csv", Body=b"x,y\n1,2\n")
        client.create_database(DatabaseInput={"Name": "db"})
        target = {"S3Targets": [{"Path": "s3://lake/raw/"}]}
        client.create_crawler(Name="crawler", Role=NOBODY, DatabaseName="db", Targets=target)
        script = {"Name": "glueetl", "ScriptLocation": "s3://lake/that-does-not-exist.py"}
        client.create_job(Name="job", Role=NOBODY, Command=script)
        condition = {"LogicalOperator": "EQUALS", "CrawlerName": "crawler", "CrawlState": "SUCCEEDED"}
        client.create_trigger(
            Name="trigger",
            Type="CONDITIONAL",
            StartOnCreation=True,
            Actions=[{"JobName": "job"}],
            Predicate={"Logical": "AND", "Conditions": [condition]},
        )
        yield client


def test_table_names_the_moto_that_is_looked_at():
    assert f"moto {moto.__version__}" in table()[0]


def test_a_crawl_of_moto_makes_no_table_and_starts_no_job(glue):
    glue.start_crawler(Name="crawler")
    glue.stop_crawler(Name="crawler")
    assert glue.get_tables(DatabaseName="db")["TableList"] == []
    assert glue.get_job_runs(JobName="job")["JobRuns"] == []


def test_a_crawl_of_moto_is_not_started_by_a_trigger(glue):
    glue.create_trigger(Name="start", Type="ON_DEMAND", Actions=[{"CrawlerName": "crawler"}])
    glue.start_trigger(Name="start")
    assert glue.get_crawler(Name="crawler")["Crawler"]["State"] == "READY"
    assert glue.get_job_runs(JobName="job")["JobRuns"] == []


def test_a_job_of_moto_succeeds_without_its_script_and_its_role(glue):
    glue.start_job_run(JobName="job")
    assert [run["JobRunState"] for run in glue.get_job_runs(JobName="job")["JobRuns"]] == ["SUCCEEDED"]


def test_every_cell_of_the_comparison_has_its_evidence():
    links = [link for line in table() for link in re.findall(r"\]\(([^)]+)\)", line)]
    assert links
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).is_file()] == []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table()[2:]]
    assert [cell for row in rows for cell in row[1:] if "](" not in cell and cell != "not tried"] == []


def test_readme_has_the_essentials_within_sixty_lines():
    before_the_fold = (ROOT / "README.md").read_text().partition("<details>")[0]
    assert len(before_the_fold.splitlines()) <= 60
