"""The report at the end of `quartal run` on files that the crawler or the job left out."""

from __future__ import annotations

from typing import Any

import pytest

from etl_job.manifest.model import RunManifest
from quartal.core.console import Console
from quartal.runs.outcome import describe_outcome, show_manifest, tags_set_by
from tests.unit.quartal.manifest_examples import delivery_counts, run_manifest


def manifest(*deliveries: dict[str, Any], **more: Any) -> RunManifest:
    totals = {"rows_in": 1, "kept": 1, "quarantined": 0, "duplicates": 0, "conflicts": 0}
    return run_manifest(**{"deliveries": list(deliveries), "totals": totals, "seconds": 1.0, **more})


DELIVERY = delivery_counts("2024Q1", rows_in=1, kept=1)
TABLE = {"table": "db.f", "snapshot_id": 1, "tags": [], "partitions": []}
PLACE = {"location": "s3://lake/t", "files": 1}


@pytest.mark.parametrize("deliveries", [(DELIVERY,), ()], ids=["a run", "a run with nothing new"])
def test_deliveries_and_files_left_out_are_listed_by_name(capsys, deliveries):
    files = [{"uri": f"s3://lake/raw/x/delivery=2024Q1/_{n}.csv", "reason": "its name begins with _"} for n in range(7)]
    show_manifest(Console(), manifest(*deliveries, not_catalogued=["2024Q1"], left_out=files))
    told = " ".join(capsys.readouterr().err.split())
    assert "The crawler did not catalog 2024Q1; the run read the files by the contract." in told
    assert "Left out: s3://lake/raw/x/delivery=2024Q1/_0.csv: its name begins with _" in told
    assert ("_4.csv" in told, "_5.csv" in told) == (True, False)
    assert "Left out: 2 more files; the run's manifest lists them." in told


def test_rest_of_one_file_that_was_left_out_is_singular(capsys):
    files = [{"uri": f"s3://lake/_{n}.csv", "reason": "its name begins with _"} for n in range(6)]
    show_manifest(Console(), manifest(DELIVERY, left_out=files))
    assert "Left out: 1 more file; the run's manifest lists them." in capsys.readouterr().err


def test_manifest_of_an_earlier_version_has_no_list_of_files(capsys):
    show_manifest(Console(), manifest(DELIVERY))
    told = capsys.readouterr().err
    assert "crawler" not in told
    assert "Left out" not in told


def test_run_ends_with_a_sentence_and_the_next_commands(capsys):
    first, second = (DELIVERY | {"delivery": name, "violations": {"date.format": 4}} for name in ("2024Q1", "2024Q2"))
    totals = {"rows_in": 1000, "kept": 990, "quarantined": 8, "duplicates": 2, "conflicts": 0}
    tags = ["2024Q1", "2024Q2", "wr_1"]
    features = {"table": "db.f", "snapshot_id": 1, "tags": tags, "partitions": tags[:2], "location": "", "files": 2}
    told = manifest(first, second, totals=totals, features=features, run_id="wr_" + "2909c13" * 9)
    show_manifest(Console(), told, typed=lambda *words: " ".join(("quartal", *words)))
    lines = capsys.readouterr().out.splitlines()
    assert "Published 2024Q1, 2024Q2: 990 of 1,000 rows kept (99.0%) in 1 s." in lines
    assert "Quarantined 8: date.format 8." in lines
    assert "Next: quartal report, quartal diff 2024Q1 2024Q2, quartal explain wr_2909c13" in lines


@pytest.mark.parametrize(
    ("totals", "rules", "sentence"),
    [
        ((100_000, 99_999, 1), 1, "99,999 of 100,000 rows kept (over 99.9%) in 1 s."),
        ((1, 1, 0), 0, "Published 2024Q1: 1 of 1 row kept (100.0%) in 1 s."),
        ((1, 0, 1), 4, "No row of 2024Q1 was kept: 1 of 1 is quarantined."),
        ((1, 0, 1), 4, "rule2 1, and 1 more rule."),
        ((9, 0, 9), 5, "rule2 9, and 2 more rules."),
    ],
)
def test_numbers_of_a_run_read_as_they_are(totals, rules, sentence):
    rows_in, kept, bad = totals
    counted = DELIVERY | {"violations": {f"rule{number}": bad for number in range(rules)}}
    sums = {"rows_in": rows_in, "kept": kept, "quarantined": bad, "duplicates": 0, "conflicts": 0}
    assert sentence in describe_outcome(manifest(counted, totals=sums, features={**PLACE, **TABLE}))


def test_only_tags_that_the_run_set_are_listed(capsys):
    tags = ["2023Q4", "2024Q1", "2024Q2", "2024Q3", "model-7", "wr_0", "wr_1"]
    features = {"table": "db.f", "snapshot_id": 7, "tags": tags, "partitions": ["2024Q1", "2024Q2"]} | PLACE
    curated = {"table": "db.c", "snapshot_id": 6, "tags": ["wr_0", "wr_1"], "partitions": ["2024Q2"]} | PLACE
    show_manifest(Console(), manifest(DELIVERY, features=features, curated=curated))
    told = capsys.readouterr().err
    assert "published db.f (snapshot 7) and set tags 2024Q1, 2024Q2, 2024Q3, wr_1" in told, "later quarters' too"
    assert "published db.c (snapshot 6) and set tag wr_1" in told


@pytest.mark.parametrize(
    ("partitions", "removed", "of_quarters"),
    [
        ([], ["2024Q2", "2024Q3"], ("2024Q2", "2024Q3")),  # everything, or the end of it, was withdrawn
        (["2024Q3"], ["2024Q1"], ("2024Q3",)),  # a file that an earlier run left
        ([], [], ()),  # no count changed
    ],
)
def test_tags_of_quarters_that_lost_all_rows_are_among_those_that_the_run_set(partitions, removed, of_quarters):
    tags = ["2023Q4", "2024Q2", "2024Q3", "wr_1"]
    features = {"table": "db.f", "snapshot_id": 7, "tags": tags, "partitions": partitions} | PLACE
    export = {"manifest": "s3://lake/x", "written": [], "removed": removed}
    found = manifest(features=features, csv_export=export)
    assert found.features is not None
    assert tags_set_by(found, found.features) == (*of_quarters, "wr_1")


def test_run_without_kept_rows_is_reported_with_the_rule():
    totals = {"rows_in": 5, "kept": 0, "quarantined": 5, "duplicates": 0, "conflicts": 0}
    told = describe_outcome(manifest(DELIVERY | {"violations": {"date.format": 5}}, totals=totals))
    assert told == "No row of 2024Q1 was kept: 5 of 5 are quarantined.\nQuarantined 5: date.format 5."


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["2023Q3", "2023Q4", "2024Q1", "2024Q2", "2024Q3"], "2023Q3 to 2024Q3 (5 deliveries)"),
        (["2023Q3", "2023Q4", "2024Q1", "2024Q2", "2024Q4"], "2023Q3, 2023Q4, 2024Q1, 2024Q2 and 1 more"),
        (["2023Q4", "2024Q3", "2025Q2", "2025Q2x", "late"], "2023Q4, 2024Q3, 2025Q2, 2025Q2x and 1 more"),
    ],
)
def test_many_deliveries_are_from_one_to_another_only_without_a_gap(names, told):
    counted = (DELIVERY | {"delivery": name} for name in names)
    assert describe_outcome(manifest(*counted)).startswith(f"Processed {told}: ")


def test_withdrawal_is_told_where_another_delivery_was_counted_again():
    state = {"run_id": "wr_1", "contract_hash": "0", "inputs": [], "withdrawn": True}
    told = describe_outcome(manifest(DELIVERY, run_id="wr_1", published={"2023Q4": state}))
    assert told == "Processed 2024Q1: 1 of 1 row kept (100.0%) in 1 s. Withdrew 2023Q4 from the tables."


@pytest.mark.parametrize(
    ("withdrawn_by", "said"),
    [
        ("wr_1", "Run wr_1: withdrew 2024Q1 from the tables in 60 s."),
        ("wr_0", "Run wr_1: brought the features up to date in 60 s."),
    ],
)
def test_run_with_only_withdrawals_or_repairs_is_not_called_unchanged(capsys, withdrawn_by, said):
    state = {"run_id": withdrawn_by, "contract_hash": "0", "inputs": [], "withdrawn": True}
    show_manifest(Console(), run_manifest(run_id="wr_1", published_anything=True, published={"2024Q1": state}))
    out = capsys.readouterr().out
    assert said in out
    assert "nothing new" not in out
