"""Whose bad rows a run may delete, and with which files a withdrawn delivery stays out."""

from __future__ import annotations

from pathlib import Path

from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import files_digest, new_or_changed, with_withdrawn_files, withdrawn_by
from etl_job.lake.files import LocalObjectStore, StoredFile
from etl_job.manifest.model import Input, PublishedDelivery
from etl_job.tables.quarantine_runs import outdated_files


def bad_rows(folder: Path, run_id: str) -> str:
    path = folder / f"run_id={run_id}" / "part-0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return f"file://{path}"


def test_bad_rows_of_a_later_run_are_not_in_the_result(tmp_path):
    folder = tmp_path / "delivery=d1"
    older = bad_rows(folder, "older")
    own = bad_rows(folder, "own")
    bad_rows(tmp_path / "delivery=d10", "older")
    found = outdated_files(LocalObjectStore(), [f"file://{folder}"], [own.rpartition("/")[0]])
    bad_rows(folder, "later")
    assert found == (older,)


def test_bad_rows_of_an_earlier_attempt_go_where_this_one_found_none(tmp_path):
    corrected, bad = tmp_path / "delivery=d1", tmp_path / "delivery=d2"
    first_attempt = bad_rows(corrected, "same-id")
    own = bad_rows(bad, "same-id")
    found = outdated_files(LocalObjectStore(), [f"file://{corrected}", f"file://{bad}"], [own.rpartition("/")[0]])
    assert found == (first_attempt,)


def test_withdrawn_delivery_stays_out_until_files_change_that_the_withdrawal_has_seen():
    read = PublishedDelivery(run_id="one", contract_hash="c", inputs=(Input(uri="a", size_bytes=1, etag="old"),))
    corrected = Delivery("d1", (StoredFile("a", 1, "new", 2.0),))
    withdrawn = withdrawn_by("two", read, corrected)
    assert (withdrawn.run_id, withdrawn.withdrawn) == ("two", True)
    assert new_or_changed((corrected,), {"d1": withdrawn}, "c") == ()
    later = Delivery("d1", (StoredFile("a", 1, "newer", 3.0),))
    assert new_or_changed((later,), {"d1": withdrawn}, "c") == (later,)


def test_withdrawn_delivery_without_files_is_known_by_those_it_had():
    read = PublishedDelivery(run_id="one", contract_hash="c", inputs=(Input(uri="a", size_bytes=1, etag="old"),))
    assert withdrawn_by("two", read, None).inputs == read.inputs


def test_withdrawal_without_a_manifest_is_known_by_the_files_of_that_time():
    published = {
        "d1": PublishedDelivery(
            run_id="one", contract_hash="c", withdrawn=True, inputs=(Input(uri="a", size_bytes=1, etag="old"),)
        )
    }
    corrected, later = (Delivery("d1", (StoredFile("a", 1, etag, 2.0),)) for etag in ("new", "newer"))
    digests = {"d1": files_digest(corrected)}
    known = with_withdrawn_files(published, digests, [corrected])
    assert new_or_changed((corrected,), known, "c") == ()
    assert new_or_changed((later,), with_withdrawn_files(published, digests, [later]), "c") == (later,)
    assert with_withdrawn_files(published, {"d1": files_digest(None)}, [Delivery("d1", ())]) == published
