"""DELETE, UPDATE and MERGE as queries: the rows that a table has afterwards, and how many were changed."""

from collections.abc import Sequence

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import quoted
from localstack_glue.athena.engine.trino.dialect import TrinoQuery

_MERGED = "merge_matched"


def rewriting(statement: exp.Expr, database: str, names: Sequence[str]) -> tuple[list[tuple[str, str]], str, str]:
    """The effect of a change on a table.

    Args:
        statement: DELETE, UPDATE or MERGE.
        database: the database of a name without one.
        names: the table's columns.

    Returns:
        Queries that must count nothing, with the problem if they do; the query of the table's new rows; the query that
            counts the changed rows.

    Raises:
        QueryFailedError: a column that is set or inserted does not exist or comes twice, or a row lacks values.
    """
    table = statement.this
    name = f'"{(table.text("db") or database).lower()}"."{table.name.lower()}"'
    alias = table.alias or table.name.lower()
    source = f'{name} AS "{alias}"'
    columns = [f'"{alias}"."{column}"' for column in names]
    if isinstance(statement, exp.Merge):
        return _merged(statement, name, alias, source, names)
    where = statement.args.get("where")
    condition = f"coalesce({where.this.sql(TrinoQuery)}, false)" if where is not None else "true"
    count = f"SELECT count(*) FROM {source} WHERE {condition}"
    if isinstance(statement, exp.Delete):
        return [], f"SELECT {', '.join(columns)} FROM {source} WHERE NOT {condition}", count
    sets = _sets(statement, names)
    values = [
        f'CASE WHEN {condition} THEN {sets[column]} ELSE "{alias}"."{column}" END AS "{column}"'
        if column in sets
        else f'"{alias}"."{column}"'
        for column in names
    ]
    return [], f"SELECT {', '.join(values)} FROM {source}", count


def _merged(
    merge: exp.Merge, name: str, alias: str, source: str, names: Sequence[str]
) -> tuple[list[tuple[str, str]], str, str]:
    using = merge.args["using"]
    other = using.alias or using.name
    merged = f'(SELECT *, true AS {_MERGED} FROM {using.sql(TrinoQuery)}) AS "{other}"'
    on = merge.args["on"].sql(TrinoQuery)
    joined = f"{source} LEFT JOIN {merged} ON {on}"
    matched = f'coalesce("{other}".{_MERGED}, false)'
    branches: list[tuple[str, exp.Expr]] = []
    inserts: list[tuple[str, exp.Expr]] = []
    for when in merge.args["whens"].expressions:
        condition = when.args.get("condition")
        text = f"coalesce({condition.sql(TrinoQuery)}, false)" if condition is not None else "true"
        (branches if when.args["matched"] else inserts).append((text, when.args["then"]))
    kept, changed = [], []
    values: dict[str, list[str]] = {column: [] for column in names}
    for text, then in branches:
        if isinstance(then, exp.Update):
            sets = _sets(then, names)
            for column in names:
                values[column].append(
                    f"WHEN {matched} AND {text} THEN {sets.get(column) or f'{quoted(alias)}.{quoted(column)}'}"
                )
            kept.append(f"WHEN {matched} AND {text} THEN true")
        else:
            kept.append(f"WHEN {matched} AND {text} THEN false")
        changed.append(f"({matched} AND {text})")
    shown = [
        f"CASE {' '.join(values[column])} ELSE {quoted(alias)}.{quoted(column)} END AS {quoted(column)}"
        if values[column]
        else f"{quoted(alias)}.{quoted(column)}"
        for column in names
    ]
    where = f" WHERE CASE {' '.join(kept)} ELSE true END" if kept else ""
    parts = [f"SELECT {', '.join(shown)} FROM {joined}{where}"]
    counts = [f"(SELECT count(*) FROM {joined} WHERE {' OR '.join(changed)})" if changed else "0"]
    before: list[str] = []
    for text, then in inserts:
        columns = [each.name.lower() for each in then.this.expressions] if then.this is not None else list(names)
        _check_names(columns, names)
        inserted = [each.sql(TrinoQuery) for each in then.expression.expressions]
        if len(inserted) != len(columns):
            raise QueryFailedError(
                "TYPE_MISMATCH", f"line 1:1: MERGE inserts {len(inserted)} values into {len(columns)} columns"
            )
        values_by_column = dict(zip(columns, inserted, strict=True))
        chosen = [f"{values_by_column.get(column, 'NULL')} AS {quoted(column)}" for column in names]
        missing = f"NOT EXISTS (SELECT 1 FROM {source} WHERE {on})"
        condition = " AND ".join([missing, text, *(f"NOT ({each})" for each in before)])
        parts.append(f"SELECT {', '.join(chosen)} FROM {merged} WHERE {condition}")
        counts.append(f"(SELECT count(*) FROM {merged} WHERE {condition})")
        before.append(text)
    twice = f"SELECT (SELECT count(*) FROM {joined}) - (SELECT count(*) FROM {name})"
    checks = [(twice, "One MERGE target table row matched more than one source row")] if branches else []
    return checks, " UNION ALL ".join(parts), f"SELECT {' + '.join(counts)}"


def _sets(update: exp.Expr, names: Sequence[str]) -> dict[str, str]:
    """The new values of an UPDATE's columns."""
    _check_names([each.this.name.lower() for each in update.expressions], names)
    return {each.this.name.lower(): each.expression.sql(TrinoQuery) for each in update.expressions}


def _check_names(wanted: Sequence[str], names: Sequence[str]) -> None:
    unknown = next((name for name in wanted if name not in names), None)
    if unknown is not None:
        raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: The table has no column {unknown}")
    twice = next((name for name in wanted if wanted.count(name) > 1), None)
    if twice is not None:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Multiple assignments for column {twice}")
