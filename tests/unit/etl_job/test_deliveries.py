"""Which files a run reads, and that every other one is named: the raw folder held against what the catalog knows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_job.deliveries.delivered import NO_DELIVERY, Delivered, find_deliveries
from etl_job.deliveries.file_names import HIDDEN, NAMED_AS_FOLDER, NO_BYTES, UNFINISHED, why_left_out
from etl_job.deliveries.raw_table import CrawledTable, read_crawled_table
from etl_job.errors import CatalogError
from etl_job.lake.files import LocalObjectStore, StoredFile
from etl_job.manifest.model import LeftOutFile
from etl_job.notify.progress import Progress
from etl_job.run import _log_files

LAKE, DATASET = "s3://lake", "tolls"
ROOT = f"{LAKE}/raw/{DATASET}/"


@dataclass
class Listing:
    """A store that only lists, and remembers how often it was asked."""

    files: Iterable[StoredFile]
    asked: list[str] = field(default_factory=list)

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        self.asked.append(prefix)
        return tuple(sorted(file for file in self.files if file.uri.startswith(prefix)))


def listing(*paths: str, empty: Iterable[str] = ()) -> Listing:
    """Files below the dataset's raw folder, or by their whole URI."""
    sizes = {**dict.fromkeys(paths, 10), **dict.fromkeys(empty, 0)}
    return Listing([StoredFile(p if "://" in p else ROOT + p, size, "e", 1.0) for p, size in sizes.items()])


def crawled(partitions: dict[str, str], *keys: str) -> CrawledTable:
    return CrawledTable(f"db.{DATASET}", ("a", "b"), keys or ("delivery",), partitions)


def found(store: Listing, table: CrawledTable | None):
    delivered = find_deliveries(store, LAKE, DATASET, table)
    files = {each.name: [file.uri.removeprefix(ROOT) for file in each.files] for each in delivered.deliveries}
    return files, delivered.not_catalogued, {each.uri.removeprefix(ROOT): each.reason for each in delivered.left_out}


def test_delivery_that_the_crawler_left_out_is_read_and_named():  # G33
    store = listing("delivery=q1/a.csv", "delivery=q2/b.csv", "delivery=q2/c.csv")
    files, unknown, left_out = found(store, crawled({f"{ROOT}delivery=q1/": "q1"}))
    assert files == {"q1": ["delivery=q1/a.csv"], "q2": ["delivery=q2/b.csv", "delivery=q2/c.csv"]}
    assert (unknown, left_out) == (("q2",), {})
    assert store.asked == [ROOT]


def test_folders_define_the_deliveries_if_there_is_no_table():
    files, unknown, _ = found(listing("delivery=q1/a.csv", "Delivery=q2/a.csv"), None)
    assert files == {"q1": ["delivery=q1/a.csv"], "q2": ["Delivery=q2/a.csv"]}
    assert unknown == ("q1", "q2")


def test_folders_below_a_delivery_are_part_of_it():  # G19
    store = listing("delivery=q1/a.csv", "delivery=q1/year=2024/b.csv", "delivery=q2/year=2025/month=1/c.csv")
    two_keys = crawled({f"{ROOT}delivery=q1/year=2024/": "q1"}, "delivery", "year")
    files, unknown, left_out = found(store, two_keys)
    assert files == {
        "q1": ["delivery=q1/a.csv", "delivery=q1/year=2024/b.csv"],
        "q2": ["delivery=q2/year=2025/month=1/c.csv"],
    }
    assert (unknown, left_out) == (("q1", "q2"), {})  # of q1 the catalog has one file of two


@pytest.mark.parametrize("name", ["2024%20Q1", "2024 Q1", "a=b", "a+b", "ü", "[1]", "x'y\"z", "..."])
def test_delivery_has_one_name_whether_the_catalog_knows_it_or_not(name):
    path = f"delivery={name}/a.csv"
    catalogued, *_ = found(listing(path), crawled({f"{ROOT}delivery={name}/": name}))
    assert catalogued == found(listing(path), None)[0] == {name: [path]}


def test_name_that_the_catalog_gives_a_folder_is_the_deliverys():
    # As a crawler that reads %20 as a blank would: what is published already keeps its name.
    files, *_ = found(listing("delivery=2024%20Q1/a.csv"), crawled({f"{ROOT}delivery=2024%20Q1/": "2024 Q1"}))
    assert list(files) == ["2024 Q1"]


def test_empty_file_is_part_of_the_delivery_and_is_reported():
    files, unknown, left_out = found(listing("delivery=q1/a.csv", empty=["delivery=q1/b.csv"]), None)
    assert files == {"q1": ["delivery=q1/a.csv", "delivery=q1/b.csv"]}
    assert left_out == {"delivery=q1/b.csv": NO_BYTES}
    files, unknown, left_out = found(listing(empty=["delivery=q1/b.csv"]), crawled({f"{ROOT}delivery=q1/": "q1"}))
    assert (files, unknown, list(left_out)) == ({"q1": ["delivery=q1/b.csv"]}, (), ["delivery=q1/b.csv"])


def test_hidden_unfinished_and_stray_files_are_reported_and_markers_are_not():
    recorded = {
        "delivery=q1/_b.csv": HIDDEN,
        "delivery=q1/_temporary/0/c.csv": HIDDEN,
        "delivery=q1/d.csv._COPYING_": UNFINISHED,
        ".trash/e.csv": HIDDEN,
        "f.csv": NO_DELIVERY,
        "2024Q1/g.csv": NO_DELIVERY,
    }
    store = listing("delivery=q1/a.csv", *recorded, empty=["delivery=q1/", "delivery=q1/_SUCCESS", "x_$folder$", ""])
    assert found(store, None) == ({"q1": ["delivery=q1/a.csv"]}, ("q1",), recorded)


def test_delivery_of_hidden_files_alone_is_none():
    files, unknown, left_out = found(listing("delivery=q1/a.csv", "delivery=q2/_b.csv"), None)
    assert (list(files), unknown, list(left_out)) == (["q1"], ("q1",), ["delivery=q2/_b.csv"])
    with pytest.raises(CatalogError, match=r"upload a delivery first \(s3://lake/raw/tolls/delivery=q2/_b\.csv: its n"):
        found(listing("delivery=q2/_b.csv"), None)


def test_delivery_that_the_catalog_has_elsewhere_is_read_there():
    place = "s3://other/tolls/"
    store = listing("delivery=q1/a.csv", f"{place}x.csv", f"{place}_y.csv")
    files, unknown, left_out = found(store, crawled({place: "q0", f"{ROOT}delivery=q1/": "q1"}))
    assert files == {"q0": [f"{place}x.csv"], "q1": ["delivery=q1/a.csv"]}
    assert (unknown, left_out) == ((), {f"{place}_y.csv": HIDDEN})
    with pytest.raises(CatalogError, match=r"delivery q1 is in two places: s3://lake/raw/tolls/, and s3://other/"):
        found(store, crawled({place: "q1"}))


def test_table_of_other_partitions_stops_the_run_only_where_files_lie_outside_of_deliveries():
    table = crawled({}, "year")
    assert list(found(listing("delivery=q1/a.csv"), table)[0]) == ["q1"]
    with pytest.raises(
        CatalogError, match=r"is partitioned by year, not by 'delivery' \(\S+year=1/b.csv: it is not in a"
    ):
        found(listing("delivery=q1/a.csv", "year=1/b.csv"), table)


@pytest.mark.parametrize("spelled", ["file://{}", "file:{}", "file://{}/", "file://{}/./"])
def test_local_lake_is_one_lake_however_it_is_spelled(tmp_path, spelled):
    file = tmp_path / "raw" / DATASET / "delivery=q1" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("a\n1\n")
    lake = spelled.format(tmp_path)
    known = find_deliveries(LocalObjectStore(), lake, DATASET, crawled({f"file://{file.parent}/": "q1"}))
    assert ([each.uri for each in known.deliveries[0].files], known.not_catalogued) == ([f"file://{file}"], ())


segments = st.text(st.sampled_from("ab=._1 %"), min_size=1, max_size=6)
paths = st.builds("/".join, st.lists(st.one_of(segments, segments.map("delivery={}".format)), min_size=1, max_size=4))


@given(st.dictionaries(paths, st.sampled_from([0, 10]), min_size=1, max_size=12), st.data())
def test_each_file_with_bytes_is_read_or_reported_exactly_once(sizes, data):
    folders = sorted({path.partition("/")[0] for path in sizes if path.startswith("delivery=") and "/" in path})
    known = data.draw(st.lists(st.sampled_from(folders), unique=True)) if folders else []
    table = crawled({f"{ROOT}{folder}/": folder.partition("=")[2] or "none" for folder in known})
    store = Listing([StoredFile(ROOT + path, size, "e", 1.0) for path, size in sizes.items()])
    try:
        delivered = find_deliveries(store, LAKE, DATASET, table)
    except CatalogError:
        return
    read = Counter(file.uri for each in delivered.deliveries for file in each.files_with_rows)
    recorded = Counter(each.uri for each in delivered.left_out)
    assert max((read + recorded).values(), default=0) <= 1
    assert {*read, *recorded} >= {ROOT + path for path, size in sizes.items() if size}
    assert [each.name for each in delivered.deliveries] == sorted(each.name for each in delivered.deliveries)


def test_partition_without_a_place_leaves_its_files_to_their_folder(moto_catalog):
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    assert read_crawled_table(glue, "db", DATASET) is None
    storage = {"Columns": [{"Name": "a", "Type": "string"}]}
    keys = [{"Name": "delivery", "Type": "string"}]
    glue.create_table(
        DatabaseName="db", TableInput={"Name": DATASET, "StorageDescriptor": storage, "PartitionKeys": keys}
    )
    places = {"q1": {}, "q2": {"Location": f"s3a://lake/raw/{DATASET}/delivery=q2"}}
    for name, place in places.items():
        partition = {"Values": [name], "StorageDescriptor": {**storage, **place}}
        glue.create_partition(DatabaseName="db", TableName=DATASET, PartitionInput=partition)
    table = read_crawled_table(glue, "db", DATASET)
    assert table == CrawledTable(f"db.{DATASET}", ("a",), ("delivery",), {f"{ROOT}delivery=q2/": "q2"})
    files, unknown, _ = found(listing("delivery=q1/a.csv", "delivery=q2/a.csv"), table)
    assert (list(files), unknown) == (["q1", "q2"], ("q1",))


@pytest.mark.parametrize(
    ("path", "size_bytes", "reason"),
    [
        ("a.csv", 1, None),
        ("sub/a.csv", 1, None),
        ("a.csv", 0, NO_BYTES),
        ("_a.csv", 1, HIDDEN),
        (".trash/a.csv", 1, HIDDEN),
        ("a.csv._COPYING_", 1, UNFINISHED),
        ("", 0, NAMED_AS_FOLDER),
        ("a_$folder$", 1, NAMED_AS_FOLDER),
    ],
)
def test_job_and_command_agree_on_which_files_hold_rows(path, size_bytes, reason):
    assert why_left_out(path, size_bytes) == reason


@pytest.mark.parametrize(("number", "more"), [(0, None), (20, None), (21, 1), (45, 25)])
def test_log_names_the_first_files_that_are_left_out_and_counts_the_others(number, more):
    lines: list[str] = []
    left_out = tuple(LeftOutFile(uri=f"s3://lake/raw/{place}.tmp", reason=UNFINISHED) for place in range(number))
    _log_files(Delivered(left_out=left_out), Progress(lines.append))
    named = [line for line in lines if " file=" in line]
    assert len(named) == min(number, 20)
    assert all(f"file={file.uri} " in line for file, line in zip(left_out, named, strict=False))
    counted = [line for line in lines if line not in named]
    assert [f"more_files={more} " in line for line in counted] == ([True] if more else [])
