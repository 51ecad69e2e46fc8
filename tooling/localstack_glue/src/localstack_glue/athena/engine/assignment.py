"""How the columns of a query go into those of a table: INSERT, UPDATE, MERGE and OPTIMIZE."""

from collections.abc import Sequence

from localstack_glue.athena.engine.catalog import Column
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.casts import can_coerce, cast
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.trino.types import Type, duckdb_type


def assign_columns(
    outputs: Sequence[Output], columns: Sequence[tuple[Column, Type]], names: Sequence[str] | None
) -> list[tuple[str, str]]:
    """The table's columns, each as SQL over the query's.

    Args:
        outputs: the query's columns.
        columns: the table's columns with their types.
        names: the columns that the statement lists; None for all, in the table's order.

    Raises:
        QueryFailedError: a listed column does not exist or comes twice, or the types do not fit.
    """
    wanted = names if names is not None else [column.name for column, _ in columns]
    unknown = next((name for name in wanted if name not in {column.name for column, _ in columns}), None)
    if unknown is not None:
        raise QueryFailedError(
            "COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {unknown}"
        )
    twice = next((name for name in wanted if wanted.count(name) > 1), None)
    if twice is not None:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Insert column name is specified more than once: {twice}")
    outputs_by_name = dict(zip(wanted, enumerate(outputs), strict=False))
    fits = len(wanted) == len(outputs) and all(
        _storable(outputs_by_name[column.name][1].type, kind)
        for column, kind in columns
        if column.name in outputs_by_name
    )
    if not fits:
        table = ", ".join(str(kind) for column, kind in columns if column.name in wanted)
        query = ", ".join(str(output.type) for output in outputs)
        raise QueryFailedError(
            "TYPE_MISMATCH", f"line 1:1: Insert query has mismatched column types: Table: [{table}], Query: [{query}]"
        )
    return [
        (
            column.name,
            cast(f"c{outputs_by_name[column.name][0]}", outputs_by_name[column.name][1].type, kind)
            if column.name in outputs_by_name
            else f"CAST(NULL AS {duckdb_type(kind)})",
        )
        for column, kind in columns
    ]


def _storable(found: Type, wanted: Type) -> bool:
    """Whether INSERT takes a value: what turns into the type by itself, and texts that are then cut to its length."""
    if can_coerce(found, wanted):
        return True
    if found.kind != wanted.kind or len(found.parts) != len(wanted.parts):
        return False
    return found.kind in ("varchar", "char") or (bool(found.parts) and all(map(_storable, found.parts, wanted.parts)))
