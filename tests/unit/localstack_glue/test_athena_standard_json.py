"""The SQL standard's JSON functions and the path language, as Trino's documentation has them."""

# ruff: noqa: E501 - a call and its value are a line

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.run import QueryEngine

ENGINE = QueryEngine(None, None, {})
CHILDREN = '\'{"comment": "nice", "children": [10, 13, 16], "none": null}\''
ITEMS = '\'[{"customer": 100, "region": "AFRICA"}, {"region": "ASIA"}, {"customer": 300, "region": "AFRICA", "comment": null}]\''


def value(expression: str) -> str | None:
    ((found,),) = ENGINE.run(f"select {expression}", "db").rows
    return found


def found(path: str, document: str = ITEMS) -> str | None:
    """Everything that a path finds, as an array."""
    return value(f"json_query({document}, '{path}' with array wrapper empty array on empty error on error)")


@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("lax $.customer", "[100,300]"),
        ("lax $[*].region", '["AFRICA","ASIA","AFRICA"]'),
        ("lax $[0].*", '[100,"AFRICA"]'),
        ('lax $."customer"', "[100,300]"),
        ('lax $?(@.region != "ASIA").customer', "[100,300]"),
        ("lax $?(!exists(@.customer))", '[{"region":"ASIA"}]'),
        ('lax $?(@.region starts with "AS").region', '["ASIA"]'),
        ("lax $?((@.customer > 100) && (@.customer + 1) < 1000).customer", "[300]"),
        ('lax $?(@.customer == 100 || @.region == "ASIA").region', '["AFRICA","ASIA"]'),
        ('lax $?((@.customer > "x") is unknown).customer', "[100,300]"),
        ("lax $?(@.comment == null).customer", "[300]"),
        ("lax $[1 to last].region", '["ASIA","AFRICA"]'),
        ("lax $[last, 0].customer", "[300,100]"),
        ("lax $[7]", "[]"),
        ("lax $.size()", "[3]"),
        ("strict $[*].type()", '["object","object","object"]'),
        ("lax $.region.size()", "[1,1,1]"),
        ("lax $[1].keyvalue()", '[{"name":"region","value":"ASIA","id":0}]'),
        ("lax 1.5 + 1", "[2.5]"),
        ("lax 7 / 2", "[3]"),
        ("lax -7 % 3", "[-1]"),
        ("lax 1 + 2 * 3 - 4", "[3]"),
        ("lax (1 + 2) * 3", "[9]"),
        ("lax 7e0 / 2", "[3.5]"),
        ("lax -1.5.abs()", "[-1.5]"),
        ("lax (-1.5).ceiling()", "[-1]"),
        ('lax "5.6".double()', "[5.6]"),
        ("lax $[0].region.type()", '["string"]'),
    ],
)
def test_path_finds_its_items(path: str, items: str):
    assert found(path) == items


@pytest.mark.parametrize(
    "path",
    ["strict $[7]", "strict $[*].customer", "strict $.region", "lax 1 / 0", "lax $[0].region + 1", "lax $.customer + 1", "lax 2147483647 + 1", "strict $[2 to 1]", "lax $.region.floor()"],
)  # fmt: skip
def test_json_path_without_a_match_is_an_error_only_if_the_call_requests_it(path: str):
    assert value(f"json_query({ITEMS}, '{path}')") is None
    assert value(f"json_exists({ITEMS}, '{path}')") == "false"
    with pytest.raises(QueryFailedError, match=r"^PATH_EVALUATION_ERROR: path evaluation failed"):
        found(path)


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        (f"json_exists({CHILDREN}, 'lax $.children[*]?(@ > 15)')", "true"),
        (f"json_exists({CHILDREN}, 'strict $.toys' true on error)", "true"),
        (f"json_exists({CHILDREN}, 'lax $.none')", "true"),
        ("json_exists(null, 'lax $')", None),
        (f"json_value({CHILDREN}, 'lax $.comment' returning char(6)) || '|'", "nice  |"),
        (f"json_value({CHILDREN}, 'lax $.children[0]' returning tinyint) + 1", "11"),
        (f"json_value({CHILDREN}, 'strict $.children[9]' default 'err' on error)", "err"),
        (f"json_value({CHILDREN}, 'lax $.children[9]' default 'missing' on empty null on error)", "missing"),
        (f"json_value({CHILDREN}, 'lax $.children')", None),
        (f"json_value({CHILDREN}, 'lax $.none' default 'x' on empty)", None),
        (f"json_value({CHILDREN}, 'lax $.comment' returning bigint)", None),
        (f"json_value({CHILDREN}, 'lax $.comment' returning bigint default -1 on error)", "-1"),
        ("json_value('{\"a\": 2.5}', 'lax $.a' returning integer)", "3"),
        ("json_value('{\"a\": 0.1}', 'lax $.a')", "1.0E-1"),
        ("json_value('{\"a\": true}', 'lax $.a' returning integer)", "1"),
        ("json_value('{\"a\": \"2024-01-05\"}', 'lax $.a' returning date) + interval '1' day", "2024-01-06"),
        ("json_value('[12345]', 'lax $[0]' returning varchar(3))", None),
        ("json_value('[\"abcde\"]', 'lax $[0]' returning varchar(3))", "abc"),
        ("json_value('[1]', 'lax $[$n]' passing 0 as \"n\")", "1"),
        ("json_value('[1]', 'lax $N + 1' passing 5 as n)", "6"),
        ("json_value('[1]', 'lax $a[1]' passing '[1, 2]' format json as \"a\")", "2"),
        ("json_value('[1]', 'lax $d' passing date '2024-01-05' as \"d\" returning date)", "2024-01-05"),
        ("json_exists('[\"5a\"]', 'lax $?(@ starts with $p)' passing '5' as \"p\")", "true"),
        ("json_exists('[\"5a\"]', 'lax $?(@ starts with $p)' passing 5 as \"p\")", "false"),
        ("json_exists('[\"5a\"]', 'lax $?((@ starts with $p) is unknown)' passing 5 as \"p\")", "true"),
        ("json_value(to_utf8('[1]') format json encoding utf8, 'lax $[0]')", "1"),
        ("json_query('{\"a\": \"x\"}', 'lax $.a')", '"x"'),
        ("json_query('[1, 2]', 'lax $[*]' with conditional array wrapper)", "[1,2]"),
        ("json_query('[1, 2]', 'lax $' with conditional wrapper)", "[1,2]"),
        ("json_query('[1, 2]', 'lax $' with unconditional array wrapper)", "[[1,2]]"),
        ("json_query('[1, 2]', 'lax $[5]' empty object on empty)", "{}"),
        ("json_query('[\"a\\u00e4\"]', 'lax $[0]' omit quotes on scalar string)", "aä"),
        ("to_hex(json_query('[1]', 'lax $' returning varbinary format json encoding utf16))", "5B0031005D00"),
        ("typeof(json_value('[1]', 'lax $[0]' returning double))", "double"),
        ("(select count(*) from (values '{\"a\": 1}', '{\"a\": 2}', null) t(j) where json_value(j, 'lax $.a' returning bigint) > 1)", "1"),
    ],
)  # fmt: skip
def test_json_clauses_have_their_standard_meaning(expression: str, answer: str | None):
    assert value(expression) == answer


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("json_value('[1]', '$[0]')", "SYNTAX_ERROR"),
        ("json_value('[1]', 'lax $[0')", "SYNTAX_ERROR"),
        ("json_value('[1]', 'lax $.datetime()')", "SYNTAX_ERROR"),
        ("json_value('[1]', 'lax $n' passing 1 as n)", "INVALID_PATH"),
        ("json_value('[1]', 'lax $[0]', 'x')", "SYNTAX_ERROR"),
        ("json_value('[1]', 'lax $[*]' returning array(bigint))", "TYPE_MISMATCH"),
        ("json_query('[1]', 'lax $' returning bigint)", "TYPE_MISMATCH"),
        ("json_exists(1, 'lax $')", "TYPE_MISMATCH"),
        ("json_exists('[1]' format json encoding utf8, 'lax $')", "TYPE_MISMATCH"),
        ("json_value('[...', 'lax $' error on error)", "JSON_INPUT_CONVERSION_ERROR"),
        ("json_value('[1, 2]', 'lax $[*]' error on error)", "JSON_VALUE_RESULT_ERROR"),
        ("json_value('[]', 'lax $[0]' error on empty)", "JSON_VALUE_RESULT_ERROR"),
        ("json_value('[\"x\"]', 'lax $[0]' returning bigint error on error)", "JSON_VALUE_RESULT_ERROR"),
        ("json_query('[1, 2]', 'lax $[*]' error on error)", "JSON_OUTPUT_CONVERSION_ERROR"),
    ],
)
def test_json_call_without_a_result_has_a_reason(expression: str, code: str):
    with pytest.raises(QueryFailedError, match=rf"^{code}: "):
        value(expression)
