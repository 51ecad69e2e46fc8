import json
import uuid

import pytest
from py4j.protocol import Py4JJavaError

from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.transforms import (
    DropNullFields,
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
from tests.unit.awsglue.conftest import add_table, rows

OPENX = "org.openx.data.jsonserde.JsonSerDe"
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


def test_threshold_counts_the_errors_of_earlier_transformations(dynamic_frame):
    frame = dynamic_frame(NUMBERS, "n int, s string").map(lambda record: {"n": record["n"] + 1})

    assert frame.select_fields(["n"], stageThreshold=1, totalThreshold=1).count() == 2
    with pytest.raises(GlueDataError, match="more than 1 records failed in all"):
        frame.filter(lambda record: 1 / 0).select_fields(["n"], totalThreshold=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.resolveChoice(specs=[("n", "cast:int")], totalThreshold=1),
        lambda frame: frame.relationalize("root", "s3://unused/", totalThreshold=1),
        lambda frame: frame.split_rows({"n": {">": 0}}, "a", "b", totalThreshold=1),
        lambda frame: frame.split_fields(["n"], "a", "b", totalThreshold=1),
        lambda frame: frame.mergeDynamicFrame(frame, ["n"], totalThreshold=1),
        lambda frame: frame.spigot("s3://unused/", totalThreshold=1),
        lambda frame: DropNullFields.apply(frame, totalThreshold=1),
    ],
)
def test_each_transformation_has_a_threshold(dynamic_frame, change):
    with pytest.raises(GlueDataError, match="more than 1 records failed in all"):
        change(dynamic_frame(NUMBERS, "n int, s string").filter(lambda record: 1 / (record["n"] - 3)).filter(fails))


def fails(_):
    raise RuntimeError


def test_errors_of_both_frames_are_those_of_the_result(dynamic_frame):
    def with_errors(count):
        return dynamic_frame(NUMBERS[:count], "n int, s string").filter(fails)

    one, other, none = with_errors(1), with_errors(2), dynamic_frame(NUMBERS, "n int, s string")

    assert (one.union(other).errorsCount(), none.union(one).errorsCount()) == (3, 1)
    assert none.join(["n"], ["n"], other).errorsCount() == 2
    assert none.mergeDynamicFrame(other, ["n"]).errorsCount() == 2
    assert one.union(one).errorsCount() == 1  # the same error


@pytest.mark.parametrize("value", [[1, "x"], [{"a": 1}, 2], [[1], ["x"]]])
def test_array_of_several_types_is_refused(dynamic_frame, value):
    with pytest.raises(GlueUnsupportedError, match="the array v"):
        dynamic_frame(NUMBERS, "n int, s string").map(lambda record: {"v": value})


def test_numbers_of_an_array_become_fractions(dynamic_frame):
    assert rows(dynamic_frame(NUMBERS[:1], "n int, s string").map(lambda record: {"v": [1, 2.5]})) == [([1.0, 2.5],)]


@pytest.mark.parametrize(("record", "named"), [({"v": 2**63}, "more than 64 bits"), ({1: 2}, "must be a text, not 1")])
def test_record_that_spark_would_empty_is_an_error(dynamic_frame, record, named):
    with pytest.raises(Exception, match=named):
        dynamic_frame(NUMBERS[:1], "n int, s string").map(lambda _: record).count()


def test_records_of_an_rdd_have_the_types_of_spark(glue_context):
    rdd = glue_context.spark_session.sparkContext.parallelize([{"n": 1, "m": {"k": 2}}, {"n": 2}], 1)

    assert glue_context.create_dynamic_frame.from_rdd(rdd, "r").toDF().dtypes == [
        ("m", "map<string,bigint>"),
        ("n", "bigint"),
    ]


def test_map_function_without_a_record_is_an_error(dynamic_frame):
    mapped = dynamic_frame(NUMBERS[:1], "n int, s string").map(lambda record: None)

    assert (mapped.count(), mapped.stageErrorsCount()) == (0, 1)


def test_join_prefixes_duplicate_names_with_a_dot(dynamic_frame):
    left = dynamic_frame([(1, "a"), (2, "b"), (None, "x")], "id int, v string")
    right = dynamic_frame([(1, "c"), (1, "d"), (None, "y")], "id int, v string")

    joined = Join.apply(left, right, "id", "id")

    assert joined.toDF().columns == ["id", "v", ".id", ".v"]
    assert sorted(rows(joined)) == [(1, "a", 1, "c"), (1, "a", 1, "d")]


@pytest.mark.parametrize(
    ("left", "right", "named"),
    [
        ("n int, s string", "n int, s string", None),
        ("n int, `.s` string", "n int, s string", None),
        ("n int, s string", "n int, s string, `.s` string", "there is a field .s already"),
        ("s string, n int", "n int, s string", "a join of string with int"),
        ("n long, s string", "n double, s string", None),
    ],
)
def test_join_refuses_equal_names_and_keys_of_other_kinds(glue_context, left, right, named):
    session = glue_context.spark_session
    one, other = (
        DynamicFrame.fromDF(session.createDataFrame([], schema), glue_context, name)
        for schema, name in ((left, "l"), (right, "r"))
    )
    keys = [one.toDF().columns[0]], [other.toDF().columns[0]]
    if named is None:
        assert one.join(*keys, other).name == "lr"
    else:
        with pytest.raises((GlueDataError, GlueUnsupportedError), match=named):
            one.join(*keys, other)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("void", "int", "int"),
        ("decimal(5,1)", "decimal(6,3)", "decimal(7,3)"),
        ("array<int>", "array<string>", None),
        ("decimal(38,0)", "decimal(38,10)", None),
    ],
)
def test_union_of_types_of_one_kind(dynamic_frame, one, other, found):
    frames = dynamic_frame([(None,)], f"a {one}"), dynamic_frame([(None,)], f"a {other}")
    if found is None:
        with pytest.raises(GlueUnsupportedError, match="the union of the field a"):
            frames[0].union(frames[1])
    else:
        assert frames[0].union(frames[1]).toDF().dtypes == [("a", found)]


def test_unnest_keeps_choices_of_single_values(records):
    frame = records({"s": {"a": 1}}, {"s": {"a": "x"}})

    assert frame.unnest().choice_fields == ["`s.a`"]
    with pytest.raises(GlueUnsupportedError, match=r"relationalizing the choices s\.a"):
        frame.relationalize("root", "s3://unused/")
    with pytest.raises(GlueUnsupportedError, match="of which one type is nested"):
        records({"a": [1]}, {"a": "x"}).unnest()


def test_unnest_to_a_name_that_exists_is_refused(dynamic_frame):
    with pytest.raises(GlueDataError, match=r"two fields would be called s\.x"):
        dynamic_frame([((1,), 2)], "s struct<x: int>, `s.x` int").unnest()


def test_split_rows_refuses_operators_that_glue_has_not(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="operator =="):
        dynamic_frame(NUMBERS, "n int, s string").split_rows({"n": {"==": 1}}, "a", "b")


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


def test_merge_with_a_source_that_a_bookmark_left_empty_is_what_is_staged(glue_context, dynamic_frame):
    staged = dynamic_frame([(2, "B"), (2, "C")], "k int, v string")  # duplicates are not removed

    assert rows(glue_context._empty_frame("none").mergeDynamicFrame(staged, ["k"])) == [(2, "B"), (2, "C")]
    assert rows(staged.mergeDynamicFrame(glue_context._empty_frame("none"), ["k"])) == [(2, "B"), (2, "C")]


@pytest.mark.parametrize(
    ("schema", "key", "named"),
    [
        ("k string, v string", "k", "keys of int with string"),
        ("K int, v string", "k", "mergeDynamicFrame: there is no field k"),
        ("k int, v string", "x", "mergeDynamicFrame: there is no field x"),
    ],
)
def test_merge_refuses_keys_that_do_not_compare(glue_context, dynamic_frame, schema, key, named):
    staged = DynamicFrame.fromDF(glue_context.spark_session.createDataFrame([], schema), glue_context, "staged")

    with pytest.raises((GlueDataError, GlueUnsupportedError), match=named):
        dynamic_frame([(1, "a")], "k int, v string").mergeDynamicFrame(staged, [key])


def test_merge_by_names_with_dots_and_fields_of_structs(dynamic_frame):
    frame = dynamic_frame([((1,), 1, "a"), ((2,), 2, "b")], "s struct<k: int>, `x.y` int, v string")

    merged = frame.mergeDynamicFrame(dynamic_frame([((2,), 2, "B")], frame.toDF().schema), ["s.k", "`x.y`"])

    assert sorted(rows(merged)) == [((1,), 1, "a"), ((2,), 2, "B")]


@pytest.mark.parametrize(
    ("comparison", "named"),
    [
        ({"s": {">": 1}}, "split_rows of s: string with int"),
        ({"n": {"=": "1"}}, "split_rows of n: int with string"),
        ({"gone": {"=": 1}}, "there is no field gone"),
        ({"c": {"=": 1}}, "split_rows by the choice c"),
    ],
)
def test_split_rows_refuses_what_does_not_compare(records, comparison, named):
    with pytest.raises((GlueDataError, GlueUnsupportedError), match=named):
        records({"n": 1, "s": "a", "c": 1}, {"c": "x"}).split_rows(comparison, "a", "b")


def test_relationalize_distinguishes_fields_by_case(records):
    tables = records({"A": [1], "a": [2]}).relationalize("root", "s3://unused/")

    assert list(tables.keys()) == ["root", "root_A", "root_a"]
    assert rows(tables["root_a"]) == [(0, 0, 2)]


def test_fields_that_differ_in_case_are_told_apart_by_each_transformation(records, tmp_path):
    frame = records({"N": 1, "n": 2, "J": 1, "j": '{"x": 1}'})

    assert frame.split_rows({"N": {"=": 1}, "n": {"=": 2}}, "a", "b")["a"].count() == 1
    assert rows(frame.unbox("j", "json").select_fields(["j"])) == [((1,),)]
    assert frame.spigot(str(tmp_path / "out")).count() == 1
    assert [json.loads(file.read_text())["n"] for file in (tmp_path / "out").glob("part*")] == [2]


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


JSON = '{"n": 1, "to": {"c": 1}, "s": "a"}\n{"n": 2, "to": {}}\n{"n": 3, "s": "z"}\n'


def test_missing_fields_of_json_are_missing_in_the_records_of_functions(glue, glue_context, tmp_path):
    # awslabs/aws-glue-libs: a KeyError in Filter is no match, in Map an error
    (tmp_path / "a.json").write_text(JSON)
    by_path = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")
    add_table(glue, tmp_path, [("n", "int"), ("to", "struct<c:int>"), ("s", "string")], library=OPENX)
    for frame in (by_path, glue_context.create_dynamic_frame.from_catalog(database="lake", table_name="t")):
        for moved in (frame, frame.apply_mapping([("n", "n"), ("s", "t.s"), ("to", "to")]).unnest()):
            name = "s" if moved is frame else "t.s"
            kept = moved.filter(lambda record, name=name: record[name] != "b")
            assert [row["n"] for row in kept.toDF().collect()] == [1, 3]
        assert [row["n"] for row in frame.filter(lambda record: record["to"]["c"] != 5).toDF().collect()] == [1]
        mapped = frame.map(lambda record: {"n": record["n"], "s": str(record["s"])})
        assert (mapped.count(), mapped.errorsCount()) == (2, 1)
    spark_frame = DynamicFrame.fromDF(by_path.toDF(), glue_context, "f")
    assert spark_frame.filter(lambda record: record["s"] != "b").count() == 3  # a DataFrame has nulls


def test_functions_that_tell_a_null_of_json_from_a_missing_field_are_refused(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{"n": 1, "s": null}\n{"n": 2}\n{"n": 3, "s": "c"}\n')
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")

    assert rows(frame.filter(lambda record: record["s"] > "b")) == [(3, "c")]
    assert frame.map(lambda record: record).count() == 3
    for refused in (lambda: frame.filter(lambda record: record["s"] != "b").count(), lambda: frame.map(_with_s)):
        with pytest.raises(Py4JJavaError, match="whether s is null or missing is not supported"):
            refused()


def _with_s(record):
    return {"s": record["s"]}


def test_nulls_of_casts_and_of_the_fields_of_another_frame_may_be_missing_fields(glue_context, dynamic_frame, tmp_path):
    (tmp_path / "a.json").write_text('{"a": "1"}\n{"a": "x"}\n{"b": 1}\n')
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")
    both = dynamic_frame([(1,)], "a int").union(dynamic_frame([("x",)], "b string"))
    for made in (
        frame.resolveChoice(specs=[("a", "cast:int")]),
        frame.apply_mapping([("a", "string", "a", "int"), ("b", "long", "b", "long")]),
        both,
        dynamic_frame([(1,)], "a int").mergeDynamicFrame(dynamic_frame([(2, "x")], "a int, b string"), ["a"]),
    ):
        with pytest.raises(Py4JJavaError, match="is null or missing is not supported"):
            made.filter(lambda record: record["b"] != record["a"]).count()
        assert made.filter(lambda record: (record.get("a") or 0) == 1).count() == 1
    assert frame.filter(lambda record: record["a"] != "x").count() == 1  # nothing was cast


def test_record_is_an_error_whether_a_field_is_null_or_missing(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{"a": "x"}\n{"a": null}\n{}\n')
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")

    mapped = frame.map(lambda record: {"a": record["a"] + "!"})  # TypeError of a null, KeyError of a missing field
    assert (rows(mapped), mapped.stageErrorsCount()) == ([("x!",)], 2)


def test_results_that_are_new_at_each_call_do_not_depend_on_nulls(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{"a": null, "b": 1}\n{"b": 2}\n')
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")

    def with_id(record):
        return {**record, "id": str(uuid.uuid4())}

    def with_id_and_nulls(record):
        return {**with_id(record), "keys": len(record)}

    assert frame.map(with_id).count() == 2
    assert frame.filter(lambda record: uuid.uuid4().int).count() == 2
    with pytest.raises(Py4JJavaError, match="depends on whether a is null or missing"):
        frame.map(with_id_and_nulls)


def test_relationalize_makes_tables_that_join(dynamic_frame):
    schema = "n int, place struct<city: string>, pets array<struct<name: string, toys: array<string>>>"
    data = [(1, ("Bonn",), [("Rex", ["ball", "bone"]), ("Tom", [])]), (2, None, None)]

    tables = dynamic_frame(data, schema).relationalize("root", "s3://unused/")

    # aws-samples/aws-glue-flatten-nested-json takes these names apart
    assert list(tables.keys()) == ["root", "root_pets", "root_pets.val.toys"]
    assert tables["root"].toDF().columns == ["n", "place.city", "pets"]
    assert tables["root_pets"].toDF().columns == ["id", "index", "pets.val.name", "pets.val.toys"]
    root = {row["n"]: row["pets"] for row in tables["root"].toDF().collect()}
    assert root[2] is None
    pets = tables["root_pets"].toDF().collect()
    assert [(row["id"], row["index"], row["pets.val.name"]) for row in pets] == [
        (root[1], 0, "Rex"),
        (root[1], 1, "Tom"),
    ]
    toys = rows(tables["root_pets.val.toys"])
    assert toys == [(pets[0]["pets.val.toys"], 0, "ball"), (pets[0]["pets.val.toys"], 1, "bone")]


def test_spigot_writes_a_sample(dynamic_frame, tmp_path):
    frame = dynamic_frame(NUMBERS, "n int, s string")

    assert Spigot.apply(frame, str(tmp_path / "sample"), {"topk": 2}) is frame

    frame.spigot(str(tmp_path / "sample"), {"prob": 1})
    dynamic_frame([(n,) for n in range(120)], "n int").spigot(str(tmp_path / "many"), {"prob": 1})

    def written(name):
        lines = [line for file in (tmp_path / name).glob("*.json") for line in file.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    sample = [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]
    assert sorted(map(str, written("sample"))) == sorted(map(str, [*sample, *sample, {"s": "c"}]))
    assert len(written("many")) == 100


def test_repartition_coalesce_and_show(dynamic_frame, capsys):
    frame = dynamic_frame(NUMBERS, "n int, s string").repartition(3)

    assert frame.getNumPartitions() == 3
    assert frame.coalesce(1).getNumPartitions() == 1
    frame.coalesce(1).select_fields(["s"]).show(1)
    assert json.loads(capsys.readouterr().out)["s"] in {"a", "b", "c"}
