"""EvaluateDataQuality: the rules on Spark, and each row with what it passes."""

import pytest

from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueArgumentError, GlueUnsupportedError
from awsgluedq.dqdl.evaluation import evaluate
from awsgluedq.dqdl.grammar import parse
from awsgluedq.spark_engine import SparkEngine
from awsgluedq.transforms import EvaluateDataQuality
from tests.unit.awsglue.conftest import rows
from tests.unit.data_quality_cases import CASES, CITIES, NOW, ORDERS

ROWS = [(1, "a"), (2, None), (2, "b")]


@pytest.fixture
def frame(dynamic_frame):
    return dynamic_frame(ROWS, "n int, s string")


def test_rules_have_the_same_outcome_on_spark_and_duckdb(spark):
    """The same cases as on DuckDB, where each is a test of its own: those that are one query together, and one of each
    type that asks for itself."""
    first_of_type = {rule.split()[0]: (rule, expected) for rule, expected in reversed(CASES)}
    cases = [
        case for case in CASES if case[0].startswith(("Column", "Data", "Compl")) or case in first_of_type.values()
    ]
    frames = {"primary": ORDERS, "reference": CITIES}
    made = {
        alias: spark.createDataFrame([tuple(row.values()) for row in table.to_pylist()], table.schema.names)
        .coalesce(1)
        .cache()
        for alias, table in frames.items()
    }
    engine = SparkEngine(spark, made)
    rules = ", ".join(rule for rule, _ in cases)
    try:
        found = evaluate(parse(f"Rules = [ {rules} ]"), engine, NOW)
    finally:
        engine.close()
    wrong = [
        (rule, each.verdict)
        for (rule, expected), each in zip(cases, found, strict=True)
        if each.verdict.is_passed is not expected
    ]
    assert wrong == []
    assert not spark.catalog.tableExists("primary")


def test_row_outcomes_list_the_rules_that_each_row_passes(frame):
    ruleset = """Rules = [ IsComplete "s", IsUnique "n", RowCount > 5,
        (ColumnValues "n" > 1) or (ColumnValues "s" = "a"), ColumnLength "s" > 0 where "n = 2" ]"""
    by_row = EvaluateDataQuality().process_rows(frame=frame, ruleset=ruleset)["rowLevelOutcomes"]
    composite = '(ColumnValues "n" > 1) OR (ColumnValues "s" = "a")'
    length = 'ColumnLength "s" > 0 where "n = 2"'
    found = {row[:2]: row[2:] for row in rows(by_row)}
    assert found[1, "a"] == (['IsComplete "s"', 'IsUnique "n"', composite, length], [], ["RowCount > 5"], "Passed")
    assert found[2, None] == ([composite], ['IsComplete "s"', 'IsUnique "n"', length], ["RowCount > 5"], "Failed")


def test_outcomes_have_reasons_and_metrics(frame):
    other = DynamicFrame(frame.toDF().limit(1), frame.glue_ctx, "other")
    outcomes = EvaluateDataQuality.apply(
        frame=frame,
        ruleset='Rules = [ Completeness "s" > 0.9, ReferentialIntegrity "n" "other.n" > 0 ]',
        additional_data_sources={"other": other},
    )
    first, second = outcomes.toDF().collect()
    assert (first["Outcome"], first["EvaluatedMetrics"]) == ("Failed", {"Column.s.Completeness": 2 / 3})
    assert first["FailureReason"].endswith("does not meet the constraint requirement!")
    assert second["Outcome"] == "Passed"


@pytest.mark.parametrize(
    ("ruleset", "named"),
    [
        ("Rules = [DetectAnomalies of RowCount]", "DetectAnomalies"),
        ("Rules = [RowCount > avg(last(3))]", "a dynamic rule"),
        ("Analyzers = [RowCount]", "Analyzers"),
        ('Rules = [RowCount > 1 labels=["a"="b"]]', "labels"),
        ('Rules = [CustomSql "select n from primary"]', "row outcomes of the data quality rule CustomSql"),
    ],
)
def test_unsupported_rule_is_refused_by_name(frame, ruleset, named):
    with pytest.raises(GlueUnsupportedError, match=named):
        EvaluateDataQuality().process_rows(frame=frame, ruleset=ruleset)


@pytest.mark.parametrize(
    ("ruleset", "named"),
    [
        ("Rules = [ Nothing ]", "line 1:11"),
        ('Rules = [ RowCount > 1 where "gone = 1" ]', "has provided an invalid where clause"),
        ('Rules = [ RowCount > 1 where "n >" ]', "has provided an invalid where clause"),
    ],
)
def test_ruleset_that_is_none_is_an_argument_error(frame, ruleset, named):
    with pytest.raises(GlueArgumentError, match=named):
        EvaluateDataQuality.apply(frame=frame, ruleset=ruleset)


def test_view_of_the_script_is_left_alone(frame):
    frame.toDF().createOrReplaceTempView("primary")
    with pytest.raises(GlueUnsupportedError, match="its own view primary"):
        EvaluateDataQuality.apply(frame=frame, ruleset="Rules = [ RowCount > 0 ]")
    assert frame.glue_ctx.spark_session.catalog.dropTempView("primary")
