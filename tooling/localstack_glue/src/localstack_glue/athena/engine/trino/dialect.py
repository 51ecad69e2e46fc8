"""How a query's text is taken apart: Trino's grammar, with every function under its own name."""

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino

# functions whose arguments stand between words
_SPECIAL = (
    "CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "NORMALIZE", "LISTAGG", "JSON_OBJECT", "JSON_QUERY",
    "JSON_TABLE", "JSON_VALUE", "OVERLAY",
)  # fmt: skip
EXPLICIT = "explicit"


_TrinoParser: Any = Trino.Parser


class TrinoQuery(Trino):
    """sqlglot's Trino, but for what it would already take for something of its own."""

    INDEX_OFFSET = 0

    class Parser(_TrinoParser):
        """Leaves functions and array indexes as they are written, and tells CAST from a typed literal."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in _TrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL
        }

        def _parse_cast(self, strict: bool, safe: bool | None = None) -> exp.Expr:
            found: exp.Expr = super()._parse_cast(strict, safe)
            found.meta[EXPLICIT] = True
            return found
