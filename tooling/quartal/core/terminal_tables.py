"""Tables on a terminal: columns that do not fit are left out and named, so that no number, state or time is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table

from quartal.core.json_output import nested_text

SHORT_ID = 10  # as in the findings of the job, of which help must load nothing
_LEAST_TEXT = 12  # columns of text are folded to this width before one is left out
_GAP = 3  # between two columns

_SIGNS = {
    "SUCCEEDED": ("✓", "green"),
    "FAILED": ("✗", "red"),
    "TIMEOUT": ("✗", "red"),
    "STOPPED": ("✗", "red"),
    "ERROR": ("✗", "red"),
    "RUNNING": ("▶", "yellow"),
}


class Kind(StrEnum):
    """How the values of a column may be shown on a narrow terminal."""

    TEXT = "text"  # folded
    WHOLE = "whole"  # unchanged: numbers, times, names of quarters
    ID = "id"  # by their beginning
    STATE = "state"  # unchanged, with a sign


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its heading.
        kind: how its values may be shown.
        optional: on a narrow terminal the highest is left out first; 0 is never left out.
    """

    name: str
    kind: Kind = Kind.TEXT
    optional: int = 0


def fitted(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    width: int,
    *,
    title: str,
    escape: Callable[[str], str],
    wide: bool,
) -> tuple[Table, tuple[str, ...]]:
    """The table for a width in characters, and the names of the columns that were left out.

    Args:
        columns: the headings.
        rows: values, as many in each as there are columns.
        width: of the terminal.
        title: above the table; empty for none.
        escape: makes a text safe for a line with markup.
        wide: whether every column is shown in full, whatever the width.
    """
    columns = [_kind_found(column, [row[i] for row in rows]) for i, column in enumerate(columns)]
    ids = {i: id_length([str(row[i]) for row in rows]) for i, c in enumerate(columns) if c.kind is Kind.ID}
    cells = [
        [_text(value, columns[i].kind, None if wide else ids.get(i)) for i, value in enumerate(row)] for row in rows
    ]
    widths = [
        max([cell_len(column.name), *(_longest_line(row[i]) for row in cells)]) for i, column in enumerate(columns)
    ]
    kept = list(range(len(columns))) if wide else _kept(columns, widths, width)
    table = Table(
        title=escape(title) or None,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    for i in kept:
        column = columns[i]
        is_text = column.kind is Kind.TEXT
        table.add_column(
            escape(column.name),
            justify="right" if _is_numeric([row[i] for row in rows]) else "left",
            overflow="fold",
            no_wrap=not is_text,
            min_width=min(widths[i], _LEAST_TEXT) if is_text and not wide else widths[i],
        )
    needed = sum(widths) + _GAP * len(widths) if wide else _least_width(columns, widths, kept)
    if needed > width:  # wider than the terminal, whose lines then wrap
        table.width = needed
    for row in cells:
        table.add_row(*(_styled(escape(row[i]), row[i], columns[i].kind) for i in kept))
    return table, tuple(column.name for i, column in enumerate(columns) if i not in kept)


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        if 0 < abs(value) < 0.001:  # with four decimals it would look like 0, or like another one
            return f"{value:.4g}"
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return str(nested_text(value))


def _kept(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """The columns that fit, with text folded to its least width; the most optional are left out first."""
    kept = list(range(len(columns)))
    while _least_width(columns, widths, kept) > width:
        leaving = max(kept, key=lambda i: (columns[i].optional, i))
        if not columns[leaving].optional or len(kept) == 1:
            break
        kept.remove(leaving)
    return kept


def _least_width(columns: Sequence[Column], widths: Sequence[int], kept: Sequence[int]) -> int:
    least = (min(widths[i], _LEAST_TEXT) if columns[i].kind is Kind.TEXT else widths[i] for i in kept)
    return sum(least) + _GAP * (len(kept) - 1)


def _kind_found(column: Column, values: Sequence[Any]) -> Column:
    return Column(column.name, Kind.WHOLE, column.optional) if _is_numeric(values) else column


def _is_numeric(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(value, int | float | Decimal) for value in values)


def id_length(ids: Sequence[str]) -> int:
    """The number of characters that distinguishes all of these ids."""
    different = set(ids)
    length = SHORT_ID
    while len({each[:length] for each in different}) < len(different):
        length += 1
    return length


def _text(value: Any, kind: Kind, prefix: int | None) -> str:
    text = shown(value)
    if kind is Kind.STATE and text in _SIGNS:
        return f"{_SIGNS[text][0]} {text}"
    return text[:prefix] if kind is Kind.ID and prefix is not None else text


def _styled(text: str, plain: str, kind: Kind) -> str:
    colour = _SIGNS.get(plain.partition(" ")[2], ("", ""))[1] if kind is Kind.STATE else ""
    if kind is Kind.ID:
        colour = "dim"
    return f"[{colour}]{text}[/{colour}]" if colour else text


def _longest_line(text: str) -> int:
    return max((cell_len(line) for line in text.split("\n")), default=0)
