"""CAST between any two of Trino's types, translated to DuckDB.

A cast that Trino refuses is refused; a value that cannot be cast fails with INVALID_CAST_ARGUMENT.
"""

# ruff: noqa: E501 - SQL in a line is read as a line

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import quoted, rounded_moment, text_literal
from localstack_glue.athena.engine.trino.types import (
    DAY_INTERVAL,
    INTEGERS,
    MAX_CHAR,
    MONTH_INTERVAL,
    NUMBERS,
    Type,
    common,
    duckdb_type,
    field_names,
)
from localstack_glue.athena.engine.trino.zones import in_zone

_LIMITS = {"tinyint": 7, "smallint": 15, "integer": 31, "bigint": 63}
_CHARACTERS = ("varchar", "char")


def failure(code: str, message: str) -> str:
    """SQL that fails with a message, which is SQL itself; it can be used where a null could."""
    # a null of any type, reached by what cannot be: DuckDB would work out a condition ahead, and fail too soon
    return f"[NULL][CAST({text_literal(code + ': ')} || {message} AS BIGINT)]"


def cast(value: str, found: Type, wanted: Type) -> str:
    """A value as another type.

    Raises:
        QueryFailedError: Trino has no such cast, or it is not supported here.
    """
    if found == wanted:
        return value
    if found.kind == "unknown":
        return f"CAST({value} AS {duckdb_type(wanted)})"
    if wanted.kind == "json":
        return _to_json(value, found)
    if found.kind == "json":
        return _from_json(value, wanted)
    if found.kind in _CHARACTERS:
        return _from_text(value, found, wanted)
    if wanted.kind == "shown":
        return to_text(value, found)
    if wanted.kind in _CHARACTERS:
        return _cut(as_varchar(value, found), wanted, found)
    if found.kind in (*NUMBERS, "boolean") and wanted.kind in (*NUMBERS, "boolean"):
        return _number(value, found, wanted)
    if found.kind == wanted.kind and found.parts:
        return _nested(value, found, wanted)
    if found.kind in _TIMES and wanted.kind in _TIMES:
        return _time(value, found, wanted)
    if found.kind == wanted.kind:
        return value
    raise _refusal(found, wanted)


def coerce(value: str, found: Type, wanted: Type) -> str:
    """A value as a type that it turns into by itself."""
    if found == wanted or (found.kind == wanted.kind and found.kind in ("varchar", "timestamp", "time")):
        return value
    return cast(value, found, wanted)


def can_coerce(found: Type, wanted: Type) -> bool:
    """Whether a value turns into a type by itself."""
    if found == wanted or found.kind == "unknown":
        return True
    if found.kind == "varchar" and wanted.kind == "varchar":
        return not wanted.numbers or bool(found.numbers and found.numbers[0] <= wanted.numbers[0])
    return common(found, wanted) == wanted


def as_varchar(value: str, kind: Type) -> str:
    """A value cast to varchar: a double always gets an exponent, as the SQL standard has it."""
    return f"trino_{kind.kind}_cast({value})" if kind.kind in ("double", "real") else to_text(value, kind)


def to_text(value: str, kind: Type) -> str:
    """A value as an answer shows it.

    Raises:
        QueryFailedError: the type cannot be shown as text.
    """
    if (
        kind.kind == "decimal" and kind.numbers[0] == kind.numbers[1]
    ):  # which DuckDB writes without the zero before the point
        return f"replace(replace('|' || CAST({value} AS VARCHAR), '|.', '|0.'), '|-.', '|-0.')[2:]"
    if kind.kind in INTEGERS or kind.kind in ("decimal", "boolean", "date", "uuid"):
        return f"CAST({value} AS VARCHAR)"
    if kind.kind in ("double", "real"):
        return f"trino_{kind.kind}_text({value})"
    if kind.kind in _CHARACTERS:
        return value
    if kind.kind == "timestamp":
        return _moment_text(value, kind)
    if kind.kind == "timestamp with time zone":
        local = _moment_text(in_zone(value, kind.zone), kind)
        return f"({local} || {text_literal(' ' + kind.zone)})"
    if kind.kind == "time":
        return f"substr(strftime(CAST('1970-01-01' AS DATE) + {value}, '%H:%M:%S.%f'), 1, {9 + kind.numbers[0] if kind.numbers[0] else 8})"
    if kind == DAY_INTERVAL:
        return f"trino_day_interval_text({value})"
    if kind == MONTH_INTERVAL:
        return f"trino_month_interval_text({value})"
    if kind.kind == "varbinary":
        raise _refusal(kind, Type("varchar"))
    raise _refusal(kind, Type("varchar"))


def _moment_text(value: str, kind: Type) -> str:
    digits = kind.numbers[0]
    if digits > 6:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"line 1:1: {kind} is not supported here: the finest unit is the microsecond"
        )
    return f"substr(strftime({value}, '%Y-%m-%d %H:%M:%S.%f'), 1, {20 + digits if digits else 19})"


def _cut(text: str, wanted: Type, found: Type) -> str:
    """A text cut to its type's length; a value that is not a text and does not fit is an error."""
    if not wanted.numbers:
        return text
    length = wanted.numbers[0]
    if found.kind in _CHARACTERS:
        cut = f"substr({text}, 1, {length})"
        return f"rpad({cut}, {length}, ' ')" if wanted.kind == "char" and length < MAX_CHAR else cut
    message = f"'Value ' || {text} || {text_literal(f' cannot be represented as {wanted}')}"
    return f"CASE WHEN length({text}) > {length} THEN {failure('INVALID_CAST_ARGUMENT', message)} ELSE {text} END"


def _checked(value: str, condition: str, result: str, wanted: Type) -> str:
    message = f"'Cannot cast ''' || {value} || {text_literal(chr(39) + ' to ' + _upper(wanted))}"
    return (
        f"CASE WHEN {value} IS NULL OR {condition} THEN {result} ELSE {failure('INVALID_CAST_ARGUMENT', message)} END"
    )


def _from_text(value: str, found: Type, wanted: Type) -> str:
    text = f"rtrim({value}, ' ')" if found.kind == "char" else value
    if wanted.kind in _CHARACTERS:
        return _cut(value, wanted, found)
    target = duckdb_type(wanted)
    if wanted.kind in INTEGERS:
        return _checked(
            text,
            f"(regexp_full_match({text}, '[+-]?[0-9]+') AND TRY_CAST({text} AS {target}) IS NOT NULL)",
            f"TRY_CAST({text} AS {target})",
            wanted,
        )
    if wanted.kind in ("double", "real"):
        return f"CAST(trino_parse_double({text}) AS {target})"
    if wanted.kind == "decimal":
        number = f"TRY_CAST({text} AS {target})"
        pattern = "[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?"
        return _checked(text, f"(regexp_full_match({text}, '{pattern}') AND {number} IS NOT NULL)", number, wanted)
    if wanted.kind == "boolean":
        lower = f"lower({text})"
        return _checked(
            text, f"{lower} IN ('t', 'true', '1', 'f', 'false', '0')", f"{lower} IN ('t', 'true', '1')", wanted
        )
    if wanted.kind == "date":
        text = f"trim({text}, ' ' || chr(9) || chr(10) || chr(13))"
        day = f"TRY_CAST({text} AS DATE)"
        return _checked(
            text, f"(regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') AND {day} IS NOT NULL)", day, wanted
        )  # fmt: skip
    if wanted.kind == "timestamp":
        return rounded_moment(f"trino_parse_timestamp({text})", wanted.numbers[0])
    if wanted.kind == "timestamp with time zone":
        return f"trino_parse_zoned({text})"
    if wanted.kind == "time":
        time = f"TRY_CAST({text} AS TIME)"
        pattern = "[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\\.[0-9]+)?)?"
        moment = f"(CAST('1970-01-01' AS DATE) + {time})"
        rounded = f"CAST({rounded_moment(moment, wanted.numbers[0])} AS TIME)"
        return _checked(text, f"(regexp_full_match({text}, '{pattern}') AND {time} IS NOT NULL)", rounded, wanted)
    if wanted.kind == "varbinary":
        return f"encode({text})"
    if wanted.kind == "uuid":
        form = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
        return _checked(
            text, f"regexp_full_match({text}, '{form}')", f"CAST(TRY_CAST({text} AS UUID) AS VARCHAR)", wanted
        )
    raise _refusal(found, wanted)


def _number(value: str, found: Type, wanted: Type) -> str:
    target = duckdb_type(wanted)
    if wanted.kind == "boolean":
        return f"({value} <> 0)"
    if found.kind == "boolean":
        return f"CAST(CAST({value} AS INTEGER) AS {target})"
    if found.kind in ("double", "real") and wanted.kind in INTEGERS:
        rounded = f"trunc({value} + CASE WHEN {value} < 0 THEN -0.5 ELSE 0.5 END)"
        limit = f"{2 ** _LIMITS[wanted.kind]}::DOUBLE"
        message = f"'Unable to cast ' || trino_{found.kind}_text({value}) || ' to {wanted.kind}'"
        return (
            f"CASE WHEN {value} IS NULL THEN NULL WHEN {rounded} >= -{limit} AND {rounded} < {limit} "
            f"THEN CAST({rounded} AS {target}) ELSE {failure('INVALID_CAST_ARGUMENT', message)} END"
        )
    narrows = wanted.kind in INTEGERS or wanted.kind == "decimal"
    if narrows and not (found.kind in INTEGERS and common(found, wanted) == wanted):
        # the shortest digits that identify a double
        text = f"CAST({value} AS VARCHAR)" if found.kind in ("double", "real") else value
        message = f"'Cannot cast ' || CAST({value} AS VARCHAR) || {text_literal(f' to {wanted}')}"
        return (
            f"CASE WHEN {value} IS NULL OR TRY_CAST({text} AS {target}) IS NOT NULL "
            f"THEN TRY_CAST({text} AS {target}) ELSE {failure('INVALID_CAST_ARGUMENT', message)} END"
        )
    return f"CAST({value} AS {target})"


def _nested(value: str, found: Type, wanted: Type) -> str:
    if found.kind == "row":
        if len(found.parts) != len(wanted.parts):
            raise _refusal(found, wanted)
        fields_of_both = zip(field_names(found), found.parts, field_names(wanted), wanted.parts, strict=True)
        fields = (f"{quoted(new)} := {cast(f'({value}).{quoted(old)}', a, b)}" for old, a, new, b in fields_of_both)
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({', '.join(fields)}) END"
    name = f"each{_depth(wanted)}"
    if found.kind == "array":
        inner = cast(name, found.element, wanted.element)
        return value if inner == name else f"list_transform({value}, lambda {name}: {inner})"
    key = cast(f"{name}.key", found.parts[0], wanted.parts[0])
    item = cast(f"{name}.value", found.parts[1], wanted.parts[1])
    entries = f"list_transform(map_entries({value}), lambda {name}: struct_pack(key := {key}, value := {item}))"
    return f"map_from_entries({entries})"


def _depth(kind: Type) -> int:
    return 1 + max((_depth(part) for part in kind.parts), default=0)


_TIMES = ("date", "time", "timestamp", "timestamp with time zone")


def _time(value: str, found: Type, wanted: Type) -> str:
    digits, source = wanted.numbers[0] if wanted.numbers else 0, found.numbers[0] if found.numbers else 0
    if wanted.kind == "timestamp with time zone" and found.kind != "time":
        if found.zone and digits >= source:
            return value
        moment = f"timezone('UTC', {value})" if found.zone else f"CAST({value} AS TIMESTAMP)"
        return f"timezone('UTC', {moment if digits >= source else rounded_moment(moment, digits)})"
    if (wanted.kind, found.kind) == ("time", "time"):
        moment = f"(CAST('1970-01-01' AS DATE) + {value})"
        return value if digits >= source else f"CAST({rounded_moment(moment, digits)} AS TIME)"
    local = in_zone(value, found.zone) if found.zone else value
    if wanted.kind == "date" and found.kind != "time":
        return f"CAST({local} AS DATE)"
    if wanted.kind == "timestamp" and found.kind != "time":
        moment = f"CAST({local} AS TIMESTAMP)"
        return moment if digits >= source else rounded_moment(moment, digits)
    if wanted.kind == "time" and found.kind != "date":
        return f"CAST({local if digits >= source else rounded_moment(local, digits)} AS TIME)"
    raise _refusal(found, wanted)


def _to_json(value: str, found: Type) -> str:
    if found.kind == "json":
        return value
    if found.kind == "map" and found.parts[0].kind == "unknown":  # which is empty
        return f"CASE WHEN {value} IS NOT NULL THEN '{{}}' END"
    if found.kind == "unknown":
        return f"CAST({value} AS VARCHAR)"
    if found.kind in _CHARACTERS:
        return f"CAST(to_json({value}) AS VARCHAR)"
    if found.kind in (*INTEGERS, "boolean", "decimal"):
        return to_text(value, found)
    if found.kind in ("double", "real"):
        text = to_text(value, found)
        return f"CASE WHEN isfinite({value}) THEN {text} ELSE '\"' || {text} || '\"' END"
    if found.kind in _TIMES:
        return f"('\"' || {to_text(value, found)} || '\"')"
    if found.kind == "array":
        item = _to_json("item", found.element)
        items = f"list_transform({value}, lambda item: coalesce({item}, 'null'))"
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE '[' || coalesce(array_to_string({items}, ','), '') || ']' END"
    if found.kind == "map":
        key = f"CAST(to_json({to_text('entry.key', found.parts[0])}) AS VARCHAR)"
        item = _to_json("entry.value", found.parts[1])
        # Trino writes the keys of a map in their order
        entries = (
            f"list_sort(list_transform(map_entries({value}), lambda entry: {key} || ':' || coalesce({item}, 'null')))"
        )
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE '{{' || array_to_string({entries}, ',') || '}}' END"
    if found.kind == "row":
        pairs = zip(field_names(found), found.names, found.parts, strict=True)
        fields = []
        for field, name, part in pairs:
            key = text_literal(f'"{name or ""}":')
            fields.append(f"{key} || coalesce({_to_json(f'({value}).{quoted(field)}', part)}, 'null')")
        joined = " || ',' || ".join(fields)
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE '{{' || {joined} || '}}' END"
    raise _refusal(found, Type("json"))


def _from_json(value: str, wanted: Type) -> str:
    if wanted.kind in _CHARACTERS:
        return f"trino_json_text({value})"
    if wanted.kind in INTEGERS or wanted.kind in ("double", "real", "boolean", "decimal"):
        return _scalar_of_json(value, wanted)
    if wanted.kind == "array":
        items = f"CAST(json_extract({value}, '$[*]') AS VARCHAR[])"
        inner = _from_json("item", wanted.element) if wanted.element.kind != "json" else "item"
        kind = f"json_type({value})"
        is_array = f"list_transform({items}, lambda item: CASE WHEN item = 'null' THEN NULL ELSE {inner} END)"
        message = text_literal(f"Cannot cast to {wanted}.")
        return (
            f"CASE WHEN {kind} = 'ARRAY' THEN {is_array} WHEN {value} IS NULL OR {value} = 'null' THEN NULL "
            f"ELSE {failure('INVALID_CAST_ARGUMENT', message)} END"
        )
    if wanted.kind == "map" and wanted.parts[0].kind in (*NUMBERS, "varchar", "boolean"):
        key = cast("item.key", Type("varchar"), wanted.parts[0])
        inner = _from_json("item.value", wanted.parts[1]) if wanted.parts[1].kind != "json" else "item.value"
        pairs = f"trino_json_entries({value})"
        return (
            f"map_from_entries(list_transform({pairs}, lambda item: struct_pack(key := {key}, value := "
            f"CASE WHEN item.value = 'null' THEN NULL ELSE {inner} END)))"
        )
    if wanted.kind == "row":
        parts: list[str] = []
        for place, (name, part) in enumerate(zip(field_names(wanted), wanted.parts, strict=True)):
            item = f"py_json_field({value}, {text_literal(name if wanted.names[place] else '')}, {place}, {len(wanted.parts)})"
            inner = item if part.kind == "json" else _from_json(item, part)
            parts.append(f"{quoted(name)} := CASE WHEN {item} = 'null' THEN NULL ELSE {inner} END")
        return f"CASE WHEN {value} IS NULL OR {value} = 'null' THEN NULL ELSE struct_pack({', '.join(parts)}) END"
    raise _refusal(Type("json"), wanted)


def _scalar_of_json(value: str, wanted: Type) -> str:
    """A number with a point is rounded where a whole one is wanted; true and false are numbers, and numbers are true."""
    text = _from_text(f"trino_json_number({value})", Type("varchar"), wanted)
    kind, number = f"json_type({value})", f"TRY_CAST({value} AS DOUBLE)"
    if wanted.kind == "boolean":
        return f"CASE WHEN {kind} IN ('DOUBLE', 'UBIGINT', 'BIGINT') THEN {number} <> 0 ELSE {text} END"
    said = f"CAST(CAST({value} = 'true' AS INTEGER) AS {duckdb_type(wanted)})"
    rounded = (
        f"WHEN {kind} = 'DOUBLE' THEN {_number(number, Type('double'), wanted)} " if wanted.kind in INTEGERS else ""
    )
    return f"CASE WHEN {kind} = 'BOOLEAN' THEN {said} {rounded}ELSE {text} END"


def _upper(kind: Type) -> str:
    return {"integer": "INT"}.get(kind.kind, str(kind).upper())


def _refusal(found: Type, wanted: Type) -> QueryFailedError:
    return QueryFailedError("TYPE_MISMATCH", f"line 1:1: Cannot cast {found} to {wanted}")
