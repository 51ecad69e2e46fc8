"""Every rule type of AWS's page "DQDL rule type reference", judged over small tables, or refused by name."""

import datetime as dt

import pyarrow as pa
import pytest

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import InvalidRulesetError, UnsupportedRuleError
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.evaluation import analyze, evaluate
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.grammar import parse
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.rule_syntax import RULE_TYPES
from localstack_glue.data_quality.duckdb_engine import DuckDBEngine
from tests.unit.data_quality_cases import CASES, CITIES, NOW, ORDERS

REFUSED = [
    ("DetectAnomalies of RowCount", "DetectAnomalies is not supported here"),
    ('FileFreshness "s3://lake/" > (now() - 3 days)', "FileFreshness is not supported here"),
    ('FileMatch "s3://lake/" in ["a"] with hashAlgorithm = "MD5"', "FileMatch is not supported here"),
    ("FileSize > 1 MB", "FileSize is not supported here"),
    ('FileUniqueness "s3://lake/" > 0.9', "FileUniqueness is not supported here"),
    ("RowCount > avg(last(10)) * 0.8", r"avg\(last\(10\)\) makes it a dynamic rule"),
    ('ColumnValues "Country" > "9:30 AM"', "times of day"),
    ('ColumnValues "Price" > 2 * 2', "plain numbers only"),
    ('ColumnLength "City" in [1 + 1, 2]', "plain numbers only"),
    ('IsComplete "City" where "City = \\"Rom\\""', "keep the backslash"),
    ('CustomSql "select \\"x\\" from primary" > 0', "keep the backslash"),
    ('ColumnValues "Load_Date" > (now() - 1400000 days)', "not in the years"),
    ('DataFreshness "Order_ID" > 3 days', "Order_ID is BIGINT, not a date"),
    ('AggregateMatch "sum(City)" "sum(reference.amount)" > 0', "City is VARCHAR, not a number"),
    ('ColumnDataType "Code" = "Struct"', "the type STRUCT"),
    ('ColumnDataType "Day" = "Date" with format = "dd/MM"', "the format dd/MM"),
    ('ColumnValues "City" matches "[a-z&&[^b]]+"', "nested character classes"),
    ('ColumnNamesMatchPattern "[A-Z&&[^b]]+"', "Java may read the pattern differently"),
    ('ColumnNamesMatchPattern "\\p{Lu}"', r"bad escape \\p"),
    ('ColumnValues "City" matches "(?!x).*"', r"the pattern .* is not supported here"),
    ('AggregateMatch "min(Price)" "min(reference.amount)" = 1', r"neither sum\(column\) nor avg"),
    ('RowCount > 0 where "Code > 1"', "Spark may answer differently"),  # DuckDB cannot compare the text
    ('CustomSql "select count(*) from lake.orders" > 0', "the table lake.orders"),
    ('DatasetMatch "primary" "Order_ID" "City->Same,Same->City" > 0', "in the order of their names"),
    ('DatasetMatch "primary" "Order_ID" "Order_ID->Price" > 0', "another type in primary"),
    ('CustomSql "select java_method(1) from primary" > 0', "the function java_method"),
]


@pytest.fixture(scope="module")
def engine():
    made = DuckDBEngine({"primary": ORDERS, "reference": CITIES})
    yield made
    made.close()


def outcome(engine, rule):
    return evaluate(parse(f"Rules = [ {rule} ]"), engine, NOW)[0].verdict


@pytest.mark.parametrize(("rule", "is_passed"), CASES, ids=[rule for rule, _ in CASES])
def test_rule_is_judged(engine, rule, is_passed):
    found = outcome(engine, rule)
    assert found.is_passed is is_passed, found
    assert is_passed or found.reason


@pytest.mark.parametrize(("rule", "named"), REFUSED, ids=[rule for rule, _ in REFUSED])
def test_unsupported_rule_is_refused_by_name(engine, rule, named):
    with pytest.raises(UnsupportedRuleError, match=named):
        outcome(engine, rule)


def test_every_rule_type_of_the_page_has_its_case():
    named = " ".join(rule for rule, _ in [*CASES, *REFUSED]).replace("(", " ").split()
    assert set(RULE_TYPES) - set(named) == {"AllStatistics"}  # an analyzer


def test_rules_are_judged_apart(engine):
    """What spoils one rule is no other's reason."""
    rules = parse('Rules = [RowCount = 4, Mean "gone" > 1, IsComplete "City"]')
    found = evaluate(rules, engine, NOW)
    assert [each.verdict.is_passed for each in found] == [True, False, True]
    assert found[1].verdict.reason == "Input data does not include column gone!"


def test_invalid_where_ends_the_evaluation(engine):
    with pytest.raises(InvalidRulesetError, match=r"^Rule RowCount > 0 where .* has provided an invalid where"):
        evaluate(parse('Rules = [RowCount = 4, RowCount > 0 where "gone = 1"]'), engine, NOW)


@pytest.mark.parametrize(
    ("rule", "reason", "metrics"),
    [
        ("ColumnCount > 13", "Value: 13 does", {"Dataset.*.ColumnCount": 13.0}),
        ('Completeness "Country" > 0.9', "Value: 0.75 does", {"Column.Country.Completeness": 0.75}),
        ('ColumnValues "Price" > 1', "Value: NULL does", {"Column.Price.Minimum": 1.5}),
        ('ColumnValues "City" matches "B.*"', "Value: 0.5 does", {"Column.City.PatternMatch": 0.5}),
        ('ColumnValues "City" in ["Bonn"]', "Value: 0.5 does", {"Column.City.ColumnValues.Compliance": 0.5}),
        (
            'DataFreshness "Load_Date" < 4 days',
            "50.00 % of rows passed",
            {"Column.Load_Date.DataFreshness.Compliance": 0.5},
        ),
        ('SchemaMatch "reference" >= 0', "Column counts do not match", {"Dataset.reference.SchemaMatch": 0.0}),
        ('ColumnValues "Price" > 2', "Value: 1.5 does", {"Column.Price.Minimum": 1.5}),
        ('IsUnique "Same"', "Value: 0.5 does", {"Column.Same.Uniqueness": 0.5}),
        ('IsUnique "Same" "Country"', None, {"Multicolumn.Same,Country.Uniqueness": 1.0}),
    ],
)
def test_reason_and_metrics_are_those_of_aws(engine, rule, reason, metrics):
    found = outcome(engine, rule)
    assert (found.reason or "None").startswith(reason or "None")
    assert dict(found.metrics) == metrics


@pytest.mark.parametrize("rule", ['IsComplete "n"', 'Mean "n" > 0', 'ColumnValues "n" > 0', 'IsUnique "n"'])
def test_nothing_to_measure_fails(rule):
    empty = DuckDBEngine({"primary": pa.table({"n": pa.array([], pa.int32())})})
    assert not outcome(empty, rule).is_passed
    assert outcome(empty, "RowCount = 0").is_passed
    assert outcome(empty, 'RowCount > 5 where "n > 0"').is_passed  # with where, nothing to measure passes


@pytest.mark.parametrize(
    ("condition", "is_passed"),
    [("= 2 + 1 * 2 - 2", True), ("= 16 / 2 / 2", True), ("< 1 / 0", True), ("> -1 / 0", True), ("!= 0 / 0", True)],
)
def test_calculations_go_from_left_to_right_as_in_java(engine, condition, is_passed):
    assert outcome(engine, f"RowCount {condition}").is_passed is is_passed


def test_sum_of_nothing_is_0_and_no_row_has_any_ratio():
    nothing = DuckDBEngine({"primary": pa.table({"n": pa.array([None], pa.int32())}), "none": pa.table({"n": [1]})[:0]})
    assert outcome(nothing, 'AggregateMatch "sum(n)" "sum(none.n)" = 1').is_passed
    assert outcome(nothing, 'RowCountMatch "none" > 1000').is_passed
    nothing.close()


@pytest.mark.parametrize("rows", [1, 2, 6, 49])
def test_entropy_of_a_constant_is_0(rows):
    constant = DuckDBEngine({"primary": pa.table({"n": [7] * rows})})
    assert outcome(constant, 'Entropy "n" = 0').is_passed
    constant.close()


def test_analyzers_measure(engine):
    rules = parse(
        'Analyzers = [RowCount, Completeness "Country", AllStatistics "City", AllStatistics "Price", '
        'ColumnValues "City", CustomSql "select count(*) from primary"]'
    )
    measured = [dict(each.verdict.metrics) for each in analyze(rules.analyzers, engine, NOW)]
    assert measured[0] == {"Dataset.*.RowCount": 4.0}
    assert measured[1] == {"Column.Country.Completeness": 0.75}
    assert (measured[2]["Column.City.MinimumLength"], measured[2]["Column.City.Uniqueness"]) == (3.0, 0.5)
    assert (measured[3]["Column.Price.Minimum"], measured[3]["Column.Price.Maximum"]) == (1.5, 3.5)
    assert measured[4] == {"Column.City.MinimumLength": 3.0, "Column.City.MaximumLength": 4.0}
    assert measured[5] == {"Dataset.*.CustomSQL": 4.0}


SMALL = pa.table(
    {
        "dec": pa.array(["0.10", "0.20", "0.30"]).cast(pa.decimal128(10, 2)),
        "big": [2**53, 1, 1],
        "float": pa.array([0.1, 0.1, 0.1], pa.float32()),
        "flag": [True, True, True],
        "n": [1, 2, 3],
        "n_text": ["1", "2", "3"],
        "double": [1.5, 2e7, 1.0],
        "quoted": ['say "hi"', "a\\b", "it's"],
    }
)


@pytest.mark.parametrize(
    ("rule", "is_passed"),
    [
        ('Sum "dec" = 0.6', True),  # decimals are added as such
        ('Mean "dec" between 0.19 and 0.21', True),
        ('Sum "big" = 9007199254740994', True),
        ('AggregateMatch "sum(dec)" "sum(my.ref.dec)" = 1.0', True),
        ('ReferentialIntegrity "n" "my.ref.n" = 1.0', True),
        ('ReferentialIntegrity "n,dec" "my.ref.{n,dec}" = 1.0', True),
        ('ColumnValues "float" = 0.1', True),  # by the text of the float
        ('ColumnValues "float" > 0.1', False),
        ('ColumnValues "float" != 0.1', True),
        ('ColumnValues "big" = 9007199254740993 where "big > 1"', True),  # compared as doubles
        ('ColumnValues "big" in [1, 9007199254740993]', True),
        ('ColumnValues "flag" != NULL', True),
        ('ColumnValues "flag" in ["true"]', False),  # Spark cannot compare them
        ('ColumnValues "float" in [0.1]', False),  # the nearest float is a bit more
        ('ColumnValues "n" not in ["7","x"]', True),
        ('ColumnValues "n" in ["1","2","3","x"]', True),
        ('ColumnValues "dec" in ["0.1","0.2","0.3"]', False),  # as texts: 0.10
        ('ColumnValues "dec" in ["0.10","0.20","0.30"]', True),
        ('ColumnValues "double" in ["1.5","1.0"] with threshold > 0.6', True),
        ('ColumnValues "quoted" in ["say \\"hi\\"", "a\\\\\\\\b", "it\'s"]', True),  # a list drops escapes once more
        ('ColumnValues "quoted" = "a\\\\b" with threshold > 0.3', True),
        ('ColumnValues "quoted" matches "a\\\\b" with threshold > 0.3', True),  # a pattern keeps its backslashes
    ],
)
def test_numbers_and_texts_are_compared_as_spark_compares_them(rule, is_passed):
    engine = DuckDBEngine({"primary": SMALL, "my.ref": SMALL})
    found = outcome(engine, rule)
    engine.close()
    assert found.is_passed is is_passed, found


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ('ColumnValues "n_text" in [1,2,3]', "quote the values"),
        ('ColumnValues "n" != WHITESPACES_ONLY', "not a text"),
        ('ColumnValues "double" in ["2.0E7"]', "with the text of a float"),
        ('ColumnValues "quoted" = "a\\b"', "backslash"),
        ('ColumnValues "quoted" in ["a\\\\b"]', "four in a list"),
    ],
)
def test_comparisons_that_engines_make_otherwise_are_refused(rule, named):
    engine = DuckDBEngine({"primary": SMALL})
    with pytest.raises(UnsupportedRuleError, match=named):
        outcome(engine, rule)
    engine.close()


TEXTS = pa.table(
    {
        "id": [1, 2, 3],
        "end": ["a\n", "a\r\n", "a"],
        "return": ["a\rb", "a\rb", "a\rb"],
        "tab": ["\t3", " 3 ", "3\n"],
        "moment": ["2026-03-09T10:00:00+01:00", "2026-03-09 9", "\x1f+2026-3-9 9:0:0.0 Z\x00"],
        "no_moment": ["2026/03/09", "2026-03-09T24:00:00", "2026-03-09T"],
        "today": ["10:00", "10:00", "10:00"],
        "number": ["1d", " 1", "1_0"],
        "exponent": ["1e3", "1", "1e1"],
        "fraction": ["1.7", "1.2", "-1.7"],
        "like": ["a_b", "a_b", "axb"],
        "umlaut": ["xä", "xä", "y"],
        "day_text": ["2026", "2026-3-9T10:00", "26-03-09"],
        "day": [dt.date(2026, 3, 9), dt.date(2026, 3, 10), dt.date(2026, 3, 1)],
    }
)


@pytest.mark.parametrize(
    ("rule", "is_passed"),
    [
        ('ColumnValues "end" matches "a"', True),  # Java's $ also stands before a last line end
        ('ColumnValues "end" matches "^a$"', True),
        ('ColumnValues "end" matches "a\\z" with threshold < 0.4', True),
        ('ColumnValues "return" matches "a.b"', False),  # Java's point matches no line end
        ('ColumnValues "return" matches "(?s:a.b)"', True),
        ('ColumnValues "return" matches "a[.]b" with threshold = 0', True),
        ('ColumnValues "like" matches "\\Qa_b\\E|a.b"', True),
        ('ColumnValues "like" matches "\\Qa.b\\E" with threshold = 0', True),
        ("RowCount = 3 where \"`end` rlike 'a$'\"", True),
        ("RowCount = 3 where \"`end` rlike 'a(?:)'\"", True),
        ("RowCount = 3 where \"`end` rlike '[a-z]' and `end` rlike '^a*'\"", True),
        ('ColumnDataType "tab" = "Integer"', True),
        ('ColumnDataType "moment" = "Timestamp"', True),
        ('ColumnDataType "no_moment" = "Timestamp" with threshold = 0', True),
        ("RowCount = 3 where \"cast(moment as timestamp) = timestamp'2026-03-09 09:00:00'\"", True),
        ('ColumnValues "number" between 0 and 2 with threshold between 0.6 and 0.7', True),  # 1_0 is no number in Spark
        ('ColumnValues "number" != 1', False),
        ('ColumnDataType "number" = "Double" with threshold between 0.6 and 0.7', True),
        ('CustomSql "select sum(cast(fraction as int)) from primary" = 1', True),  # fractions are cut off
        ('RowCount = 2 where "cast(number as double) = 1 and cast(`like` as boolean) is null"', True),
        ('RowCount = 1 where "cast(number as decimal(5, 2)) = 1"', True),
        ('RowCount = 2 where "cast(tab as int) = 3 and cast(exponent as int) is null"', True),
        ('RowCount = 3 where "`like` <> umlaut and id = id"', True),
        ('CustomSql "select max(cast(id / 2 as bigint)) from primary" = 1', True),
        ("RowCount = 2 where \"`like` like 'a\\\\_b'\"", True),
        ('RowCount = 2 where "day > date_sub(current_date(), 3)"', True),
        ('CustomSql "select count(*) from primary where day < now()" = 3', True),
        ("RowCount = 1 where \"to_date(day_text) = date'2026-01-01'\"", True),
        ("RowCount = 1 where \"cast(day_text as date) = date'2026-03-09'\"", True),
        ('CustomSql "select count(*) from primary p where to_date(p.day_text) is null" = 1', True),
        ("RowCount = 1 where \"to_timestamp(day_text) = timestamp'2026-03-09 10:00:00'\"", True),
        ('ColumnValues "umlaut" not matches "z"', True),
    ],
)
def test_patterns_and_sql_of_users_have_their_meaning_in_spark(rule, is_passed):
    engine = DuckDBEngine({"primary": TEXTS}, NOW)
    found = outcome(engine, rule)
    engine.close()
    assert found.is_passed is is_passed, found


@pytest.mark.parametrize("now", ["now()", "current_timestamp()", "current_timestamp", "localtimestamp()"])
def test_now_in_sql_is_the_moment_of_the_run(now):
    engine = DuckDBEngine({"primary": TEXTS}, NOW)
    found = outcome(engine, f"RowCount = 3 where \"{now} = timestamp'{NOW:%Y-%m-%d %H:%M:%S}'\"")
    engine.close()
    assert found.is_passed, found


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ('CustomSql "select dayofweek(max(day)) from primary" > 0', "the function day_of_week"),  # 0 or 1 on Sundays
        ('CustomSql "select extract(dow from max(day)) from primary" > 0', "the function extract"),
        ("RowCount > 0 where \"substring(`like`, -9, 2) = 'a_'\"", "start at 1"),
        ('CustomSql "select percentile(id, 0.4) from primary" > 0', "the function quantile"),
        ('CustomSql "select hash(id) from primary limit 1" > 0', "the function hash"),
        ("RowCount > 0 where \"substring(`like`, 0, 2) = 'a_'\"", "start at 1"),
        ('ColumnDataType "today" = "Timestamp"', "a time without a day"),
        ('RowCount > 0 where "fraction = 2"', "converts text to a number"),  # 1.7 would be 2
        ('RowCount > 0 where "fraction in (-2, 2)"', "converts text to a number"),
        ('RowCount > 0 where "fraction = id"', "converts text to a number"),
        ('ReferentialIntegrity "id" "primary.fraction" > 0', "Spark casts them"),
        ('DatasetMatch "primary" "id" "id->fraction" > 0', "Spark casts them"),
    ],
)
def test_sql_that_duckdb_may_answer_otherwise_is_refused(rule, named):
    engine = DuckDBEngine({"primary": TEXTS}, NOW)
    with pytest.raises(UnsupportedRuleError, match=named):
        outcome(engine, rule)
    engine.close()


@pytest.mark.parametrize(
    ("pattern", "is_passed"), [("^[^a-z]", True), ("^\\w+$", False), ("(?i)Ö", False), ("(?i)ÖL", False)]
)
def test_names_beyond_ascii_are_matched_as_in_java(pattern, is_passed):
    engine = DuckDBEngine({"primary": pa.table({"öl": [1]})})
    assert outcome(engine, f'ColumnNamesMatchPattern "{pattern}"').is_passed is is_passed
    with pytest.raises(UnsupportedRuleError, match="Java may read"):
        outcome(engine, 'ColumnNamesMatchPattern "\\b"')
    engine.close()


@pytest.mark.parametrize("condition", ['not matches ""', 'not matches "x"', 'matches "(?i)XÄ|y"'])
def test_words_and_cases_beyond_ascii_are_refused_where_they_may_match(condition):
    engine = DuckDBEngine({"primary": TEXTS})
    with pytest.raises(UnsupportedRuleError, match="letters beyond ASCII"):
        outcome(engine, f'ColumnValues "umlaut" {condition}')
    engine.close()
