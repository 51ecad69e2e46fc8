"""Which files make a table, how it is called, and what its partitions are (G18-G20, G25)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_job.deliveries.file_names import is_hidden
from localstack_glue.awsglue_runtime.glue_local_globs import escaped, excluder, to_regex
from localstack_glue.crawlers.crawling.listing import S3Object, S3Target, list_objects, pick_samples
from localstack_glue.crawlers.crawling.schema import ClassifiedFile, Column, FileSchema, are_similar, unique_column_name
from localstack_glue.crawlers.crawling.tables import (
    MAX_NAME,
    GroupingRules,
    build_tables,
    partition_keys,
    partition_values,
    table_name,
    unique_name,
)

TARGET = S3Target.parse("s3://lake/raw/")
AB = ("a", "b")


def file(path: str, names: tuple[str, ...] = AB, target: S3Target = TARGET, **schema: object) -> ClassifiedFile:
    parts = tuple(path.split("/"))
    key = f"{target.prefix}/{path}" if target.prefix else path
    columns = tuple(Column(name, "bigint") for name in names)
    return ClassifiedFile(S3Object(key, 10, parts), FileSchema("csv", columns, **schema))  # type: ignore[arg-type]


def shape(
    files: list[ClassifiedFile], rules: GroupingRules | None = None, target: S3Target = TARGET
) -> dict[str, tuple]:
    """Name -> (location, partition keys, partition values) of the tables that these files make."""
    tables = build_tables(target, files, rules or GroupingRules())
    return {
        table.name: (table.location, table.partition_keys, [partition.values for partition in table.partitions])
        for table in tables
    }


def test_similar_files_of_one_folder_are_one_table():
    assert shape([file("x.csv"), file("y.csv")]) == {"raw": ("s3://lake/raw/", (), [])}  # G20


def test_folders_with_key_and_value_are_partitions():
    found = shape([file("year=2024/month=01/x.csv"), file("year=2024/month=02/x.csv")])

    keys = ("year", "month")
    assert found == {"raw": ("s3://lake/raw/", keys, [("2024", "01"), ("2024", "02")])}  # G19


def test_folders_without_a_key_are_numbered_partitions():
    found = shape([file("2024/01/x.csv"), file("2024/02/x.csv")])

    assert found == {"raw": ("s3://lake/raw/", ("partition_0", "partition_1"), [("2024", "01"), ("2024", "02")])}  # G19


def test_level_that_mixes_both_is_one_table_with_a_numbered_partition():
    found = shape([file("day=1/x.csv"), file("2/x.csv")])

    assert found == {"raw": ("s3://lake/raw/", ("partition_0",), [("2",), ("1",)])}  # G19


@pytest.mark.parametrize(
    ("first", "second"),
    [("a=1", "b=1"), ("a=1", "A=1"), ("a=1", "1"), ("a=", "a=__HIVE_DEFAULT_PARTITION__")],
    ids=["two-keys", "case", "with-and-without-key", "no-value"],
)
def test_folders_that_would_be_one_partition_are_refused(first, second):
    # the catalog holds one location of each; the files of the other would be in no table
    with pytest.raises(ValueError, match="would both be the partition") as refused:
        shape([file(f"{first}/x.csv"), file(f"{second}/x.csv")])
    assert {f"s3://lake/raw/{first}/", f"s3://lake/raw/{second}/"} <= set(str(refused.value).split())


def test_different_schemas_below_a_folder_are_tables_of_their_own():
    found = shape([file("cars/d=1/x.csv"), file("people/d=1/x.csv", ("c", "d", "e"))])

    assert found == {
        "cars": ("s3://lake/raw/cars/", ("d",), [("1",)]),
        "people": ("s3://lake/raw/people/", ("d",), [("1",)]),
    }  # G20


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"compression": "gzip"}, id="compression"),
        pytest.param({"delimiter": "|"}, id="delimiter"),
        pytest.param({"has_header": True}, id="header"),
    ],
)
def test_different_formats_are_tables_of_their_own(other):
    assert set(shape([file("one/x.csv"), file("two/x.csv", **other)])) == {"one", "two"}  # G20


def test_incompatible_files_of_one_folder_are_a_table_each():
    found = shape([file("x.csv"), file("y.csv", ("c", "d", "e"))])

    assert found == {"x_csv": ("s3://lake/raw/x.csv", (), []), "y_csv": ("s3://lake/raw/y.csv", (), [])}


def test_different_schemas_are_one_table_if_the_crawler_combines_them():
    files = [file("cars/x.csv"), file("people/x.csv", ("c", "d", "e"))]

    assert set(shape(files, GroupingRules(combines_schemas=True))) == {"raw"}  # G20


def test_table_level_fixes_where_tables_begin():
    files = [file("eu/cars/x.csv"), file("eu/people/x.csv")]

    assert set(shape(files)) == {"raw"}
    assert set(shape(files, GroupingRules(table_level=4))) == {"cars", "people"}  # G20: bucket/raw/eu/cars
    assert set(shape(files, GroupingRules(table_level=3))) == {"eu"}


def test_whole_bucket_is_a_table_named_after_it():
    target = S3Target.parse("s3://my-lake")

    assert shape([file("x.csv", target=target)], target=target) == {"my_lake": ("s3://my-lake/", (), [])}


def test_columns_of_all_files_are_laid_together():
    files = [file("x.csv", ("a", "b", "c")), file("y.csv", ("a", "b", "c", "d"))]
    (table,) = build_tables(TARGET, files, GroupingRules())

    assert [column.name for column in table.columns] == ["a", "b", "c", "d"]


def test_partition_key_that_the_files_have_too_is_also_a_column():
    (table,) = build_tables(TARGET, [file("a=1/x.csv"), file("a=2/x.csv")], GroupingRules())

    assert table.partition_keys == ("a",)
    assert [column.name for column in table.columns] == ["a", "b"]


@pytest.mark.parametrize(
    ("source", "prefix", "expected"),
    [
        pytest.param("Vehicle-Sightings", "", "vehicle_sightings", id="lower-case"),
        pytest.param("a.b c", "Raw_", "raw_a_b_c", id="prefix"),
        pytest.param("ü" * 200, "", "_" * MAX_NAME, id="long"),
    ],
)
def test_table_name_follows_the_folder(source, prefix, expected):
    assert table_name(source, prefix) == expected  # G18


def test_names_of_different_places_stay_apart_and_short():
    long = "x" * MAX_NAME

    assert unique_name(long, "s3://a/") != unique_name(long, "s3://b/")
    assert len(unique_name(long, "s3://a/")) == MAX_NAME  # G18


@given(st.lists(st.lists(st.from_regex(r"[a-z]{0,3}=?[a-z]{0,3}", fullmatch=True), min_size=2, max_size=2), min_size=1))
def test_each_partition_has_a_value_for_each_key(folders):
    paths = [tuple(folder) for folder in folders]
    keys = partition_keys(paths)

    assert len(set(keys)) == len(keys)  # G19
    assert all(len(partition_values(path)) == len(keys) for path in paths)


@pytest.mark.parametrize(
    ("pattern", "path", "is_excluded"),
    [
        pytest.param("*.json", "a.json", True, id="in-the-root"),
        pytest.param("*.json", "x/a.json", False, id="star-stays-in-a-folder"),
        pytest.param("**.json", "x/y/a.json", True, id="two-stars-cross-folders"),
        pytest.param("x/**", "x/y/a.csv", True, id="all-below"),
        pytest.param("x/**", "xx/a.csv", False, id="not-beside"),
        pytest.param("?.csv", "a.csv", True, id="one-character"),
        pytest.param("?.csv", "ab.csv", False, id="not-two"),
        pytest.param("*.{csv,txt}", "a.txt", True, id="alternatives"),
        pytest.param("[a-c].csv", "b.csv", True, id="class"),
        pytest.param("[^a].csv", "b.csv", False, id="not-in-a-class-with-a-caret"),
        pytest.param("[^a].csv", "^.csv", True, id="caret-in-a-class"),
        pytest.param("[-a].csv", "-.csv", True, id="hyphen-comes-first"),
        pytest.param("[!-a].csv", "-.csv", False, id="hyphen-comes-first-in-a-negated-class"),
        pytest.param("[*?].csv", "b.csv", False, id="wildcards-in-a-class"),
        pytest.param("*", ".hidden", True, id="leading-dot"),
        pytest.param("x**", "x/a.csv", True, id="folder-and-below"),
        pytest.param("2015/01/{[!0],0[8-9]}**", "2015/01/12/a.csv", True, id="days-from-10"),
        pytest.param("2015/01/{[!0],0[8-9]}**", "2015/01/09/a.csv", True, id="day-9"),
        pytest.param("2015/01/{[!0],0[8-9]}**", "2015/01/07/a.csv", False, id="day-7"),
        pytest.param("[!a-c].csv", "b.csv", False, id="negated-class"),
        pytest.param("[!a-c].csv", "d.csv", True, id="outside-of-a-negated-class"),
        pytest.param("[^a-c].csv", "b.csv", True, id="caret-negates-nothing"),  # the guide names ! alone
        pytest.param("a+b.csv", "a+b.csv", True, id="plain-text"),
        pytest.param(r"a\*.csv", "ab.csv", False, id="escaped"),
    ],
)
def test_exclusion_patterns(pattern, path, is_excluded):
    assert excluder([pattern])(path) is is_excluded  # G25


@given(st.text(alphabet="ab*?[]{},!\\/^-&", max_size=20))
def test_any_pattern_can_be_used(pattern):
    re.compile(to_regex(pattern))


def test_exclusions_of_a_target_become_patterns_of_whole_locations():
    target = S3Target.parse("s3://lake/a[1]/", exclusions=["*.json"])

    (pattern,) = target.whole_exclusions
    assert excluder([pattern])("s3://lake/a[1]/x.json")
    assert not excluder([pattern])("s3://lake/a[1]/b/x.json")
    assert excluder([escaped("a{b}?*\\")])("a{b}?*\\")


class FakeS3:
    """Lists what it was made with, in one page."""

    def __init__(self, objects: dict[str, int]) -> None:
        self._objects = objects

    def get_paginator(self, operation):
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket, Prefix):
        found = [{"Key": key, "Size": size} for key, size in self._objects.items() if key.startswith(Prefix)]
        return [{"Contents": found}]


def test_listing_takes_what_a_crawler_takes():
    objects = {
        "raw/x.csv": 1,
        "raw/d=1/y.csv": 1,
        "raw/d=1/empty.csv": 0,
        "raw/d=1/_SUCCESS": 1,
        "raw/_temporary/z.csv": 1,
        "raw/.hidden": 1,
        "raw/folder/": 0,
        "raw/skip/a.json": 1,
        "raw2/x.csv": 1,
    }
    target = S3Target.parse("s3://lake/raw", exclusions=["**.json"])

    assert [item.key for item in list_objects(FakeS3(objects), target)] == ["raw/x.csv", "raw/d=1/y.csv"]  # G25


@pytest.mark.parametrize("key", ["raw//x/y.csv", "raw/d=1//e=1/y.csv"])
def test_key_that_no_location_reaches_is_refused(key):
    with pytest.raises(ValueError, match=r"below a folder without a name"):
        list(list_objects(FakeS3({key: 1}), S3Target.parse("s3://lake/raw")))


@pytest.mark.parametrize("key", ["raw//y.csv", "raw/d=1//y.csv"])
def test_blank_folder_just_above_a_file_is_below_the_location(key):
    assert [item.key for item in list_objects(FakeS3({key: 1}), S3Target.parse("s3://lake/raw"))] == [key]


def test_crawls_look_at_the_files_that_upload_and_job_take_for_delivered():  # G25
    paths = ("a.csv", "_b.csv", ".c.csv", "d._COPYING_", "e/f.csv", "_g/h.csv", "i/.j/k.csv", "year=2024/l.csv", "m_.n")
    target, objects = S3Target.parse("s3://b/raw/"), dict.fromkeys((f"raw/{path}" for path in paths), 1)
    listed = {item.key.removeprefix("raw/") for item in list_objects(FakeS3(objects), target)}
    delivered = {path for path in paths if not is_hidden(path)}
    # what was not copied to its end is looked at, and left out by the job, which says so
    assert listed == delivered | {"d._COPYING_"}


@pytest.mark.parametrize(
    ("shared", "first", "second", "expected"),
    [(7, 10, 7, True), (6, 10, 6, False), (7, 7, 10, True), (6, 6, 10, False), (8, 10, 12, False)],
)
def test_files_with_seven_of_ten_columns_in_common_are_one_table(shared, first, second, expected):  # G20
    def schema(side: str, count: int) -> FileSchema:
        names = [f"c{number}" for number in range(shared)] + [f"{side}{number}" for number in range(count - shared)]
        return FileSchema("csv", tuple(Column(name, "string") for name in names))

    assert are_similar(schema("a", first), schema("b", second)) is expected


@pytest.mark.parametrize(
    ("taken", "name"), [(set(), "a"), ({"a"}, "a_2"), ({"a", "a_2"}, "a_2_3"), ({"a", "a_2", "a_2_3"}, "a_2_3_4")]
)
def test_column_of_a_name_that_is_taken_gets_one_that_is_not(taken, name):
    assert unique_column_name("a", 2, taken) == name


def test_sample_size_counts_in_each_leaf_folder():
    items = [S3Object(f"raw/{path}", 1, tuple(path.split("/"))) for path in ("a/1", "a/2", "a/3", "b/1")]

    assert [item.key for item in pick_samples(items, 2)] == ["raw/a/1", "raw/a/2", "raw/b/1"]
    assert pick_samples(items, None) == items


@pytest.mark.parametrize("path", ["", "s3://", "http://lake/raw", "s3:///raw"])
def test_path_that_is_not_on_s3_is_refused(path):
    with pytest.raises(ValueError, match="not an S3 path"):
        S3Target.parse(path)
