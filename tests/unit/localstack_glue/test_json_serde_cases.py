"""JSON by a table's columns for Athena: the table of cases that jobs are held to as well (G37)."""

from typing import Any

import pytest

from localstack_glue.serdes.errors import BadDataError, MalformedRowError
from localstack_glue.serdes.json_rows import JsonRows, JsonRules
from localstack_glue.serdes.types import HiveType, parse_type
from tests.unit.json_serde_cases import Case, cases, plain


def rows(case: Case) -> list[dict[str, Any]]:
    types = [parse_type(kind) for kind in case.columns.values()]
    rules = JsonRules.from_parameters(case.parameters, is_hive=case.hive)
    found = JsonRows(rules, list(case.columns), types).values(case.lines)
    return [
        {name: plain(shaped(value, kind)) for name, value, kind in zip(case.columns, row, types, strict=True)}
        for row in found
    ]


def shaped(value: Any, kind: HiveType) -> Any:
    """A value with its maps as dicts."""
    if value is None or not kind.children:
        return value
    if kind.kind == "map":
        return {key: shaped(item, kind.children[1]) for key, item in value}
    if kind.kind == "array":
        return [shaped(item, kind.children[0]) for item in value]
    children = dict(zip(kind.names, kind.children, strict=True))
    return {name: shaped(item, children[name]) for name, item in value.items()}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_lines_are_the_rows_of_the_table_of_cases(case: Case) -> None:
    expected = case.expected("athena")
    if isinstance(expected, str):
        with pytest.raises((BadDataError, MalformedRowError), match=expected):
            rows(case)
    else:
        assert rows(case) == expected
