"""SQL that several functions and casts share, as DuckDB macros; each connection gets those that its query uses."""

# ruff: noqa: E501 - SQL in a line is read as a line

import re

import duckdb

from localstack_glue.athena.engine.trino.python import registry

MACROS = {
    "trino_double_text": ("x", "py_double_text({0})"),
    "trino_real_text": ("x", "py_real_text(CAST({0} AS DOUBLE))"),
    "trino_double_cast": ("x", "py_double_cast({0})"),
    "trino_real_cast": ("x", "py_real_cast(CAST({0} AS DOUBLE))"),
    "trino_parse_double": ("x", "CAST(py_parse_double({0}) AS DOUBLE)"),
    "trino_parse_timestamp": ("x", "make_timestamp(py_parse_timestamp({0}))"),
    "trino_parse_zoned": ("x", "make_timestamptz(py_parse_zoned({0}))"),
    "trino_json_text": ("x", "py_json_text({0})"),
    "trino_json_number": ("x", "py_json_number({0})"),
    "trino_json_entries": ("x", "map_entries(py_json_entries({0}))"),
    "trino_now": ("", "CAST(date_trunc('milliseconds', now()) AS TIMESTAMPTZ)"),
    "trino_day_interval_text": (
        "x",
        "((CASE WHEN {0} < 0 THEN '-' ELSE '' END) || (abs({0}) // 86400000) || ' ' || "
        "printf('%02d:%02d:%02d.%03d', abs({0}) // 3600000 % 24, abs({0}) // 60000 % 60, abs({0}) // 1000 % 60, abs({0}) % 1000))",
    ),
    "trino_month_interval_text": (
        "x", "((CASE WHEN {0} < 0 THEN '-' ELSE '' END) || (abs({0}) // 12) || '-' || (abs({0}) % 12))"
    ),
}  # fmt: skip
_USED = re.compile(r"\btrino_\w+")


def prepare(connection: duckdb.DuckDBPyConnection, *texts: str) -> None:
    """Give a connection, once, the macros and the Python functions that some SQL uses."""
    defined = definitions(" ".join(texts))
    registry.make_available(connection, [*texts, *defined])
    for definition in defined:
        connection.execute(definition)


def definitions(sql: str) -> list[str]:
    """The statements that create the macros that a query uses, if they do not exist yet."""
    found = []
    for name in sorted(set(_USED.findall(sql))):
        parameters, body = MACROS[name]
        found.append(f"CREATE MACRO IF NOT EXISTS {name}({parameters}) AS {body.format(*parameters.split(', '))}")
    return found
