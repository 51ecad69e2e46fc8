import gzip
import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_generator import BadRow, Quarter, generate, generate_charging
from feed_generator.sightings import apportion, spoil

SAMPLE = Path(__file__).parents[3] / "data" / "sample" / "vehicle_sightings"


def bytes_by_name(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def test_committed_sample_is_what_the_documented_command_writes(tmp_path):
    command = [sys.executable, "-m", "feed_generator", str(tmp_path), "--rows", "2000", "--seed", "7"]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    assert bytes_by_name(tmp_path) == bytes_by_name(SAMPLE)
    assert finished.stdout == "2000 rows, of them 10 bad and 20 repeated, in 8 deliveries, 0.1 MB\n"


def test_generate_another_seed_gives_other_rows(tmp_path):
    generate(tmp_path / "seven", rows=500, seed=7)
    generate(tmp_path / "eight", rows=500, seed=8)
    assert bytes_by_name(tmp_path / "seven") != bytes_by_name(tmp_path / "eight")


def test_generate_keeps_its_bytes_across_releases(tmp_path):
    generate(tmp_path, rows=10_000, seed=1)
    digest = hashlib.sha256(b"".join(bytes_by_name(tmp_path).values())).hexdigest()
    assert digest == "73db3ea2c3a62a0e49c45f11e59c9cdbb79185663a58df6083f17a0603a95479"


def test_generate_summary_agrees_with_the_files(tmp_path):
    heard: list[int] = []
    summary = generate(tmp_path, rows=30_000, on_rows=heard.append)
    assert [each.delivery for each in summary.deliveries] == [
        f"{year}Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4)
    ]
    assert (summary.rows, summary.bad_rows, summary.duplicates, sum(heard)) == (30_000, 150, 300, 30_000)
    for delivery in summary.deliveries:
        lines = b"".join(path.read_bytes() for path in delivery.files).splitlines()
        assert len(lines) - len(delivery.files) == delivery.rows
        repeats = sum(count - 1 for count in Counter(lines).values()) - (len(delivery.files) - 1)
        assert repeats == delivery.duplicates
        assert set(delivery.bad) == set(BadRow)
    assert summary.size_bytes == sum(map(len, bytes_by_name(tmp_path).values()))


def test_generate_small_files_each_have_the_header(tmp_path):
    summary = generate(tmp_path, rows=400, quarters=1, max_file_bytes=4096)
    (delivery,) = summary.deliveries
    assert [path.name for path in delivery.files] == [f"part-{k:05d}.csv" for k in range(len(delivery.files))]
    assert len(delivery.files) > 3
    for path in delivery.files:
        assert path.read_bytes().startswith(b"sighting_id,brand,date,time\n")
        assert path.stat().st_size <= 4096


def test_generate_removes_files_of_an_earlier_feed(tmp_path):
    generate(tmp_path, rows=400, quarters=1, max_file_bytes=4096)
    summary = generate(tmp_path, rows=40, quarters=1)
    assert len(bytes_by_name(tmp_path)) == len(summary.deliveries[0].files) == 1


def test_generate_without_rows_writes_headers(tmp_path):
    generate(tmp_path, rows=0, quarters=2, first_quarter="2023Q4")
    assert bytes_by_name(tmp_path) == {
        f"delivery={quarter}/part-00000.csv": b"sighting_id,brand,date,time\n" for quarter in ("2023Q4", "2024Q1")
    }


@pytest.mark.parametrize("wrong", [{"rows": -1}, {"quarters": 0}, {"first_quarter": "2024-1"}, {"max_file_bytes": 9}])
def test_generate_refuses_what_makes_no_feed(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"rows must not be negative|not a quarter"):
        generate(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_quarter_days_cover_a_leap_february():
    days = Quarter.parse("2024Q1").days()
    assert (days[0], days[-1], len(days)) == (date(2024, 1, 1), date(2024, 3, 31), 91)
    assert str(Quarter(2023, 4).next()) == "2024Q1"


@given(st.integers(0, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=40))
def test_apportion_is_exact_and_within_one_row_of_fair(total, weights):
    shares = apportion(total, weights)
    assert sum(shares) == total
    assert all(abs(share - total * w / sum(weights)) < 1 for share, w in zip(shares, weights, strict=True))


@pytest.mark.parametrize("kind", list(BadRow))
def test_spoil_changes_the_row(kind):
    sighting = ("S0000000001", "Opel", "2024-02-29", "23:59:59")
    assert spoil(kind, *sighting) != ",".join(sighting)


def test_charging_feed_keeps_its_bytes_and_counts_what_it_wrote(tmp_path):
    told: list[int] = []
    summaries = generate_charging(tmp_path, rows=9_000, seed=1, on_rows=told.append)
    lines = [
        line for path in sorted(tmp_path.rglob("*.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    assert (
        hashlib.sha256(b"\n".join(lines)).hexdigest()
        == "b422bae8ad9dd9b187be0b3c54d9af981f561e2879c72688183da98e77312982"
    )
    assert (sum(each.rows for each in summaries), sum(told)) == (9_000, 9_000)
    assert len(lines) == 9_000 + len(summaries)
    assert [each.delivery for each in summaries] == [f"2024-0{month}" for month in range(1, 7)]
    assert sum(each.bad_rows for each in summaries) == 45
