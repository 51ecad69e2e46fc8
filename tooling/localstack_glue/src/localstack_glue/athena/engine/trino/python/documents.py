"""JSON: the content of a document, and how Trino writes it."""

# ruff: noqa: D103 - the table says what each function does

import json
import re
from functools import lru_cache
from typing import Any

from localstack_glue.athena.engine.trino.python.registry import FunctionError, python
from localstack_glue.serdes.java_numbers import double_text, exponent_text


class _Number(str):
    __slots__ = ()


def _load(text: str) -> Any:
    return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _dump(value: Any, *, is_sorted: bool = True) -> str:
    if isinstance(value, _Number):
        return double_text(float(value)) if re.search(r"[.eE]", value) else value
    if isinstance(value, list):
        return f"[{','.join(_dump(item, is_sorted=is_sorted) for item in value)}]"
    if isinstance(value, dict):
        keys = sorted(value) if is_sorted else list(value)
        return f"{{{','.join(f'{_dump(key)}:{_dump(value[key], is_sorted=is_sorted)}' for key in keys)}}}"
    return json.dumps(value, ensure_ascii=False)


_STEP = re.compile(r'\.([\w:]+)|\[(\w+)\]|\["((?:[^"\\]|\\["\\])*)"\]')


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str | int, ...]:
    text = path if path.startswith("$") else f"$.{path}"
    steps: list[str | int] = []
    place = 1
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None:
            raise FunctionError(f"Invalid JSON path: '{path}'")
        word = found[1] or found[2]
        if word is None:
            steps.append(re.sub(r"\\(.)", r"\1", found[3]))
        else:
            steps.append(int(word) if found[2] and word.isdigit() else word)
        place = found.end()
    return tuple(steps)


def _found(text: str, path: str) -> tuple[bool, Any]:
    steps = _steps(path)
    try:
        value = _load(text)
    except ValueError:
        return False, None
    for step in steps:
        if isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
        elif isinstance(value, list) and str(step).isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False, None
    return True, value


@python("VARCHAR, VARCHAR -> VARCHAR")
def json_extract(text: str, path: str) -> str | None:
    there, value = _found(text, path)
    return _dump(value, is_sorted=False) if there else None


@python("VARCHAR, VARCHAR -> VARCHAR")
def json_extract_scalar(text: str, path: str) -> str | None:
    there, value = _found(text, path)
    if not there or value is None or isinstance(value, dict | list):
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@python("VARCHAR, VARCHAR -> BIGINT")
def json_size(text: str, path: str) -> int | None:
    there, value = _found(text, path)
    return (len(value) if isinstance(value, dict | list) else 0) if there else None


@python("VARCHAR -> VARCHAR")
def json_parse(text: str) -> str:
    try:
        return _dump(_load(text))
    except ValueError as error:
        raise FunctionError(f"Cannot convert value to JSON: '{text}'") from error


@python("VARCHAR -> VARCHAR")
def json_text(text: str) -> str | None:
    value = _load(text)
    if isinstance(value, _Number) and re.search(r"[.eE]", value):
        return exponent_text(float(value), digits=20)  # as a double is cast
    found: str | None = json_number(text)
    return found


@python("VARCHAR -> VARCHAR")
def json_number(text: str) -> str | None:
    value = _load(text)
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise FunctionError(f"Cannot cast to varchar. Unexpected JSON {text}", "INVALID_CAST_ARGUMENT")
    return _dump(value) if isinstance(value, _Number | bool) else str(value)


@python("VARCHAR -> MAP(VARCHAR, VARCHAR)")
def json_entries(text: str) -> dict[str, str] | None:
    value = _load(text)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise FunctionError(f"Cannot cast to map. Expected a json object, but got {text}", "INVALID_CAST_ARGUMENT")
    return {key: _dump(item) for key, item in value.items()}


@python("VARCHAR, VARCHAR, BIGINT, BIGINT -> VARCHAR")
def json_field(text: str, name: str, place: int, count: int) -> str | None:
    """A row's field: by name from an object, by position from an array."""
    value = _load(text)
    if value is None:
        return None
    if isinstance(value, list) and len(value) == count:
        return _dump(value[place])
    if not isinstance(value, dict) or not name:
        wanted = "a json array, or a json object" if name else "a json array"
        raise FunctionError(f"Cannot cast to row. Expected {wanted}, but got {text}", "INVALID_CAST_ARGUMENT")
    return next((_dump(item) for key, item in value.items() if key.lower() == name), None)


@python("VARCHAR -> BOOLEAN")
def json_is_scalar(text: str) -> bool:
    return not isinstance(_load(text), dict | list)


@python("VARCHAR -> BIGINT")
def json_array_length(text: str) -> int | None:
    there, value = _found(text, "$")
    return len(value) if there and isinstance(value, list) else None


@python("VARCHAR, BIGINT -> VARCHAR")
def json_array_get(text: str, index: int) -> str | None:
    there, value = _found(text, "$")
    if not there or not isinstance(value, list) or not -len(value) <= index < len(value):
        return None
    found = value[index]
    # a text loses its quotes, as Trino documents it
    return None if found is None else str(found) if type(found) is str else _dump(found, is_sorted=False)


@python("VARCHAR, VARCHAR -> BOOLEAN")
def json_array_contains(text: str, wanted: str) -> bool | None:
    there, value = _found(text, "$")
    if not there or not isinstance(value, list):
        return None
    return any(not isinstance(item, dict | list) and _same(item, json.loads(wanted)) for item in value)


def _same(item: Any, wanted: Any) -> bool:
    if isinstance(item, _Number):
        is_whole = re.fullmatch(r"-?\d+", item) is not None
        return isinstance(wanted, int if is_whole else float) and not isinstance(wanted, bool) and float(item) == wanted
    return type(item) is type(wanted) and bool(item == wanted)
