"""The results of Spark's casts of texts, as SQL of DuckDB over the SQL of a text."""

from __future__ import annotations

_DIGITS = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_NO_DIGITS = r"NaN|[+-]?Inf(inity)?"
_WHOLE = r"[+-]?(\d+(\.\d*)?|\.\d+)"
_YEAR = r"\+?\d{4,7}"
_DAY = rf"{_YEAR}-\d{{1,2}}-\d{{1,2}}"
_TIME = r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(\.\d*)?)?)?"
_MOMENT = rf"{_DAY}[ T]{_TIME}(?: ?(?:Z|UTC|GMT|UT|([+-])(\d{{1,2}}):?(\d{{1,2}})?))?"
_BEFORE_YEAR_0 = r"^-\d{4,7}(?:-\d{1,2}){0,2}(?:[ T]|$)"
_OTHER_MOMENT = rf"^T?\d{{1,2}}:\d|{_BEFORE_YEAR_0}|^{_DAY}[ T]{_TIME} ?[A-Za-z]{{3,}}"


def trimmed(value: str) -> str:
    """A text without the characters at its ends that casts trim: all controls of ASCII, and blanks."""
    return f"regexp_replace({value}, '^[\\x00-\\x20]+|[\\x00-\\x20]+$', '', 'g')"


def to_boolean(value: str) -> str:
    """A truth value: t, true, y, yes, 1 and their opposites, in any case."""
    text = f"lower({trimmed(value)})"
    return (
        f"CASE WHEN {text} IN ('t', 'true', 'y', 'yes', '1') THEN true "
        f"WHEN {text} IN ('f', 'false', 'n', 'no', '0') THEN false END"
    )


def digits_of(value: str) -> str:
    """A text that is a number, without blanks around it; null for another."""
    text = trimmed(value)
    return f"CASE WHEN regexp_full_match({text}, '{_DIGITS}') THEN {text} END"


def to_double(value: str) -> str:
    """A number: also with a d or f at its end, NaN or an infinity; what is too large is infinite."""
    text = trimmed(value)
    digits = f"TRY_CAST(regexp_replace({text}, '[dDfF]$', '') AS DOUBLE)"
    infinite = f"CASE WHEN {text} LIKE '-%' THEN '-inf'::DOUBLE ELSE 'inf'::DOUBLE END"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_DIGITS}[dDfF]?') THEN coalesce({digits}, {infinite}) "
        f"WHEN regexp_full_match({text}, '{_NO_DIGITS}', 'i') THEN TRY_CAST({text} AS DOUBLE) END"
    )


def to_whole_number(value: str, *, is_text: bool) -> str:
    """A number without its fraction; a text with an exponent is not a number here, and a point alone is 0."""
    if not is_text:
        return f"trunc(TRY_CAST({value} AS DECIMAL(38, 10)))"
    text = trimmed(value)
    number = f"trunc(TRY_CAST({text} AS DECIMAL(38, 10)))"
    return f"CASE WHEN regexp_full_match({text}, '{_WHOLE}') THEN {number} WHEN {text} IN ('.', '+.', '-.') THEN 0 END"


def to_date(value: str) -> str:
    """A date: 2024-2-9, 2024-2 and 2024, with anything after a T or a blank, and no year of two digits."""
    text = trimmed(value)
    digits = f"ltrim({text}, '+')"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_DAY}([ T](?s:.*))?') "
        f"THEN TRY_CAST(regexp_extract({digits}, '^[0-9-]+') AS DATE) "
        f"WHEN regexp_full_match({text}, '{_YEAR}-\\d{{1,2}}') THEN TRY_CAST({digits} || '-01' AS DATE) "
        f"WHEN regexp_full_match({text}, '{_YEAR}') THEN TRY_CAST({digits} || '-01-01' AS DATE) "
        f"WHEN regexp_matches({text}, '{_BEFORE_YEAR_0}') THEN CAST(error('a year before 0') AS DATE) END"
    )


def to_timestamp(value: str) -> str:
    """A timestamp in UTC: a day is its first moment. A time alone, which is today's, and named zones are errors."""
    text = trimmed(value)
    hour, minute, second, fraction, sign, hours, minutes = (
        f"regexp_extract({text}, '{_MOMENT}', {group})" for group in range(1, 8)
    )
    whole = [f"CAST('0' || {part} AS INT)" for part in (hour, minute, second, hours, minutes)]
    offset = f"(CASE WHEN {sign} = '-' THEN -1 ELSE 1 END * ({whole[3]} * 60 + {whole[4]}))"
    is_sound = f"{whole[0]} < 24 AND {whole[1]} < 60 AND {whole[2]} < 60 AND {whole[4]} < 60 AND abs({offset}) <= 1080"
    parts = f"to_hours({whole[0]}) + to_minutes({whole[1]} - {offset}) + to_seconds({whole[2]})"
    micros = f"to_microseconds(CAST(rpad(substr({fraction}, 2, 6), 6, '0') AS BIGINT))"
    day = f"TRY_CAST({to_date(value)} AS TIMESTAMP)"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_YEAR}(-\\d{{1,2}}){{0,2}}') THEN {day} "
        f"WHEN regexp_full_match({text}, '{_MOMENT}') THEN CASE WHEN {is_sound} THEN {day} + {parts} + {micros} END "
        f"WHEN regexp_matches({text}, '{_OTHER_MOMENT}') "
        f"THEN CAST(error('a time without a day, a named zone or a year before 0') AS TIMESTAMP) END"
    )
