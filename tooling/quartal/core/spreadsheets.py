"""Escapes text in CSV files that a spreadsheet would take for a formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# Excel, LibreOffice and Google Sheets: https://owasp.org/www-community/attacks/CSV_Injection
# also full-width characters of East Asian keyboards, and after blanks, which some programs drop
_FORMULA = "^([\t\r\n]|[ \t\r\n\v\f\u00a0\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20])"
_NUMBER = r"^ *[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"


def escape_formula(value: Any) -> Any:
    """The value, with an apostrophe before it if it begins like a formula; numbers stay as they are."""
    if isinstance(value, str) and re.match(_FORMULA, value) and not re.fullmatch(_NUMBER, value):
        return f"'{value}"
    return value


def escape_formulas(rows: pa.Table) -> pa.Table:
    """The same for every text in a table and for the names of its columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def column(values: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            return values
        is_formula = pc.and_not(pc.match_substring_regex(values, _FORMULA), pc.match_substring_regex(values, _NUMBER))
        quoted = pc.binary_join_element_wise(pa.scalar("'", values.type), values, pa.scalar("", values.type))
        return pc.if_else(is_formula, quoted, values)

    return pa.table(
        [column(values) for values in rows.columns], names=[escape_formula(name) for name in rows.column_names]
    )
