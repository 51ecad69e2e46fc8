"""The SQL standard's functions of JSON: json_exists, json_query, json_value, json_array, json_object."""

# ruff: noqa: D103 - the table says what each function does

import json
import math
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from localstack_glue.athena.engine.trino.python import path_numbers
from localstack_glue.athena.engine.trino.python.path_evaluation import EMPTY, Moment, evaluate
from localstack_glue.athena.engine.trino.python.path_language import parse
from localstack_glue.athena.engine.trino.python.path_numbers import PathEvaluationError, is_number
from localstack_glue.athena.engine.trino.python.registry import FunctionError, python

_LIMITS = {"tinyint": 2**7, "smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_SPECIAL = {"NULL": None, "EMPTY ARRAY": "[]", "EMPTY OBJECT": "{}", "TRUE": True, "FALSE": False, "UNKNOWN": None}
_ENCODINGS = {"UTF8": "utf-8", "UTF16": "utf-16-le", "UTF32": "utf-32-le"}


class _JsonError(Exception):
    """An error to which ON ERROR applies."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@python("VARCHAR, VARCHAR, VARCHAR, VARCHAR[] -> BOOLEAN")
def standard_json_exists(text: str, path: str, options: str, passed: list[str]) -> bool | None:
    said = _options(options)
    try:
        return bool(_items(text, path, said, passed))
    except _JsonError as error:
        found: bool | None = _instead(said.get("on_error", "FALSE"), error)
        return found


@python("VARCHAR, VARCHAR, VARCHAR, VARCHAR[] -> VARCHAR")
def standard_json_query(text: str, path: str, options: str, passed: list[str]) -> str | None:
    said = _options(options)
    try:
        items = _items(text, path, said, passed)
        if not items:
            nothing = _JsonError(
                "JSON_OUTPUT_CONVERSION_ERROR", "conversion from JSON failed: JSON path found no items"
            )
            found: str | None = _instead(said.get("on_empty", "NULL"), nothing)
            return found
        return _one_document(items, said)
    except _JsonError as error:
        instead: str | None = _instead(said.get("on_error", "NULL"), error)
        return instead


@python("VARCHAR, VARCHAR, VARCHAR, VARCHAR[] -> VARCHAR")
def standard_json_value(text: str, path: str, options: str, passed: list[str]) -> str | None:
    """The value's text after a `v`; `e` or `x` alone if a default replaces nothing found, or an error."""
    said = _options(options)
    try:
        items = _items(text, path, said, passed)
        if len(items) == 1:
            return None if items[0] is None else f"v{_fitting(items[0], said)}"
        if items:
            raise _value_error("JSON path found multiple items")
        nothing = said.get("on_empty", "NULL")
        if nothing == "ERROR":
            raise _failure(_value_error("JSON path found no items"))
        return "e" if nothing == "DEFAULT" else None
    except _JsonError as error:
        if said.get("on_error", "NULL") == "ERROR":
            raise _failure(error) from error
        return "x" if said.get("on_error") == "DEFAULT" else None


@python("VARCHAR[], VARCHAR -> VARCHAR")
def standard_json_array(tagged: list[str], nulls: str) -> str:
    values = [_document_part(each) for each in tagged]
    return _dump([each for each in values if each is not None or nulls == "NULL"])


@python("VARCHAR[], VARCHAR[], VARCHAR, BOOLEAN -> VARCHAR")
def standard_json_object(keys: list[str | None], tagged: list[str], nulls: str, is_unique: bool) -> str:
    found: dict[str, Any] = {}
    for key, value in zip(keys, map(_document_part, tagged), strict=True):
        if key is None:
            raise FunctionError("null value passed for JSON object key to JSON_OBJECT function")
        if value is None and nulls == "ABSENT":
            continue
        if is_unique and key in found:
            raise FunctionError("duplicate key passed to JSON_OBJECT function")
        found[key] = value
    return _dump(found)


@python("BLOB, VARCHAR -> VARCHAR")
def json_of_bytes(value: bytes, encoding: str) -> str:
    """A document's text; for invalid bytes, a text that is not a document."""
    try:
        return bytes(value).decode(_ENCODINGS[encoding])
    except UnicodeDecodeError:
        return "\ufffd"


@python("VARCHAR, VARCHAR -> BLOB")
def bytes_of_json(text: str, encoding: str) -> bytes:
    return text.encode(_ENCODINGS[encoding])


@lru_cache(maxsize=256)
def _options(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _failure(error: _JsonError) -> FunctionError:
    return FunctionError(str(error), error.code)


def _instead(behavior: str, error: _JsonError) -> Any:
    if behavior == "ERROR":
        raise _failure(error) from error
    return _SPECIAL[behavior]


def _output_error(message: str) -> _JsonError:
    return _JsonError("JSON_OUTPUT_CONVERSION_ERROR", f"conversion from JSON failed: {message}")


def _value_error(message: str) -> _JsonError:
    return _JsonError("JSON_VALUE_RESULT_ERROR", f"cannot extract SQL scalar from JSON: {message}")


def _items(text: str, path: str, said: dict[str, Any], passed: list[str]) -> list[Any]:
    document = _document(text)
    values = dict(zip(said.get("names", ()), map(_passed, passed), strict=True))
    try:
        return evaluate(parse(path), document, values)
    except PathEvaluationError as error:
        raise _JsonError("PATH_EVALUATION_ERROR", f"path evaluation failed: {error}") from error


def _document(text: str) -> Any:
    try:
        return json.loads(
            text, parse_int=path_numbers.of_json, parse_float=path_numbers.of_json, parse_constant=_no_constant
        )
    except ValueError as error:
        raise _JsonError("JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed: ") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _passed(tagged: str) -> Any:
    """A value after the letter of its kind; the letter alone is null."""
    kind, text = tagged[0], tagged[2:] if len(tagged) > 1 else None
    if kind == "j":
        return EMPTY if text is None else _document(text)
    if text is None:
        return None
    if kind == "t":
        name, _, moment = text.partition("|")
        return Moment(name, moment)
    if kind in "il":
        return int(text) if kind == "i" else path_numbers.Big(text)
    if kind in "mf":
        return Decimal(text) if kind == "m" else float(text)
    return text == "true" if kind == "b" else text


def _document_part(tagged: str) -> Any:
    """A value that becomes a part of a document."""
    try:
        found = _passed(tagged)
    except _JsonError as error:
        raise _failure(error) from error
    return None if found is EMPTY else found


def _one_document(items: list[Any], said: dict[str, Any]) -> str:
    wrapper = said.get("wrapper", "WITHOUT")
    if wrapper == "UNCONDITIONAL" or (wrapper == "CONDITIONAL" and (len(items) > 1 or not _is_nested(items[0]))):
        items = [items]
    if len(items) > 1:
        raise _output_error("JSON path found multiple items")
    if said.get("quotes") == "OMIT" and isinstance(items[0], str):
        return items[0]
    return _dump(items[0])


def _is_nested(item: Any) -> bool:
    return isinstance(item, list | dict)


def _dump(item: Any) -> str:
    if isinstance(item, list):
        return f"[{','.join(map(_dump, item))}]"
    if isinstance(item, dict):
        return f"{{{','.join(f'{_dump(name)}:{_dump(value)}' for name, value in item.items())}}}"
    if is_number(item):
        return path_numbers.json_text(item)
    if isinstance(item, Moment):
        raise _output_error(f"a value of type {item.type} is not JSON")
    return json.dumps(item, ensure_ascii=False)


def _fitting(item: Any, said: dict[str, Any]) -> str:
    """Fit an item to its type: a text is cut to the length, anything else must fit."""
    text = _scalar(item, said["type"])
    if said["length"] is not None and not isinstance(item, str) and len(text) > said["length"]:
        raise _not_cast(item, said["type"])
    return text


def _scalar(item: Any, wanted: str) -> str:
    """The text of an item; it casts to a type only if SQL has such a cast."""
    if _is_nested(item):
        raise _value_error("JSON path found an item that cannot be converted to an SQL value")
    if is_number(item):
        try:
            path_numbers.number(item)
        except PathEvaluationError as error:
            raise _value_error("JSON path found an item that cannot be converted to an SQL value") from error
    if isinstance(item, str):
        return item
    if isinstance(item, Moment):
        if wanted not in ("varchar", "char", item.type.partition("(")[0]):
            raise _not_cast(item, wanted)
        return item.text
    if wanted in ("varchar", "char"):
        return ("true" if item else "false") if isinstance(item, bool) else path_numbers.cast_text(item)
    if wanted == "boolean":
        return "true" if item else "false"
    if isinstance(item, bool) and wanted in (*_LIMITS, "decimal", "double", "real"):
        return str(int(item))
    if wanted in _LIMITS:
        return str(_rounded(item, wanted))
    if wanted in ("decimal", "double", "real"):
        return repr(item) if isinstance(item, float) else str(item)
    raise _not_cast(item, wanted)


def _rounded(item: Any, wanted: str) -> int:
    if isinstance(item, float):
        if not math.isfinite(item):
            raise _not_cast(item, wanted)
        item = math.copysign(math.floor(abs(item) + 0.5), item)
    found = int(item.to_integral_value(ROUND_HALF_UP)) if isinstance(item, Decimal) else int(item)
    if not -_LIMITS[wanted] <= found < _LIMITS[wanted]:
        raise _not_cast(item, wanted)
    return found


def _not_cast(item: Any, wanted: str) -> _JsonError:
    kind = path_numbers.type_name(item)
    return _value_error(f"Cannot cast value of type {kind} to declared return type of function JSON_VALUE: {wanted}")
