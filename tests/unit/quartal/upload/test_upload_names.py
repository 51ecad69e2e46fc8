"""Which files an upload takes and what they are called in the lake; pure but for the folders."""

import gzip
from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.deliver.upload.sources import find_sources
from quartal.deliver.upload.uploads import plan_upload
from tests.unit.quartal.upload.bucket import RAW

# ---------------------------------------------------------------------------- which file goes where


def test_key_keeps_the_delivery_folder_of_the_path(feed: Path):
    assert [item.key for item in plan_upload([feed], raw_prefix=RAW, delivery=None)] == [
        "raw/sightings/delivery=2024Q1/a.csv",
        "raw/sightings/delivery=2024Q2/a.csv",
    ]


def test_folder_of_one_delivery_may_be_named_itself(feed: Path):
    items = plan_upload([feed / "delivery=2024Q1"], raw_prefix=RAW, delivery=None)
    assert [(item.key, item.delivery) for item in items] == [("raw/sightings/delivery=2024Q1/a.csv", "2024Q1")]


def test_named_delivery_holds_files_from_anywhere(tmp_path: Path):
    (tmp_path / "export.csv").write_text("id\n")
    items = plan_upload([tmp_path / "export.csv"], raw_prefix=RAW, delivery="2024Q3")
    assert [item.key for item in items] == ["raw/sightings/delivery=2024Q3/export.csv"]


def test_pattern_that_no_shell_has_expanded_names_its_files(feed: Path):
    (feed / "delivery=2024Q1" / "notes.txt").touch()
    items = plan_upload([feed / "*" / "*.csv"], raw_prefix=RAW, delivery=None)
    assert [item.path.name for item in items] == ["a.csv", "a.csv"]


def test_compressed_file_gets_its_suffix_unless_it_has_one(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"id\n"))
    items = plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1", compress=True)
    assert [(item.key.rsplit("/", 1)[1], item.compress) for item in items] == [("a.csv.gz", True), ("b.csv.gz", False)]


def test_file_without_a_delivery_is_refused(tmp_path: Path):
    (tmp_path / "export.csv").write_text("id\n")
    with pytest.raises(ConfigurationError, match=r"The delivery of .* is not known") as error:
        plan_upload([tmp_path / "export.csv"], raw_prefix=RAW, delivery=None)
    assert "--delivery" in error.value.remedy


@pytest.mark.parametrize("name", ["", "../2024", "a/b", "=x"])
def test_delivery_name_that_would_break_the_key_is_refused(feed: Path, name: str):
    with pytest.raises(ConfigurationError, match="not a valid name for a delivery"):
        plan_upload([feed], raw_prefix=RAW, delivery=name)


def test_two_files_for_one_key_are_refused(tmp_path: Path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("id\n")
    with pytest.raises(ConfigurationError, match="both get the S3 key"):
        plan_upload([tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv"], raw_prefix=RAW, delivery="2024Q1")


def test_missing_source_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="nowhere does not exist"):
        plan_upload([tmp_path / "nowhere"], raw_prefix=RAW, delivery="2024Q1")


@pytest.mark.parametrize(
    "name", ["_x.csv", ".x.csv", "x.csv._COPYING_", "_old/x.csv", "a/.hidden/x.csv", "x_$folder$", "_delta_log/0.json"]
)
@pytest.mark.parametrize("way", ["file", "folder", "pattern", "folder of the delivery"])
def test_name_that_readers_skip_is_refused_however_it_is_named(feed: Path, name: str, way: str):  # G25
    path = feed / "delivery=2024Q1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id\n1\n")
    source = {
        "file": path,
        "folder": feed,
        "pattern": path.parent / f"{path.name[0]}*",
        "folder of the delivery": path.parent,
    }[way]
    with pytest.raises(ConfigurationError, match="but no run would read it") as error:
        plan_upload([source], raw_prefix=RAW, delivery=None)
    assert str(path) in error.value.message
    assert "Rename it" in error.value.remedy


def test_files_of_systems_and_tools_are_left_out_and_reported(feed: Path):  # G25
    folder = feed / "delivery=2024Q1"
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    for name in ("_SUCCESS", "_empty"):
        (folder / name).touch()
    for name in (".DS_Store", "._a.csv", ".~lock.a.csv#", "Thumbs.db"):
        (folder / name).write_bytes(b"x")
    found = find_sources([feed])
    assert [file.below for file in found.files] == ["delivery=2024Q1/a.csv", "delivery=2024Q2/a.csv"]
    names = {"_SUCCESS", "_empty", ".DS_Store", "._a.csv", ".git", ".~lock.a.csv#", "Thumbs.db"}
    assert {path.name for path in found.left_out} == names
    in_folder = find_sources([folder / "[!_]*", folder / ".*"])
    assert [file.below for file in in_folder.files] == ["a.csv"]


def test_folders_below_a_delivery_are_part_of_it(feed: Path):
    below = feed / "delivery=2024Q1" / "year=2024"
    below.mkdir()
    (below / "b.csv").write_text("id\n1\n")
    (item,) = plan_upload([below], raw_prefix=RAW, delivery=None)
    assert (item.key, item.delivery) == (f"{RAW}delivery=2024Q1/year=2024/b.csv", "2024Q1")


def test_delivery_within_a_delivery_is_refused(feed: Path):
    with pytest.raises(ConfigurationError, match="is in delivery=2024Q1 inside the folder of another") as error:
        plan_upload([feed], raw_prefix=RAW, delivery="2024Q9")
    assert "--delivery" in error.value.remedy


def test_links_that_would_be_silently_skipped_are_refused(feed: Path):
    link = feed / "delivery=2024Q1" / "b.csv"
    link.symlink_to(feed / "nowhere.csv")
    for source in (feed, link, feed / "*" / "b.csv"):
        with pytest.raises(ConfigurationError, match=r"b\.csv is a link that leads nowhere"):
            plan_upload([source], raw_prefix=RAW, delivery=None)
    link.unlink()
    link.symlink_to(feed / "delivery=2024Q2")
    with pytest.raises(ConfigurationError, match=r"b\.csv is a link to a folder") as error:
        plan_upload([feed], raw_prefix=RAW, delivery=None)
    assert "by itself" in error.value.remedy


def test_folder_that_cannot_be_looked_into_is_refused(feed: Path, monkeypatch):
    def no_right(place):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("os.scandir", no_right)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        plan_upload([feed], raw_prefix=RAW, delivery=None)


@pytest.mark.parametrize("name", ["a\x85\x01.csv", "a\ufffe.csv", "a\udcff.csv"])
def test_name_that_no_listing_can_hold_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text("id\n")
    with pytest.raises(ConfigurationError, match="control character"):
        plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1")


def test_key_that_is_too_long_for_s3_is_refused(tmp_path: Path):
    folder = tmp_path.joinpath(*(["ä" * 100] * 6))
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("id\n")
    with pytest.raises(ConfigurationError, match=r"a key of 1,\d\d\d bytes"):
        plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1")


def test_file_that_a_pattern_names_twice_is_refused_since_its_rows_would_come_twice(feed: Path):
    below = feed / "delivery=2024Q1" / "x"
    below.mkdir()
    (below / "b.csv").write_text("id\n1\n")
    with pytest.raises(ConfigurationError, match="are the same file, so its rows would be delivered twice"):
        plan_upload([feed / "delivery=2024Q1" / "**"], raw_prefix=RAW, delivery="2024Q1")
    (item,) = plan_upload([below / "b.csv", below / "b.csv"], raw_prefix=RAW, delivery="2024Q1")
    assert item.key == f"{RAW}delivery=2024Q1/b.csv"


def test_link_is_part_of_the_delivery_that_it_lies_in(feed: Path):
    link = feed / "delivery=2024Q2" / "b.csv"
    link.symlink_to(feed / "delivery=2024Q1" / "a.csv")
    (item,) = plan_upload([link], raw_prefix=RAW, delivery=None)
    assert item.key == f"{RAW}delivery=2024Q2/b.csv"
    (feed / "newest").symlink_to(feed / "delivery=2024Q1")
    (item,) = plan_upload([feed / "newest"], raw_prefix=RAW, delivery=None)
    assert item.key == f"{RAW}delivery=2024Q1/a.csv"
