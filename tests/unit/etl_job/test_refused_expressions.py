"""What the job refuses of a contract at its start, `contract lint` refuses without Spark."""

import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from etl_job.contract.document import parse_contract
from etl_job.contract.schemas import PART, ROW
from etl_job.errors import ContractError
from etl_job.judging.judge import Judge
from etl_job.judging.sql_columns import applies_column, typed_column
from etl_job.spark.sql_rules import SqlRules
from quartal.contracts.linting import Severity, lint
from quartal.contracts.row_functions import ROW_FUNCTIONS

from .conftest import CONTRACT, DATASET
from .test_contract_yaml import as_yaml

COLUMNS = {"brand": "string", "day": "date", "seen": "timestamp", "n": "integer", "price": "number", "flag": "boolean"}
OPTIONS: dict[str, dict[str, Any]] = {
    "date": {"format": "yyyy-MM-dd"},
    "timestamp": {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "UTC"},
}


EXAMPLE = yaml.safe_load(CONTRACT.read_text())


def contract_with(query: str | None, pattern: str | None = None) -> str:
    document = deepcopy(EXAMPLE)
    schema = document["schema"][0]
    schema["properties"] = [
        {"name": name, "logicalType": kind, "required": True, "logicalTypeOptions": dict(OPTIONS.get(kind, {}))}
        for name, kind in COLUMNS.items()
    ]
    if pattern is not None:
        schema["properties"][0]["logicalTypeOptions"]["pattern"] = pattern
    features = {"entity": ["brand"], "eventTime": {"date": "day"}, "count": "rows"}
    schema["customProperties"] = [{"property": "features", "value": features}]
    schema["quality"] = [] if query is None else [{"type": "sql", "name": "odd", "query": query}]
    return as_yaml(document)


def is_refused_by_the_job(text: str) -> bool:
    try:
        contract = parse_contract(text, "c.yaml", DATASET)
        Judge.of(contract)
        SqlRules.of(contract)
    except ContractError:
        return True
    return False


def is_refused_by_lint(text: str) -> bool:
    return any(problem.severity is Severity.ERROR for problem in lint(text, "c.yaml").problems)


REFUSED = {
    "subquery": "price in (select 1)",
    "scalar-subquery": "price > (select max(price) from t)",
    "exists": "exists (select 1)",
    "aggregate": "sum(price) > 1",
    "count-of-all": "count(*) > 1",
    "window": "row_number() over (order by n) = 1",
    "lag": "lag(price) > 1",
    "random": "rand() > 0.5",
    "uuid": "uuid() = brand",
    "now": "seen < now()",
    "now-in-seconds": "unix_timestamp() > n",
    "now-as-a-day": "curdate() > day",
    "today": "day < date'today'",
    "tomorrow": 'seen < timestamp "Tomorrow"',
    "user": "user() = brand",
    "time-window": "window(seen, '1 day').start = seen",
    "hint": "/*+ broadcast(t) */ flag",
    "partition": "spark_partition_id() = 0",
    "row-id": "monotonically_increasing_id() = 0",
    "file": "input_file_name() = 'x'",
    "generator": "explode(array(1, 2)) = 1",
    "stack": "stack(1, n) = 1",
    "inline": "inline(array(struct(1))) = 1",
    "udf": "my_udf(price) > 1",
    "function-of-another-schema": "spark_catalog.default.f(price) > 1",
    "column-of-nobody": "nope > 1",
    "column-of-a-table": "t.price > 1",
    "field-of-a-text": "brand.x > 1",
    "two-statements": "price > 1; drop table curated",
    "semicolon": "price > 1;",
    "closing-bracket": "price > 1) or (1 = 1",
    "open-bracket": "(price > 1",
    "union": "price > 1 union select true",
    "nothing-after-operator": "price >",
    "blank": "   ",
    "comment-only": "-- flag",
    "text": "brand",
    "number": "price + 1",
    "date": "day",
    "date-and-number": "day = 3",
    "number-and-flag": "not price",
    "and-of-texts": "brand and flag",
    "text-is-a-text": "brand is 'x'",
    "no-arguments": "length() > 1",
    "too-many-arguments": "length(brand, 1) > 1",
    "no-such-date": "day > date'2024-02-31'",
    "no-such-type": "cast(brand as nothing) > 1",
    "greatest-number": "price > 1e400",
    "open-quote": "brand = 'x",
    "lambda": "transform(array(1), x -> x) > 1",
    "star": "*",
    "parameter": "price > :limit",
    "words-in-a-subquery": "brand in (select 'over' from values (1))",
    "current-database": "current_database() = brand",
    "time-zone": "current_timezone() = brand",
    "raw-hive": "transform(brand) using 'cat'",
    "java": "reflect('java.lang.System', 'exit', 1) = 1",
    "deep": "(" * 4000 + "flag" + ")" * 4000,
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_expression_that_the_job_refuses_is_refused_by_lint(spark: SparkSession, query: str) -> None:
    text = contract_with(query)
    assert is_refused_by_the_job(text)
    assert is_refused_by_lint(text)


def test_columns_of_a_rule_are_found_wherever_they_stand(spark: SparkSession) -> None:
    text = contract_with("exists(array(1, 2), x -> x > N) or `brand` = 'price' or unix_timestamp(seen) > 0")
    found = SqlRules.of(parse_contract(text, "c.yaml", DATASET)).columns.columns
    assert [column.name for column in found] == ["brand", "seen", "n"]


@pytest.mark.parametrize("query", ["brand rlike '('", "element_at(split(brand, ','), 0) = 'x'"])
def test_rule_that_fails_on_a_value_is_named(spark: SparkSession, tmp_path: Path, query: str) -> None:
    rules = SqlRules.of(parse_contract(contract_with(query), "c.yaml", DATASET))
    rows = pa.table(
        {PART: pa.array([0], pa.int32()), ROW: [0], applies_column(0): [True], typed_column("brand"): ["Opel"]}
    )
    pq.write_table(rows, tmp_path / "rows.parquet")
    with pytest.raises(ContractError, match=r"a quality rule in SQL cannot be evaluated .*: correct it.* odd: "):
        rules.judge(spark, [str(tmp_path / "rows.parquet")], str(tmp_path / "judged"))


TAKEN = [
    "brand not in ('now', 'over', 'random', 'select', 'current_date', 'today')",
    "price > 0 and price < 1000",
    "brand in ('a', \"b\") or not flag",
    "day >= date'2024-01-31' and day <= '2025-01-01'",
    "price between 1 and n * 2.5",
    "flag is true or flag is not false",
    r"brand rlike '^[\\[\\]{a]+$'",  # the class of [ ] { a
    "brand rlike '^[A-Z]+$' and brand not like 'X%'",
    "coalesce(price, n, 0) >= 0",
    "case when flag then price > 1 else n is null end",
    "if(flag, price, 0) = 0",
    "cast(brand as int) > 3",
    "length(trim(`brand`)) > 3 and upper(brand) == 'X'",
    "datediff(day, seen) < 3 and year(day) = 2024",
    "substring(brand, 1, 2) || 'x' <> 'abx'",
    "price <=> null",
    "n % 2 = 0 and n div 2 = 1 and -n < abs(n)",
]


@pytest.mark.parametrize("query", TAKEN)
def test_expression_over_the_row_is_taken_by_both(spark: SparkSession, query: str) -> None:
    text = contract_with(query)
    assert not is_refused_by_lint(text)
    assert not is_refused_by_the_job(text)


Draw = Callable[[st.DataObject], str]
LEAVES = [*COLUMNS, "1", "2.5", "'x'", "'2024-01-31'", "date'2024-01-31'", "true", "null", "-3", '"y"']


def calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def call(name: str) -> st.SearchStrategy[str]:
        return st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"{name}({', '.join(parts)})")

    binary = st.sampled_from(
        ["+", "-", "*", "/", "%", "div", "=", "<>", "<", ">=", "<=>", "and", "or", "||", "like", "rlike", "between"]
    )
    return st.one_of(
        st.tuples(inner, binary, inner).map(" ".join),
        inner.map("({})".format),
        inner.map("not {}".format),
        inner.map("{} is null".format),
        inner.map("{} is true".format),
        st.tuples(inner, inner, inner).map(lambda p: f"{p[0]} between {p[1]} and {p[2]}"),
        st.tuples(inner, inner, inner).map(lambda p: f"{p[0]} in ({p[1]}, {p[2]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"case when {p[0]} then {p[1]} else {p[2]} end"),
        st.tuples(inner, st.sampled_from(["string", "int", "bigint", "double", "date", "timestamp", "boolean"])).map(
            lambda p: f"cast({p[0]} as {p[1]})"
        ),
        st.sampled_from(sorted(ROW_FUNCTIONS)).flatmap(call),
    )


EXPRESSIONS = st.recursive(st.sampled_from(LEAVES), calls, max_leaves=6)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(["= {}", "is null", "> {}", "and {}", "or {}", "<> {}"]))
def test_job_accepts_every_contract_that_lint_accepts(spark: SparkSession, left: str, right: str, compare: str) -> None:
    text = contract_with(f"({left}) " + compare.format(f"({right})"))
    if not is_refused_by_lint(text):
        assert not is_refused_by_the_job(text)


@pytest.mark.parametrize("name", sorted(ROW_FUNCTIONS))
def test_function_that_lint_knows_is_taken_by_the_job(spark: SparkSession, name: str) -> None:
    sample = {"t": "brand", "n": "price", "i": "2", "d": "day", "b": "flag", "x": "seen", "=": "n"}
    wanted = re.findall(r".[?+]?", ROW_FUNCTIONS[name][0])
    for marks in (wanted, [mark for mark in wanted if not mark.endswith("?")]):
        text = contract_with(f"{name}({', '.join(sample[mark[0]] for mark in marks)}) is not null")
        assert not is_refused_by_lint(text)
        assert not is_refused_by_the_job(text)


ODD_PATTERNS = [
    "(?P<a>x)", "(x)?(?(1)a|b)", "(?#note)x", "[[a]", "a{,3}", "x{", "[a&&b", "(", "[a-", "*", "(?a)x", "a{2,1}",
    "(?<=a+)b", r"[\b]", "[z-a]", "a{99999999999}", "x{1}{2", r"(a)\1", r"a\Z", "a++", "(?=a)b", r"\p{L}", r"\h",
    "a{1001}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", ODD_PATTERNS)
def test_pattern_that_re2_does_not_read_is_refused_by_lint_and_the_job(pattern: str) -> None:
    text = contract_with(None, pattern)
    assert is_refused_by_the_job(text) == any(p.severity is Severity.ERROR for p in lint(text, "c.yaml").problems)


def test_pattern_that_re2_does_not_read_stops_the_job_before_it_reads() -> None:
    contract = parse_contract(contract_with(None, "[a-"), "c.yaml", DATASET)
    with pytest.raises(
        ContractError, match=r"column brand: pattern '\[a-' is not a regular expression that RE2 can read"
    ):
        Judge.of(contract)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        pytest.param("^[a-z&&^b]$", "the intersection &&", id="an intersection in Java alone"),
        pytest.param("^[a[bc]]+$", "the nested class", id="a union in Java alone"),
        pytest.param("^[[:alpha:]]+$", None, id="a class that has a name"),
        pytest.param(r"^[a\[&]+$", None, id="marks of their own"),
    ],
)
def test_pattern_that_java_read_otherwise_is_named_by_lint(pattern: str, what: str | None) -> None:
    problems = lint(contract_with(None, pattern), "c.yaml").problems
    assert [p.severity for p in problems] == ([] if what is None else [Severity.WARNING])
    assert what is None or what in problems[0].message


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(", id="no regular expression"),
        pytest.param("[a&&b]", id="an intersection in Java"),
        pytest.param("(?P<a>x)", id="Python alone"),
    ],
)
def test_pattern_of_a_rule_that_java_does_not_read_so_is_refused_by_lint(pattern: str) -> None:
    assert is_refused_by_lint(contract_with(f"brand rlike '{pattern}'"))
    assert not is_refused_by_lint(contract_with("brand rlike '(a)'"))
