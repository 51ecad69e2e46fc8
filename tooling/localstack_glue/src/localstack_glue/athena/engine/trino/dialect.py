"""How a query's text is taken apart: Trino's grammar, with every function under its own name."""

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino

from localstack_glue.athena.engine.trino import standard_json_grammar

# functions with keywords between their arguments
_SPECIAL = (
    "CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "NORMALIZE", "LISTAGG", "JSON_TABLE",
    "OVERLAY",
)  # fmt: skip
EXPLICIT = "explicit"
FOREIGN = "foreign"
# the words that begin a type of Trino's, also of those that are not supported here
TYPES = frozenset((
    "boolean", "tinyint", "smallint", "int", "integer", "bigint", "real", "float", "double", "double precision",
    "decimal", "dec", "numeric",
    "varchar", "char", "varbinary", "json", "date", "time", "timestamp", "interval", "array", "map", "row", "uuid",
    "ipaddress", "geometry", "hyperloglog",
))  # fmt: skip


_TrinoParser: Any = Trino.Parser
_TrinoGenerator: Any = Trino.Generator


class TrinoQuery(Trino):
    """sqlglot's Trino, without the words that it would take for its own extensions."""

    INDEX_OFFSET = 0

    class Parser(_TrinoParser):
        """Keeps functions and array indexes as they are written, and distinguishes CAST from a typed literal."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in _TrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL
        } | {
            name.upper(): lambda self, name=name: standard_json_grammar.parse(self, name)
            for name in standard_json_grammar.NAMES
        }

        def _parse_types(self, *arguments: Any, **options: Any) -> exp.Expr | None:
            word = self._curr.text.lower() if self._curr else ""
            found: exp.Expr | None = super()._parse_types(*arguments, **options)
            if isinstance(found, exp.DataType) and word not in TYPES:
                found.meta[FOREIGN] = word
            return found

        def _parse_cast(self, strict: bool, safe: bool | None = None) -> exp.Expr:
            found: exp.Expr = super()._parse_cast(strict, safe)
            found.meta[EXPLICIT] = True
            return found

    class Generator(_TrinoGenerator):
        """Writes `DECIMAL '1.5'` as that: `CAST('1.5' AS DECIMAL)` is another value, 2."""

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
            """CAST, or a literal with its type."""
            value = expression.this
            if not isinstance(value, exp.Literal) or not value.is_string or expression.meta.get(EXPLICIT):
                written: str = super().cast_sql(expression, safe_prefix)
                return written
            kind = self.sql(expression, "to")
            word = next((each for each in ("DECIMAL", "TIMESTAMP", "TIME", "CHAR") if kind.startswith(each)), kind)
            return f"{word} {self.sql(value)}"
