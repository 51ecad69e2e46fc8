import json

import pytest

from awsglue.errors import GlueDataError
from awsglue.transforms import (
    Filter,
    FlatMap,
    Join,
    Map,
    MapToCollection,
    RenameField,
    SelectFromCollection,
    Spigot,
    SplitRows,
)
from tests.unit.awsglue.conftest import rows

NUMBERS = [(1, "a"), (2, "b"), (None, "c")]


def test_filter_keeps_records_and_schema(dynamic_frame):
    frame = dynamic_frame(NUMBERS, "n int, s string")

    kept = Filter.apply(frame=frame, f=lambda record: record["s"] in ("a", "c"))

    assert kept.toDF().schema == frame.toDF().schema
    assert rows(kept) == [(1, "a"), (None, "c")]


def test_map_may_change_the_record_itself(dynamic_frame):
    def change(record):
        record["place"] = {"city": record.pop("s"), "tags": ["x"]}
        return record

    mapped = Map.apply(frame=dynamic_frame(NUMBERS[:1], "n int, s string"), f=change)

    assert mapped.toDF().dtypes == [("n", "int"), ("place", "struct<city:string,tags:array<string>>")]
    assert rows(mapped) == [(1, ("a", ["x"]))]


def test_records_that_fail_are_kept_as_errors(dynamic_frame):
    def double(record):
        return {"n": record["n"] * 2}

    mapped = dynamic_frame(NUMBERS, "n int, s string").map(double, info="doubling")
    later = mapped.filter(lambda record: 1 / (record["n"] - 2))

    assert rows(mapped) == [(2,), (4,)]
    assert (mapped.stageErrorsCount(), mapped.errorsCount()) == (1, 1)
    assert (later.stageErrorsCount(), later.errorsCount()) == (1, 2)
    error = mapped.errorsAsDynamicFrame().toDF().first()["error"]
    assert error["callsite"] == "doubling"
    assert error["msg"].startswith("TypeError: unsupported operand")
    assert "'s': 'c'" in error["dynamicRecord"]


def test_errors_above_the_threshold_fail(dynamic_frame):
    with pytest.raises(GlueDataError, match="more than 1 records failed"):
        dynamic_frame(NUMBERS, "n int, s string").filter(lambda record: 1 / 0, stageThreshold=1)


def test_a_frame_without_functions_has_no_errors(dynamic_frame):
    frame = dynamic_frame(NUMBERS, "n int, s string").drop_fields(["s"])

    assert (frame.stageErrorsCount(), frame.errorsCount()) == (0, 0)


def test_map_function_without_a_record_is_an_error(dynamic_frame):
    mapped = dynamic_frame(NUMBERS[:1], "n int, s string").map(lambda record: None)

    assert (mapped.count(), mapped.stageErrorsCount()) == (0, 1)


def test_join_prefixes_duplicate_names_with_a_dot(dynamic_frame):
    left = dynamic_frame([(1, "a"), (2, "b"), (None, "x")], "id int, v string")
    right = dynamic_frame([(1, "c"), (1, "d"), (None, "y")], "id int, v string")

    joined = Join.apply(left, right, "id", "id")

    assert joined.toDF().columns == ["id", "v", ".id", ".v"]
    assert sorted(rows(joined)) == [(1, "a", 1, "c"), (1, "a", 1, "d")]


def test_join_on_a_nested_key(dynamic_frame):
    left = dynamic_frame([((7,),)], "k struct<id: int>")

    assert rows(left.join(["k.id"], ["n"], dynamic_frame([(7,), (8,)], "n int"))) == [((7,), 7)]


def test_join_on_a_key_that_is_not_there_fails(dynamic_frame):
    with pytest.raises(GlueDataError, match="no field x"):
        dynamic_frame([(1,)], "a int").join(["x"], ["a"], dynamic_frame([(1,)], "a int"))


def test_union_fills_missing_fields(dynamic_frame):
    both = dynamic_frame([(1,)], "a int").union(dynamic_frame([("x",)], "b string"))

    assert rows(both) == [(1, None), (None, "x")]


def test_merge_replaces_by_key(dynamic_frame):
    merged = dynamic_frame([(1, "a"), (2, "b")], "k int, v string").mergeDynamicFrame(
        dynamic_frame([(2, "B"), (3, "C")], "k int, v string"), ["k"]
    )

    assert sorted(rows(merged)) == [(1, "a"), (2, "B"), (3, "C")]


def test_split_rows_loses_no_record(dynamic_frame):
    both = SplitRows.apply(dynamic_frame(NUMBERS, "n int, s string"), {"n": {">": 1, "<=": 5}}, "in", "out")

    assert rows(both["in"]) == [(2, "b")]
    assert rows(both["out"]) == [(1, "a"), (None, "c")]


def test_collections(dynamic_frame):
    both = dynamic_frame(NUMBERS, "n int, s string").split_rows({"n": {"=": 1}}, "one", "rest")

    renamed = MapToCollection.apply(both, callable=lambda frame, transformation_ctx: frame.rename_field("s", "t"))
    flat = FlatMap.apply(both, RenameField, "frame", old_name="n", new_name="m")

    assert list(renamed.keys()) == ["one", "rest"]
    assert SelectFromCollection.apply(dfc=renamed, key="one").toDF().columns == ["n", "t"]
    assert flat.select("rest").toDF().columns == ["m", "s"]
    assert both.select("two").toDF().columns == []


def test_records_have_attributes_and_a_missing_field_is_no_match(dynamic_frame):
    frame = dynamic_frame(NUMBERS, "n int, s string")

    kept = frame.filter(lambda record: record.s == "a" or record["gone"])

    assert rows(kept) == [(1, "a")]
    assert kept.errorsCount() == 0


def test_relationalize_makes_tables_that_join(dynamic_frame):
    schema = "n int, place struct<city: string>, pets array<struct<name: string, toys: array<string>>>"
    data = [(1, ("Bonn",), [("Rex", ["ball", "bone"]), ("Tom", [])]), (2, None, None)]

    tables = dynamic_frame(data, schema).relationalize("root", "s3://unused/")

    assert list(tables.keys()) == ["root", "root_pets", "root_pets_pets.val.toys"]
    assert tables["root"].toDF().columns == ["n", "place.city", "pets"]
    assert tables["root_pets"].toDF().columns == ["id", "index", "pets.val.name", "pets.val.toys"]
    root = {row["n"]: row["pets"] for row in tables["root"].toDF().collect()}
    assert root[2] is None
    pets = tables["root_pets"].toDF().collect()
    assert [(row["id"], row["index"], row["pets.val.name"]) for row in pets] == [
        (root[1], 0, "Rex"),
        (root[1], 1, "Tom"),
    ]
    toys = rows(tables["root_pets_pets.val.toys"])
    assert toys == [(pets[0]["pets.val.toys"], 0, "ball"), (pets[0]["pets.val.toys"], 1, "bone")]


def test_spigot_writes_a_sample(dynamic_frame, tmp_path):
    frame = dynamic_frame(NUMBERS, "n int, s string")

    assert Spigot.apply(frame, str(tmp_path / "sample"), {"topk": 2}) is frame

    lines = [line for file in (tmp_path / "sample").glob("*.json") for line in file.read_text().splitlines()]
    assert [json.loads(line) for line in lines] == [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]


def test_repartition_coalesce_and_show(dynamic_frame, capsys):
    frame = dynamic_frame(NUMBERS, "n int, s string").repartition(3)

    assert frame.getNumPartitions() == 3
    assert frame.coalesce(1).getNumPartitions() == 1
    frame.coalesce(1).select_fields(["s"]).show(1)
    assert json.loads(capsys.readouterr().out)["s"] in {"a", "b", "c"}
