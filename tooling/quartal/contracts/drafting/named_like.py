"""What the name of a column says about its values."""

from __future__ import annotations

from itertools import pairwise

from quartal.contracts.drafting import words
from quartal.contracts.drafting.column_names import split_words
from quartal.contracts.drafting.sample import SampledColumn

_BEFORE_PLACES = {"at", "by", "for", "in", "of", "on"}
_NO_PLURAL = {"details", "means", "series", "values"}  # or of nothing that is counted


def is_code(column: SampledColumn) -> bool:
    """Whether its numbers are names, such as a postcode."""
    return bool(set(split_words(column.name)) & words.CODES) and not is_quantity(column.name)


def is_quantity(name: str) -> bool:
    """Whether a column counts or measures something, even if its name has words of ids: num_trips, port_fee."""
    *before, last = split_words(name) or ("",)
    if not before or last in words.ID | words.CODES:
        return False
    if "per" in before or (before[0] in words.NUMBER and before[1:2] == ["of"]):
        return True
    if before[0] == "num" and any(_is_plural(each) or each in words.COUNTED for each in (*before[1:], last)):
        return True
    if last in words.ENTITY:
        counted = {each for each, then in pairwise(before) if then in _BEFORE_PLACES}
        is_counted = any(_is_plural(each) or each == "time" for each in counted)
        return is_counted or (bool(words.AGGREGATE & set(before)) and last not in words.CLASS)
    if last in ("cnt", "count", "total") or (before[-1] in words.NUMBER and last in words.COUNTED):
        return True
    return (last in words.MEASURED or _is_plural(last)) and set(before) & (words.ID | words.CODES) <= words.OF_THINGS


def _is_plural(word: str) -> bool:
    is_formed = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us"))
    return is_formed and word not in _NO_PLURAL and word[:-1] not in words.ID | words.CODES


def is_id(column: SampledColumn) -> bool:
    """Whether it identifies something, so that its numbers are no quantities."""
    return bool(set(split_words(column.name)) & (words.CODES | words.ID)) and not is_quantity(column.name)


def is_name(column: SampledColumn) -> bool:
    """Whether it names something, so that letters are as good as digits."""
    return bool(set(split_words(column.name)[-1:]) & (words.CODES | words.ENTITY))


def is_named_like_a_day(column: SampledColumn) -> bool:
    """Whether its numbers, if they are no quantities, are days."""
    return bool(
        set(split_words(column.name)) & {"date", "datum", "day", "fecha", "data", "datetime", "ts", "timestamp"}
    )


def is_quantity_of_days(name: str) -> bool:
    """Whether a column counts or measures something for each day, or data: Day Sales, data_usage."""
    spoken = split_words(name)
    if set(spoken) & {"date", "datum", "fecha", "datetime", "ts", "timestamp"}:
        return False
    return is_quantity(name) and ("data" not in spoken or spoken[-1] in words.MEASURED)  # data_vendas is a date


def is_named_like_a_time(column: SampledColumn) -> bool:
    """Whether its numbers, if they are no quantities, are days or count the time."""
    return is_named_like_a_day(column) or bool(set(split_words(column.name)) & words.TIME)
