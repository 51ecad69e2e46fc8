"""The columns of an UNNEST that names none, if they are known before the query's own columns are."""

from collections.abc import Sequence

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.expression_translation import Translator
from localstack_glue.athena.engine.trino.types import Type


def name_columns(tree: exp.Expr) -> None:
    """Give them the names that Trino gives, in place: `_col0` and so on, or those of a row's fields."""
    for number, node in enumerate(list(tree.find_all(exp.Unnest))):
        alias = node.args.get("alias")
        if alias is not None and alias.columns:
            continue
        try:
            types = [Translator(_unknown, _no_query).translate(part)[1] for part in node.expressions]
        except QueryFailedError:
            continue  # reported when the whole query is known, unless the columns are never used
        names: list[str] = []
        for kind in types:
            names += _name_columns(kind, len(names))
        offset = node.args.get("offset")
        if offset is True:
            node.set("offset", exp.to_identifier(f"_col{len(names)}", quoted=True))
        table = (
            alias.this.copy()
            if alias is not None and alias.this
            else exp.to_identifier(f"unnest {number}", quoted=True)
        )
        columns = [exp.to_identifier(name, quoted=True) for name in names]
        node.set("alias", exp.TableAlias(this=table, columns=columns))


def _name_columns(kind: Type, first: int) -> list[str]:
    if kind.kind == "map":
        return [f"_col{first}", f"_col{first + 1}"]
    if kind.kind == "array" and kind.element.kind == "row":
        return [name or f"_col{first + place}" for place, name in enumerate(kind.element.names)]
    return [f"_col{first}"]


def _unknown(column: exp.Column) -> tuple[str, Type]:
    raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{column.name}' cannot be resolved")


def _no_query(node: exp.Expr) -> tuple[str, Sequence[Type]]:
    raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
