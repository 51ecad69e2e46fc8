"""Exports: whole or not at all, with a manifest that fits."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quartal.cli.app import run
from quartal.core.errors import AwsError, ConfigurationError
from quartal.features.export import ExportFormat, export_features
from quartal.features.table_reading import read_rows
from quartal.features.tags import State, list_tags
from tests.unit.quartal.features.lake import EARLY, SCHEMA


@pytest.mark.parametrize("form", list(ExportFormat))
def test_export_holds_the_rows_of_the_tag_and_a_manifest_that_fits(catalog, tmp_path, form):
    table = catalog.load_table("db.feed_features")
    tag = list_tags(table)[0]
    out = tmp_path / "hand" / "over"
    export_features(table, State(tag.name, tag.snapshot_id), out, form)

    manifest = json.loads((out / "manifest.json").read_text())
    files = {file["name"]: file for file in manifest["files"]}
    assert sorted(path.name for path in out.iterdir()) == sorted([*files, "manifest.json"])
    assert [path.name for path in out.parent.iterdir()] == ["over"], "nothing partial is left"
    assert (manifest["tag"], manifest["snapshot_id"], manifest["rows"]) == ("2024Q2", tag.snapshot_id, 3)
    assert [column["name"] for column in manifest["columns"]] == SCHEMA.names
    assert {name: file["rows"] for name, file in files.items()} == {
        f"features-2024Q1.{form}": 2,
        f"features-2024Q2.{form}": 1,
    }
    for name, file in files.items():
        content = (out / name).read_bytes()
        assert (file["size_bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    if form is ExportFormat.PARQUET:
        read = pa.concat_tables(pq.read_table(out / name, partitioning=None) for name in sorted(files))
        assert read.to_pylist() == EARLY.to_pylist()
    else:
        with (out / "features-2024Q1.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert rows == [
            SCHEMA.names,
            ["acme", "2024-03-31", "2024Q1", "1", "0.5"],
            ["bolt", "2024-03-31", "2024Q1", "2", ""],
        ]


def test_export_lists_its_quarters_and_can_be_limited_to_some(command_line, tmp_path, capsys):
    assert run(["export", "--tag", "2024Q3", "--out", str(tmp_path / "all")]) == 0
    assert "at 2024Q3, of 2024Q1, 2024Q2, in 2 files" in capsys.readouterr().out
    assert run(["export", "--tag", "2024Q3", "--quarter", "2024Q2", "--out", str(tmp_path / "one")]) == 0
    assert "at 2024Q3, of 2024Q2 (not 2024Q1), in 1 file," in capsys.readouterr().out
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert [file["quarter"] for file in manifest["files"]] == ["2024Q2"]
    assert manifest["left_out"] == ["2024Q1"]
    assert manifest["rows"] == pq.read_table(tmp_path / "one" / "features-2024Q2.parquet", partitioning=None).num_rows


def test_quarter_outside_of_the_tag_is_refused_with_those_in_it(command_line, tmp_path, capsys):
    assert run(["export", "--tag", "2024Q3", "--quarter", "2023Q1", "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "The features at 2024Q3 have no quarter 2023Q1" in told
    assert "2024Q1, 2024Q2" in told
    assert not (tmp_path / "out").exists()


def test_quarter_of_which_rows_are_missing_is_not_exported(catalog, tmp_path, monkeypatch):
    table = catalog.load_table("db.feed_features")

    def some_rows(*arguments, **options):
        rows = read_rows(*arguments, **options)
        return rows.slice(1) if "row_filter" in options else rows

    monkeypatch.setattr("quartal.features.export.read_rows", some_rows)
    with pytest.raises(AwsError, match=r"rows of 2024Q1, but its files hold"):
        export_features(
            table, State("2024Q2", list_tags(table)[0].snapshot_id), tmp_path / "out", ExportFormat.CSV, only=["2024Q1"]
        )
    assert not (tmp_path / "out").exists()


def test_export_into_a_folder_that_holds_something_is_refused_and_leaves_it_alone(catalog, tmp_path):
    table = catalog.load_table("db.feed_features")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("x")
    with pytest.raises(ConfigurationError, match="not empty"):
        export_features(table, State("2024Q2", list_tags(table)[0].snapshot_id), tmp_path / "out", ExportFormat.CSV)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("is_there", [True, False], ids=["to an empty folder", "to none yet"])
def test_export_follows_a_link(command_line, tmp_path, is_there):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    if is_there:
        (tmp_path / "real").mkdir()
    assert run(["export", "--tag", "2024Q2", "--out", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "manifest.json").exists()


def test_file_in_the_place_of_the_folder_is_refused_as_one(command_line, tmp_path, capsys):
    (tmp_path / "out").touch()
    assert run(["export", "--tag", "2024Q2", "--out", str(tmp_path / "out")]) == 2
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_export_that_breaks_off_leaves_nothing(catalog, tmp_path, monkeypatch, error):
    table = catalog.load_table("db.feed_features")
    written: list[Path] = []

    def second_file_fails(rows, path, form):
        written.append(path)
        if len(written) == 2:
            raise error
        path.write_text("first")

    monkeypatch.setattr("quartal.features.export._write_file", second_file_fails)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ConfigurationError
    (tmp_path / "parent").mkdir()
    with pytest.raises(expected):
        export_features(
            table, State("2024Q2", list_tags(table)[0].snapshot_id), tmp_path / "parent" / "out", ExportFormat.CSV
        )
    assert len(written) == 2
    assert list((tmp_path / "parent").iterdir()) == []


@pytest.mark.parametrize("form", list(ExportFormat))
@pytest.mark.parametrize("keep", [0, 4, 100, -8])
def test_export_of_a_file_that_is_cut_off_is_one_error_and_leaves_nothing(catalog, tmp_path, form, keep):
    table = catalog.load_table("db.feed_features")
    path = Path(next(iter(table.scan().plan_files())).file.file_path.removeprefix("file://"))
    path.write_bytes(path.read_bytes()[:keep])
    (tmp_path / "parent").mkdir()
    with pytest.raises(AwsError, match="could not be read"):
        export_features(table, State("2024Q3", table.current_snapshot().snapshot_id), tmp_path / "parent" / "out", form)
    assert list((tmp_path / "parent").iterdir()) == []


def test_export_of_fewer_rows_than_the_snapshot_counts_is_refused_and_leaves_nothing(catalog, tmp_path):
    table = catalog.load_table("db.feed_features")
    path = Path(next(iter(table.scan().plan_files())).file.file_path.removeprefix("file://"))
    whole = pq.read_table(path, partitioning=None)
    pq.write_table(whole.slice(0, whole.num_rows - 1), path)  # as whole as a Parquet file can be, and short
    (tmp_path / "parent").mkdir()
    with pytest.raises(AwsError, match=r"has 4 rows, but its files hold 3"):
        export_features(
            table,
            State("2024Q3", table.current_snapshot().snapshot_id),
            tmp_path / "parent" / "out",
            ExportFormat.PARQUET,
        )
    assert list((tmp_path / "parent").iterdir()) == []
