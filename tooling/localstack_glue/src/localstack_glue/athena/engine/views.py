"""Views, stored in the Glue catalog as Athena stores them: Presto's definition in base64, read by every client."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlglot
from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.dialect import TrinoQuery
from localstack_glue.athena.engine.trino.rewrites import CATALOG, VIEW, name_session
from localstack_glue.athena.engine.trino.types import Type
from localstack_glue.service.models import JsonDict

_BEGIN, _END = "/* Presto View: ", " */"
_DEPTH = 16
Lookup = Callable[[str, str], Any]  # a table of the catalog by database and name; None if there is none


def definition(sql: str, database: str, columns: Sequence[tuple[str, Type]]) -> JsonDict:
    """The input of CreateTable for a view."""
    document = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": name, "type": str(kind)} for name, kind in columns],
    }
    text = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": f"{_BEGIN}{text}{_END}",
        "ViewExpandedText": "/* Presto View */",
        "Parameters": {"comment": "Presto View", "presto_view": "true"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": hive_name(kind)} for name, kind in columns],
            "Location": "",
            "SerdeInfo": {},
            "NumberOfBuckets": 0,
        },
    }


def hive_name(kind: Type) -> str:
    """A type of Trino's as the catalog writes it."""
    if kind.kind == "row":
        from localstack_glue.athena.engine.trino.types import field_names

        pairs = zip(field_names(kind), kind.parts, strict=True)
        return f"struct<{','.join(f'{name}:{hive_name(part)}' for name, part in pairs)}>"
    if kind.parts:
        return f"{kind.kind}<{','.join(hive_name(part) for part in kind.parts)}>"
    if kind.kind == "decimal":
        return f"decimal({kind.numbers[0]},{kind.numbers[1]})"
    if kind.kind in ("varchar", "char") and kind.numbers:
        return f"{kind.kind}({kind.numbers[0]})"
    known = {"integer": "int", "varchar": "string", "real": "float", "varbinary": "binary", "json": "string"}
    return known.get(kind.kind, "timestamp" if kind.kind == "timestamp with time zone" else kind.kind)


def original_sql(table: JsonDict, place: str) -> tuple[str, str]:
    """The query of a view, and the database that its names belong to.

    Raises:
        QueryFailedError: another engine wrote the view.
    """
    text = table.get("ViewOriginalText") or ""
    name = f"{table['DatabaseName']}.{table['Name']}"
    if not text.startswith(_BEGIN):
        raise QueryFailedError("NOT_SUPPORTED", f"{place}: {name} is a view that Athena did not create")
    try:
        document = json.loads(base64.b64decode(text.removeprefix(_BEGIN).removesuffix(_END)))
        return str(document["originalSql"]), str(document.get("schema") or table["DatabaseName"])
    except (binascii.Error, ValueError, KeyError) as error:
        raise QueryFailedError("INVALID_VIEW", f"{place}: the definition of {name} cannot be read: {error}") from error


def _column_names(table: JsonDict) -> list[str]:
    """The names when the view was created; empty if they are not recorded."""
    document = json.loads(base64.b64decode(table["ViewOriginalText"].removeprefix(_BEGIN).removesuffix(_END)))
    return [str(column["name"]).lower() for column in document.get("columns") or ()]


def reads(tree: exp.Expr, database: str, lookup: Lookup, is_with_query: Callable[[exp.Table], bool]) -> set[Any]:
    """Databases and names of the tables that a query reads, itself or through views."""
    found: set[tuple[str, str]] = set()

    def noted(schema: str, name: str) -> Any:
        found.add((schema, name))
        return lookup(schema, name)

    expand(tree.copy(), database, noted, is_with_query)
    return found


def expand(tree: exp.Expr, database: str, lookup: Lookup, is_with_query: Callable[[exp.Table], bool]) -> exp.Expr:
    """The query with the views in it replaced by theirs.

    Raises:
        QueryFailedError: views are nested too deep, or in a circle.
    """
    name_session(tree, database)
    for _ in range(_DEPTH):
        found = False
        for table in list(tree.find_all(exp.Table)):
            if not isinstance(table.this, exp.Identifier) or (not table.db and is_with_query(table)):
                continue
            stored = lookup((table.db or database).lower(), table.name.lower())
            if stored is not None and stored.get("TableType") == "VIRTUAL_VIEW":
                found = True
                table.replace(_inlined(table, stored, is_with_query))
        if not found:
            return tree
    raise QueryFailedError("INVALID_VIEW", f"line 1:1: views are nested more than {_DEPTH} deep, or recursively")


def _inlined(table: exp.Table, stored: JsonDict, is_with_query: Callable[[exp.Table], bool]) -> exp.Expr:
    for part in ("version", "sample"):
        if table.args.get(part) is not None:
            message = f"line 1:1: {stored['Name']} is a view: {table.args[part].sql('trino')} is not supported here"
            raise QueryFailedError("NOT_SUPPORTED", message)
    sql, schema = original_sql(stored, "line 1:1")
    try:
        inner = sqlglot.parse_one(sql, read=TrinoQuery)
    except sqlglot.ParseError as error:
        raise QueryFailedError("INVALID_VIEW", f"line 1:1: {stored['Name']}: {error}") from error
    name_session(inner, schema)
    for each in inner.find_all(exp.Table):
        if not each.db and not is_with_query(each):
            each.set("db", exp.to_identifier(schema, quoted=True))
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name.lower(), quoted=True))
    subquery = exp.Subquery(this=inner, alias=alias.copy())
    subquery.meta[VIEW] = (f"{CATALOG}.{stored['DatabaseName']}.{stored['Name']}", _column_names(stored))
    if table.args.get("joins"):
        subquery.set("joins", [join.copy() for join in table.args["joins"]])
    return subquery
