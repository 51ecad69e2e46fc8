"""The SQL standard's functions of JSON."""

# ruff: noqa: E501 - a row of the table is a line

import json
from typing import Any

import sqlglot
from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import text_literal
from localstack_glue.athena.engine.trino.casts import cast, failure, to_text
from localstack_glue.athena.engine.trino.functions.model import Call, Topic, overload
from localstack_glue.athena.engine.trino.python.path_language import PathSyntaxError, parse
from localstack_glue.athena.engine.trino.types import BOOLEAN, INTEGERS, VARBINARY, VARCHAR, Type, from_sqlglot

STANDARD_JSON = Topic("json: the SQL standard")
_SCALARS = (*INTEGERS, "boolean", "decimal", "double", "real", "varchar", "char", "date", "time", "timestamp", "timestamp with time zone")  # fmt: skip
_TAGS = {"tinyint": "i", "smallint": "i", "integer": "i", "bigint": "l", "decimal": "m", "double": "f", "real": "f", "boolean": "b"}  # fmt: skip
_MOMENTS = {
    "date": "date", "time": "time without time zone", "timestamp": "timestamp without time zone",
    "timestamp with time zone": "timestamp with time zone",
}  # fmt: skip


def _options(call: Call) -> dict[str, Any]:
    """The options of a call, with its path checked."""
    path = call.literal(1)
    try:
        found: dict[str, Any] = json.loads(call.literal(2) or "") if path is not None else {}
    except ValueError as error:
        raise QueryFailedError("SYNTAX_ERROR", "line 1:1: mismatched input ','") from error
    try:
        variables = parse(path or "").variables
    except PathSyntaxError as error:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: {error}") from error
    missing = next((name for name in sorted(variables) if name not in found.get("names", ())), None)
    if missing is not None:
        raise QueryFailedError(
            "INVALID_PATH",
            f'line 1:1: no value passed for parameter {missing}. Try quoting "{missing}" in the PASSING clause to match case',
        )
    return found


def _document(value: str, kind: Type, form: str) -> str:
    """A document's text."""
    encoding = form.removeprefix("JSON").strip()
    if kind.kind in ("varchar", "char", "unknown") and not encoding:
        return f"CAST({value} AS VARCHAR)"
    if kind.kind == "varbinary":
        return f"py_json_of_bytes({value}, '{encoding or 'UTF8'}')"
    shown = f"JSON ENCODING {encoding}" if encoding else "JSON"
    raise QueryFailedError(
        "TYPE_MISMATCH", f"line 1:1: Cannot read input of type {kind} as JSON using formatting {shown}"
    )


def _passed(value: str, kind: Type, form: str, *, to_path: bool = True) -> str:
    """A value as a text with its kind."""
    if form:
        return f"('j' || coalesce(':' || {_document(value, kind, form)}, ''))"
    if kind.kind == "unknown":
        return "'s'"
    if kind.kind in _MOMENTS and to_path:
        return f"('t' || coalesce(':{_MOMENTS[kind.kind]}|' || {to_text(value, kind)}, ''))"
    return f"('{_TAGS.get(kind.kind, 's')}' || coalesce(':' || {to_text(value, kind)}, ''))"


def _arguments(call: Call, said: dict[str, Any]) -> str:
    formats = said.get("formats") or []
    passed = zip(call.arguments[5:], call.types[5:], formats, strict=True)
    listed = ", ".join(_passed(*each) for each in passed)
    document = _document(call.arguments[0], call.types[0], said.get("format", ""))
    kind = _returned(said)
    length = kind.numbers[0] if kind.kind in ("varchar", "char") and kind.numbers else None
    options = json.dumps({**said, "type": kind.kind, "length": length}, sort_keys=True)
    return f"{document}, {call.arguments[1]}, {text_literal(options)}, [{listed}]::VARCHAR[]"


def _returned(said: dict[str, Any]) -> Type:
    if "returning" not in said:
        return VARCHAR
    return from_sqlglot(sqlglot.parse_one(said["returning"], into=exp.DataType, read="trino"))


def _exists(call: Call) -> str:
    return f"py_standard_json_exists({_arguments(call, _options(call))})"


def _query(call: Call) -> str:
    said = _options(call)
    if said.get("quotes") and said.get("wrapper", "WITHOUT") != "WITHOUT":
        message = (
            f"line 1:1: {said['quotes']} QUOTES behavior specified with WITH {said['wrapper']} ARRAY WRAPPER behavior"
        )
        raise QueryFailedError("INVALID_FUNCTION_ARGUMENT", message)
    return _output(f"py_standard_json_query({_arguments(call, said)})", said)


def _output(found: str, said: dict[str, Any]) -> str:
    """A document as the type that a call returns."""
    kind, output = _returned(said), said.get("output", "JSON").removeprefix("JSON").strip()
    if kind == VARBINARY:
        return f"py_bytes_of_json({found}, '{output or 'UTF8'}')"
    if kind.kind not in ("varchar", "char") or output:
        raise QueryFailedError(
            "TYPE_MISMATCH", f"line 1:1: Cannot output JSON value as {kind} using formatting JSON {output}".strip()
        )
    return cast(found, VARCHAR, kind)


def _written(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call.literal(0) or "{}")
    return found


def _build_array(call: Call) -> str:
    said = _written(call)
    passed = zip(call.arguments[1:], call.types[1:], said.get("formats", ()), strict=True)
    values = ", ".join(_passed(*each, to_path=False) for each in passed)
    return _output(f"py_standard_json_array([{values}]::VARCHAR[], {text_literal(said.get('nulls', 'ABSENT'))})", said)


def _build_object(call: Call) -> str:
    said = _written(call)
    for kind in call.types[1::2]:
        if kind.kind not in ("varchar", "char"):
            raise QueryFailedError("INVALID_FUNCTION_ARGUMENT", f"line 1:1: Invalid JSON object key type: {kind}")
    passed = zip(call.arguments[2::2], call.types[2::2], said.get("formats", ()), strict=True)
    values = ", ".join(_passed(*each, to_path=False) for each in passed)
    keys = ", ".join(call.arguments[1::2])
    unique = "true" if said.get("unique") else "false"
    nulls = text_literal(said.get("nulls", "NULL"))
    return _output(f"py_standard_json_object([{keys}]::VARCHAR[], [{values}]::VARCHAR[], {nulls}, {unique})", said)


def _value(call: Call) -> str:
    said = _options(call)
    kind = _returned(said)
    if kind.kind not in _SCALARS or "output" in said:
        raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Invalid return type of function JSON_VALUE: {kind}")
    defaults = [
        cast(value, default_kind, kind)
        for value, default_kind in zip(call.arguments[3:5], call.types[3:5], strict=True)
    ]
    converted = cast("substr(found, 2)", VARCHAR, kind)
    kept = f"TRY({converted})"
    if said.get("on_error") == "ERROR":
        message = text_literal(
            f"cannot extract SQL scalar from JSON: Cannot cast value to declared return type of function JSON_VALUE: {kind}"
        )
        other = failure("JSON_VALUE_RESULT_ERROR", message)
    else:
        other = defaults[1]
    found = f"py_standard_json_value({_arguments(call, said)})"
    chosen = (
        f"CASE WHEN found IS NULL THEN NULL WHEN found = 'e' THEN {defaults[0]} WHEN found = 'x' THEN {defaults[1]} "
        f"WHEN {kept} IS NULL THEN {other} ELSE {kept} END"
    )
    return f"list_transform([{found}], lambda found: {chosen})[1]"


STANDARD_JSON.scalar(
    "json_exists",
    overload("any, any, any, any... -> boolean", _exists, lambda _call: BOOLEAN),
    examples={
        "json_exists('{\"a\": [1, 5]}', 'lax $.a[*]?(@ > 3)')": "true",
        "json_exists('{\"a\": 1}', 'strict $.b' UNKNOWN ON ERROR)": None,
        "json_exists('no json', 'lax $')": "false",
    },
)
STANDARD_JSON.scalar(
    "json_query",
    overload("any, any, any, any... -> varchar", _query, lambda call: _returned(_options(call))),
    examples={
        "json_query('{\"a\": [1, {\"b\": 2}]}', 'lax $.a')": '[1,{"b":2}]',
        "json_query('{\"a\": [1, 2]}', 'lax $.a[last]' WITH ARRAY WRAPPER)": "[2]",
        "json_query('{\"a\": \"x\"}', 'lax $.a' OMIT QUOTES)": "x",
        "json_query('{\"a\": [1, 2]}', 'lax $.a[*]')": None,
    },
)
STANDARD_JSON.scalar(
    "json_value",
    overload("any, any, any, any... -> varchar", _value, lambda call: _returned(_options(call))),
    examples={
        "json_value('{\"a\": [10, 13]}', 'lax $.a[1]')": "13",
        "json_value('{\"a\": 2.5}', 'lax $.a + $x' PASSING 1 AS \"x\" RETURNING double)": "3.5",
        "json_value('[]', 'lax $[2]' DEFAULT 'none' ON EMPTY)": "none",
        "json_value('[300]', 'lax $[0]' RETURNING tinyint DEFAULT -1 ON ERROR)": "-1",
    },
)
STANDARD_JSON.scalar(
    "json_array",
    overload("any... -> varchar", _build_array, lambda call: _returned(_written(call))),
    examples={
        "json_array(true, 12e-1, 'text')": '[true,1.2,"text"]',
        "json_array(1, null)": "[1]",
        "json_array(1, null null on null)": "[1,null]",
        "json_array('[ 1 ]' format json, json_object('a': 2))": '[[1],{"a":2}]',
        "json_array()": "[]",
    },
)
STANDARD_JSON.scalar(
    "json_object",
    overload("any... -> varchar", _build_object, lambda call: _returned(_written(call))),
    examples={
        "json_object('a': 1, 'b': true)": '{"a":1,"b":true}',
        "json_object(key 'a' value date '2024-01-05', 'b' value null)": '{"a":"2024-01-05","b":null}',
        "json_object('a': null, 'b': 2 absent on null)": '{"b":2}',
        "json_object()": "{}",
    },
)
