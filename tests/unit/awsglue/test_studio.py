"""What the visual editor's scripts import beside awsglue: its transforms by name, and data quality's default rules."""

import pytest

import gs_array_to_cols
import gs_concat
import gs_derived
import gs_explode
import gs_flatten
import gs_format_timestamp
import gs_now
import gs_null_rows
import gs_repartition
import gs_split
import gs_to_timestamp
import gs_uuid
from awsglue import gluetypes
from awsglue.errors import GlueUnsupportedError
from awsgluedq.transforms import EvaluateDataQuality
from tests.unit.awsglue.conftest import rows

MODULES = (gs_array_to_cols, gs_concat, gs_derived, gs_explode, gs_flatten, gs_format_timestamp, gs_now, gs_null_rows)
MODULES += (gs_repartition, gs_split, gs_to_timestamp, gs_uuid)
DEFAULT = """
    Rules = [
        ColumnCount > 0
    ]
"""


def test_columns_are_derived_and_put_together(dynamic_frame):
    frame = dynamic_frame([("a", 2, None)], "s string, n int, z string")

    made = frame.gs_derived(colName="double", expr="n * 2").gs_concat(
        colName="all", colList=["s", "n", "z"], spacer="-"
    )

    assert rows(made) == [("a", 2, None, 4, "a-2")]
    assert rows(frame.gs_concat("all", "s, z", "-", nullValue="?"))[0][-1] == "a-?"
    assert [row["t"] for row in frame.toDF().gs_derived("t", "upper(s)").collect()] == ["A"]


def test_texts_are_split_and_arrays_become_columns_and_rows(dynamic_frame):
    frame = dynamic_frame([("a,b",), (None,)], "s string").gs_split(colName="s", pattern=",", newColName="l")

    assert rows(frame.gs_array_to_cols(colName="l", colList="x,y").select_fields(["x", "y"])) == [
        ("a", "b"),
        (None, None),
    ]
    assert rows(frame.gs_explode(colName="l", newCol="e").select_fields(["e"])) == [("a",), ("b",)]
    assert rows(frame.gs_explode(colName="l", newCol="e", outer=True).select_fields(["e"])) == [("a",), ("b",), (None,)]
    with pytest.raises(GlueUnsupportedError, match="gs_explode of s, which is not an array"):
        frame.gs_explode(colName="s", newCol="e")


def test_structs_are_flattened_to_a_level(dynamic_frame):
    frame = dynamic_frame([((1, (2,)),)], "a struct<b: int, c: struct<d: int>>")

    assert frame.gs_flatten().toDF().columns == ["a.b", "a.c.d"]
    assert frame.gs_flatten(maxLevels=1, separator="_").toDF().columns == ["a_b", "a_c"]


def test_rows_without_a_value_are_removed(dynamic_frame):
    frame = dynamic_frame([(None, None), ("", None), ("x", 1)], "s string, n int")

    assert rows(frame.gs_null_rows()) == [("", None), ("x", 1)]
    assert rows(frame.gs_null_rows(extended=True)) == [("x", 1)]


def test_times(dynamic_frame):
    frame = dynamic_frame([("1700000000", 1700000000000, "2023-11-14T22:13:20Z")], "s string, ms long, iso string")

    for column in ("s", "ms", "iso"):
        made = frame.gs_to_timestamp(colName=column, colType="autodetect", newColName="t")
        text = made.gs_format_timestamp(colName="t", dateFormat="yyyy-MM-dd HH:mm:ss").toDF().first()["t"]
        assert text == "2023-11-14 22:13:20"
    with pytest.raises(GlueUnsupportedError, match="colType weeks"):
        frame.gs_to_timestamp(colName="s", colType="weeks")
    stamped = (
        frame.gs_now(colName="a").gs_now(colName="b", dateFormat="%Y").gs_now(colName="c", dateFormat="yyyy").toDF()
    )
    assert [kind for _, kind in stamped.dtypes[-3:]] == ["timestamp", "string", "string"]
    row = stamped.first()
    assert row["b"] == row["c"] == str(row["a"].year)


def test_identifiers_and_partitions(dynamic_frame):
    frame = dynamic_frame([(1,), (2,)], "n int")

    assert len({row[1] for row in rows(frame.gs_uuid(colName="id"))}) == 2
    assert frame.gs_repartition(numPartitionsStr="3").getNumPartitions() == 3


def test_default_ruleset_is_evaluated(dynamic_frame):
    frame = dynamic_frame([(1,)], "n int")

    by_name = EvaluateDataQuality().process_rows(
        frame=frame,
        ruleset=DEFAULT,
        publishing_options={"dataQualityEvaluationContext": "x", "enableDataQualityResultsPublishing": True},
        additional_options={"dataQualityResultsPublishing.strategy": "BEST_EFFORT", "observations.scope": "ALL"},
    )
    outcome = by_name["ruleOutcomes"].toDF().first()
    assert (outcome["Rule"], outcome["Outcome"], outcome["FailureReason"]) == ("ColumnCount > 0", "Passed", None)
    assert rows(by_name.select("rowLevelOutcomes")) == [(1, [], [], ["ColumnCount > 0"], "Passed")]
    failed = EvaluateDataQuality.apply(frame=frame, ruleset="Rules = [RowCount >= 2, ColumnCount = 1]").toDF()
    assert [row["Outcome"] for row in failed.collect()] == ["Failed", "Passed"]


def test_schema_is_one_of_glues_types(dynamic_frame):
    ddl = "s string, n long, d decimal(10, 3), a array<struct<x: double>>, m map<string, int>"
    schema = dynamic_frame([], ddl).schema()

    kinds = {field.name: type(field.dataType) for field in schema}
    assert kinds == {
        "s": gluetypes.StringType,
        "n": gluetypes.LongType,
        "d": gluetypes.DecimalType,
        "a": gluetypes.ArrayType,
        "m": gluetypes.MapType,
    }
    assert isinstance(schema.getField("a").dataType.elementType, gluetypes.StructType)
    assert schema.getField("n").jsonValue() == {
        "name": "n",
        "container": {"dataType": "long", "properties": {}},
        "properties": {},
    }


def test_machine_learning_is_refused_by_name():
    from awsglueml.transforms import EntityDetector

    with pytest.raises(GlueUnsupportedError, match=r"EntityDetector\.detect"):
        EntityDetector().detect(None, [])


def test_readers_and_writers_are_where_the_public_library_has_them():
    from awsglue.context import DataFrameReader, DynamicFrameWriter
    from awsglue.dataframereader import DataFrameReader as Elsewhere
    from awsglue.dynamicframe import DynamicFrameWriter as There

    assert (Elsewhere, There) == (DataFrameReader, DynamicFrameWriter)
