"""The report of an upload on its delivery."""

from __future__ import annotations

from pathlib import Path

from quartal.core.console import Console
from quartal.deliver.upload.delivery_contents import Likeness
from quartal.deliver.upload.destinations import UploadItem
from quartal.deliver.upload.summary import warn_of_contents

FOLDER = "raw/x/delivery=2024Q1/"
NOTHING = {"left_out": (), "without_bytes": (), "likenesses": (), "others": ()}


def shown_by(capsys, **contents) -> str:
    warn_of_contents(Console(), "raw/x/", **{**NOTHING, **contents})
    return " ".join(capsys.readouterr().err.split())


def test_upload_without_notes_prints_none(capsys):
    assert shown_by(capsys) == ""


def test_omitted_and_empty_sources_are_named(capsys):
    empty = UploadItem(Path("a.json"), f"{FOLDER}a.json", 0, "2024Q1")
    said = shown_by(capsys, left_out=[Path(f"f/._{n}") for n in range(7)], without_bytes=[empty])
    assert "readers skip them: ._0, ._1, ._2, ._3, ._4 and 2 more." in said
    assert "Empty, so a run reads no rows from it: delivery=2024Q1/a.json." in said


def test_other_files_that_the_next_run_reads_are_named(capsys):
    said = shown_by(capsys, others=(f"{FOLDER}old.csv",))
    assert "The next run also reads 1 file delivered before: delivery=2024Q1/old.csv." in said
    assert "--replace" in said


def test_file_that_looks_like_another_is_pointed_out_with_what_takes_that_one_out(capsys):
    same = Likeness(f"{FOLDER}b.csv", f"{FOLDER}y=1/a.csv", is_same=True)
    version = Likeness(f"{FOLDER}a_corrected.csv", f"{FOLDER}a.csv", is_same=False)
    said = shown_by(capsys, likenesses=(same, version))
    assert "delivery=2024Q1/b.csv has the same content as delivery=2024Q1/y=1/a.csv" in said
    assert "`quartal upload --delivery 2024Q1 --remove y=1/a.csv`" in said
    assert "delivery=2024Q1/a_corrected.csv is named like a version of delivery=2024Q1/a.csv" in said


def test_file_in_another_spelling_of_the_folder_is_removed_by_that_spelling(capsys):
    version = Likeness(f"{FOLDER}a.csv", "raw/x/Delivery=2024Q1/a.csv", is_same=False)
    assert "`quartal upload --delivery 2024Q1 --remove Delivery=2024Q1/a.csv`" in shown_by(
        capsys, likenesses=(version,)
    )
