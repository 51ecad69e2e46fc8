"""What the name of a column says about its values."""

from __future__ import annotations

from quartal.contracts.drafting import words
from quartal.contracts.drafting.column_names import split_words
from quartal.contracts.drafting.sample import SampledColumn


def is_code(column: SampledColumn) -> bool:
    """Whether its numbers are names, such as a postcode."""
    return bool(set(split_words(column.name)) & words.CODES)


def is_id(column: SampledColumn) -> bool:
    """Whether it identifies something, so that its numbers are no quantities."""
    return bool(set(split_words(column.name)) & (words.CODES | words.ID))


def is_name(column: SampledColumn) -> bool:
    """Whether it names something, so that letters are as good as digits."""
    return bool(set(split_words(column.name)[-1:]) & (words.CODES | words.ENTITY))


def is_named_like_a_day(column: SampledColumn) -> bool:
    """Whether its numbers, if they are no quantities, are days."""
    return bool(
        set(split_words(column.name)) & {"date", "datum", "day", "fecha", "data", "datetime", "ts", "timestamp"}
    )


def is_named_like_a_time(column: SampledColumn) -> bool:
    """Whether its numbers, if they are no quantities, are days or count the time."""
    return is_named_like_a_day(column) or bool(set(split_words(column.name)) & words.TIME)
