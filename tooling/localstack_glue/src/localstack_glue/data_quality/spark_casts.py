"""The results of Spark's casts of texts, as SQL of DuckDB over the SQL of a text."""

from __future__ import annotations

_WHOLE = r"[+-]?(\d+(\.\d*)?|\.\d+)"


def trimmed(value: str) -> str:
    """A text without the characters that casts trim: all ASCII blanks, tabs and line ends."""
    return f"trim({value}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))"


def to_whole_number(value: str, *, is_text: bool) -> str:
    """A number without its fraction; a text with an exponent is not a number here."""
    if not is_text:
        return f"trunc(TRY_CAST({value} AS DECIMAL(38, 10)))"
    text = trimmed(value)
    number = f"trunc(TRY_CAST({text} AS DECIMAL(38, 10)))"
    return f"CASE WHEN regexp_full_match({text}, '{_WHOLE}') THEN {number} END"


def to_date(value: str) -> str:
    """A date: 2024-2-9, 2024-2 and 2024, with anything after a T or a blank, and no year of two digits."""
    text = trimmed(value)
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d{{4,7}}-\\d{{1,2}}-\\d{{1,2}}([ T](?s:.*))?') "
        f"THEN TRY_CAST(regexp_extract({text}, '^[0-9-]+') AS DATE) "
        f"WHEN regexp_full_match({text}, '\\d{{4,7}}-\\d{{1,2}}') THEN TRY_CAST({text} || '-01' AS DATE) "
        f"WHEN regexp_full_match({text}, '\\d{{4,7}}') THEN TRY_CAST({text} || '-01-01' AS DATE) END"
    )


def to_timestamp(value: str) -> str:
    """A timestamp: a day is its first moment."""
    text = trimmed(value)
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d{{4,7}}(-\\d{{1,2}}){{0,2}}') "
        f"THEN CAST({to_date(value)} AS TIMESTAMP) "
        f"WHEN regexp_matches({text}, '^\\d{{4}}') THEN TRY_CAST({text} AS TIMESTAMP) END"
    )
