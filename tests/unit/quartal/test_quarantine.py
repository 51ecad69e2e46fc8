"""Bad rows: shown, counted, written, queried by SQL, and the message if no row was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from quartal.cli.app import run
from quartal.core.aws import AwsConnection
from quartal.core.errors import AwsError
from quartal.features.quarantine import BadRowFiles
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace
from tests.unit.quartal.manifest_examples import delivery_counts, empty_manifest

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")
DEPLOYMENT = Deployment("eu-central-1", "lake", "feed", "raw/feed/", "db", "crawler", "job", "workflow", "", {})
SCHEMA = pa.schema([("brand", pa.string()), ("n", pa.int64())])


class Lake:
    """A bucket with bad rows, and a catalog with the curated table on files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.s3 = folder, CONNECTION.s3()
        self.s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.catalog = GlueCatalog("test", client=CONNECTION.glue())
        self.catalog.create_namespace("db")

    def publish(self, runs: dict[str, str], *, rows: int = 0) -> None:
        """Commit a curated table that names the runs of bad rows."""
        table = self.catalog.create_table(
            "db.feed_curated",
            SCHEMA,
            location=f"{self.folder.as_uri()}/curated/feed",
            properties={"quartal.quarantine": json.dumps(runs)},
        )
        table.overwrite(pa.Table.from_pylist([{"brand": "x", "n": 1}] * rows, SCHEMA))

    def quarantine(self, folder: str, *rows: tuple[str, list[str]], numbers: bool = False) -> None:
        """Bad rows as a run leaves them: raw text and reasons."""
        records = [
            {
                "raw": raw,
                "file": "s3://lake/raw/feed/delivery=2024Q1/a.csv",
                "reasons": reasons,
                "part_offset": None if numbers else 64 * place,
                "row_number": place + 1 if numbers else None,
            }
            for place, (raw, reasons) in enumerate(rows)
        ]
        out = pa.BufferOutputStream()
        text, number = pa.string(), pa.int64()
        fields = {"raw": text, "file": text, "reasons": pa.list_(text), "part_offset": number, "row_number": number}
        pq.write_table(pa.Table.from_pylist(records, pa.schema(list(fields.items()))), out)
        self.s3.put_object(Bucket="lake", Key=f"quarantine/{folder}/part-0.parquet", Body=out.getvalue().to_pybytes())


@pytest.fixture
def lake(project, monkeypatch, tmp_path: Path) -> Iterator[Lake]:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", CONNECTION)
    with mock_aws():
        made = Lake(tmp_path / "lake")
        for command in ("features", "quarantine"):
            monkeypatch.setattr(f"quartal.cli.{command}.iceberg_catalog", lambda _: made.catalog)
        yield made


@pytest.fixture
def bad(lake: Lake) -> Lake:
    lake.publish({"2024Q1": "wr_1", "a b": "wr_2"}, rows=1)
    lake.quarantine(
        "feed/delivery=2024Q1/run_id=wr_1", ("x,y", ["date.format"]), ("=1+1", ["row.field_count", "n.min"])
    )
    lake.quarantine("feed/delivery=a%20b/run_id=wr_2", ("z", ["date.format"]), numbers=True)
    lake.quarantine("feed/delivery=2024Q1/run_id=wr_killed", ("left over", ["date.format"]))
    lake.quarantine("feed/_temporary/0/delivery=2024Q1/run_id=wr_1", ("unfinished", ["date.format"]))
    lake.quarantine("feed.failed/delivery=2024Q2/run_id=wr_3", ("stopped", ["date.format"]))
    return lake


def test_missing_bad_rows_are_not_reported_as_none(bad, capsys):  # as after a lifecycle rule
    bad.s3.delete_object(Bucket="lake", Key="quarantine/feed/delivery=a%20b/run_id=wr_2/part-0.parquet")
    lost = "The bad rows of a b are no longer in the lake"
    assert run(["quarantine"]) == 0
    assert lost in " ".join(capsys.readouterr().err.split())
    assert run(["query", "select count(*) from quarantine"]) == 0
    assert lost in " ".join(capsys.readouterr().err.split())
    assert run(["quarantine", "--delivery", "a b"]) == 0
    told = capsys.readouterr()
    assert lost in " ".join(told.err.split())
    assert "No quarantined row is left." in told.out + told.err
    assert "No row is quarantined" not in told.out + told.err
    assert run(["quarantine", "--delivery", "2024Q1"]) == 0


def shown(capsys, *arguments: str) -> Any:
    assert run(["quarantine", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["result"]


def test_rows_of_published_deliveries_are_shown_with_place_and_reasons(bad, capsys):
    found = shown(capsys)
    assert [(row["delivery"], row["place"], row["raw"], row["reasons"]) for row in found["rows"]] == [
        ("2024Q1", "", "x,y", ["date.format"]),
        ("2024Q1", "from byte 64", "=1+1", ["row.field_count", "n.min"]),
        ("a b", "row 1", "z", ["date.format"]),
    ]
    assert (found["count"], found["by_rule"]) == (3, {"date.format": 2, "n.min": 1, "row.field_count": 1})


def test_rows_can_be_chosen_by_delivery_and_rule(bad, capsys):
    assert [row["raw"] for row in shown(capsys, "--delivery", "a b")["rows"]] == ["z"]
    found = shown(capsys, "--rule", "date.format", "--limit", "1")
    assert ([row["raw"] for row in found["rows"]], found["count"]) == (["x,y"], 2)
    assert run(["quarantine", "--rule", "date.format", "--limit", "1"]) == 0
    assert "2 rows are quarantined (1 shown): date.format 2" in capsys.readouterr().out
    assert shown(capsys, "--rule", "n.min")["by_rule"] == {"n.min": 1, "row.field_count": 1}, "of these rows alone"


def test_csv_of_some_rows_says_so_beside_it(bad, capsys):
    assert run(["quarantine", "--format", "csv", "--limit", "2"]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 3
    assert "3 rows are quarantined (2 shown)" in told.err
    assert run(["quarantine", "--format", "csv"]) == 0
    assert "quarantined" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (["--delivery", "2024Q9"], "There are no quarantined rows for delivery 2024Q9", "2024Q1, a b"),
        (["--rule", "n.max"], "There are no quarantined rows for rule n.max", "date.format, n.min"),
    ],
    ids=["delivery", "rule"],
)
def test_delivery_or_rule_without_bad_rows_is_refused_with_the_existing_ones(bad, capsys, arguments, message, remedy):
    assert run(["quarantine", *arguments]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert remedy in told


def test_rows_of_a_run_that_a_threshold_stopped_are_apart(bad, capsys):
    assert [row["raw"] for row in shown(capsys, "--failed")["rows"]] == ["stopped"]


def test_empty_quarantine_is_reported(lake, capsys):
    assert run(["quarantine"]) == 0
    assert "No row is quarantined" in capsys.readouterr().out


def test_rows_are_printed_as_csv(bad, capsys):
    assert run(["quarantine", "--format", "csv", "--spreadsheet-safe", "--delivery", "2024Q1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "delivery,file,place,raw,reasons,run_id"
    assert lines[2] == "2024Q1,s3://lake/raw/feed/delivery=2024Q1/a.csv,from byte 64,'=1+1,row.field_count n.min,wr_1"


@pytest.mark.parametrize(("name", "first"), [("bad.csv", "delivery,file,place"), ("bad.json", '{"delivery": "2024Q1"')])
def test_all_rows_are_written_to_a_file(bad, tmp_path: Path, capsys, name: str, first: str):
    file = tmp_path / name
    assert run(["quarantine", "--out", str(file)]) == 0
    assert file.read_text().startswith(first)
    assert f"{file}: 3 rows" in capsys.readouterr().out


def test_unwritable_file_is_reported(bad, tmp_path: Path, capsys):
    assert run(["quarantine", "--out", str(tmp_path / "no" / "x.csv")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_quarantine_can_be_queried_with_sql(bad, capsys):
    sql = "select delivery, count(*) as n, max(row_number) as last from quarantine group by 1 order by 1"
    assert run(["query", sql, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == [
        {"delivery": "2024Q1", "n": 2, "last": None},
        {"delivery": "a b", "n": 1, "last": 1},
    ]
    assert run(["query", "select raw from Quarantine where list_contains(reasons, 'n.min')", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "raw\n=1+1\n"


def test_quarantine_has_no_earlier_states(bad, capsys):
    assert run(["query", "select 1 from quarantine", "--as-of", "2024Q1"]) == 2
    assert "The quarantine has no past states" in capsys.readouterr().err


def test_sql_over_an_empty_quarantine_knows_its_columns(lake, capsys):
    assert run(["query", "select delivery, raw, reasons from quarantine", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "delivery,raw,reasons\n"


def test_file_of_another_program_is_named(bad):
    out = pa.BufferOutputStream()
    pq.write_table(pa.table({"raw": ["x"], "reasons": [1]}), out)
    key = "quarantine/feed/delivery=2024Q1/run_id=wr_1/part-0.parquet"
    bad.s3.put_object(Bucket="lake", Key=key, Body=out.getvalue().to_pybytes())
    with pytest.raises(AwsError, match=r"run_id=wr_1/part-0\.parquet cannot be read"):
        BadRowFiles.published(DEPLOYMENT, bad.catalog, bad.s3).find()


def test_damaged_file_is_named(bad):
    bad.s3.put_object(Bucket="lake", Key="quarantine/feed/delivery=2024Q1/run_id=wr_1/part-0.parquet", Body=b"x")
    with pytest.raises(AwsError, match=r"run_id=wr_1/part-0\.parquet cannot be read"):
        BadRowFiles.published(DEPLOYMENT, bad.catalog, bad.s3).find()


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "select * from features"],
        ["tags"],
        ["tag", "x"],
        ["diff", "2024Q1", "2024Q2"],
        ["export", "--tag", "2024Q1", "--out", "out"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_reports_a_run_without_kept_rows_with_the_rule(lake, capsys, arguments):
    lake.publish({"2024Q1": "wr_1"})
    manifest = empty_manifest(deliveries=[delivery_counts("2024Q1", violations={"date.format": 1200, "n.min": 3})])
    file = lake.folder / "runs" / "feed" / "wr_1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(manifest))
    assert run(arguments) != 0
    told = " ".join(capsys.readouterr().err.split())
    assert "no row of 2024Q1 was kept, all are quarantined (date.format 1,200, n.min 3)" in told
    assert "quartal quarantine" in told


def test_run_without_kept_rows_and_manifest_is_reported_without_the_rule(lake, capsys):
    lake.publish({"2024Q1": "wr_1"})
    assert run(["tags"]) != 0
    assert "no row of 2024Q1 was kept, all are quarantined." in " ".join(capsys.readouterr().err.split())


def test_run_that_ended_before_the_features_is_reported_as_such(lake, capsys):
    lake.publish({}, rows=1)
    assert run(["tags"]) != 0
    assert "a run published the curated table but ended before the features" in " ".join(
        capsys.readouterr().err.split()
    )
