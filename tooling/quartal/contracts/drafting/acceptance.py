"""What the job would do with the rows that a contract was drafted from: its own readers of values judge them.

`etl_job.arrow_values` says only of plain texts that they are right; formats of varying width, which it leaves to Spark,
are told here by the layouts that Spark's expressions are made of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from etl_job.arrow_values import can_read, read_column, without
from quartal.contracts.drafting.sample import Sample
from quartal.contracts.model import EARLIEST_DAY, Column, Contract, Layout


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of rows.

    Attributes:
        rows: all of them.
        kept: those that break no rule and are no duplicates.
        duplicates: those that share a key with a row before.
        broken: how many rows break each rule.
        examples: a text that does, for each rule.
    """

    rows: int
    kept: int
    duplicates: int = 0
    broken: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """Rows that break a rule."""
        return self.rows - self.kept - self.duplicates


def judge(sample: Sample, contract: Contract) -> Verdict:
    """Judge the sampled rows by all rules of a drafted contract, which has none in SQL."""
    texts = {column.name: column.texts for column in sample.columns}
    bad = [False] * sample.rows
    broken, examples = Counter[str](), dict[str, str]()
    for column in contract.columns:
        of_column = texts.get(column.name_in_file)
        if of_column is None:
            continue
        for rule, rows in _broken_by(column, of_column, contract).items():
            for row in rows:
                bad[row] = True
            broken[f"{column.name}.{rule}"] = len(rows)
            examples[f"{column.name}.{rule}"] = of_column[rows[0]]
    for rule, count in (("row.field_count", sample.malformed), ("row.encoding", sample.undecodable)):
        if count:
            broken[rule] = count
    good = [row for row in range(sample.rows) if not bad[row]]
    keys = [texts[contract.column(name).name_in_file] for name in contract.key]
    duplicates = len(good) - len({tuple(of_key[row] for of_key in keys) for row in good}) if keys else 0
    undecodable = min(sample.undecodable, len(good))
    return Verdict(
        sample.rows + sample.malformed, len(good) - duplicates - undecodable, duplicates, dict(broken), examples
    )


def _broken_by(column: Column, texts: Sequence[str], contract: Contract) -> dict[str, list[int]]:
    """The rows that break a rule of a column, by rule."""
    different = list(dict.fromkeys(texts))
    nothing = {"", *contract.missing_texts(column)}
    found = {text: "required" for text in different if text in nothing and column.required}
    there = [text for text in different if text not in nothing]
    wanted = _of_event(column) if column is contract.event_column else column
    latest = _latest_day() if column is contract.event_column and column.rules.maximum is None else None
    holds = _holds(wanted, there, latest)
    if not all(holds):
        free = column.model_copy(update={"rules": column.rules.model_copy(update={"minimum": None, "maximum": None})})
        has_form = _holds(free, there, None)
        for text, holds_all, is_value in zip(there, holds, has_form, strict=True):
            if not holds_all:
                found[text] = ("minimum" if _is_early(wanted, text) else "future") if is_value else "format"
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if text in found:
            rows.setdefault(found[text], []).append(row)
    return rows


def _of_event(column: Column) -> Column:
    minimum = column.rules.minimum or EARLIEST_DAY
    return column.model_copy(update={"rules": column.rules.model_copy(update={"minimum": minimum})})


def _latest_day() -> date:
    return datetime.now(UTC).date() + timedelta(days=1)


def _holds(column: Column, texts: Sequence[str], latest: date | None) -> list[bool]:
    if not texts:
        return []
    required = column.model_copy(update={"required": True})
    if all(can_read(each) for each in _with_one_format(required)):
        arrow = without(pa.array(texts, pa.string()), ())
        judged = [read_column(each, arrow, latest).holds.to_pylist() for each in _with_one_format(required)]
        judged += [[_is_free_number(column, text) for text in texts]] if column.rules.notation == "free" else []
        return [any(of_text) for of_text in zip(*judged, strict=True)]
    layouts = column.rules.layouts
    return [any(_has_layout(column, layout, text, latest) for layout in layouts) for text in texts]


def _with_one_format(column: Column) -> Iterable[Column]:
    """The column with each of its formats alone: each may be one that Arrow reads."""
    if not column.rules.other_formats:
        return (column,)
    rules = column.rules
    return tuple(
        column.model_copy(update={"rules": rules.model_copy(update={"format": layout.text, "other_formats": ()})})
        for layout in rules.layouts
    )


def _is_free_number(column: Column, text: str) -> bool:
    point = re.escape(column.rules.decimal_separator or ".")
    form = rf"[+-]?(?:[0-9]{{1,40}}(?:{point}[0-9]{{0,40}})?|{point}[0-9]{{1,40}})(?:[eE][+-]?[0-9]{{1,3}})?"
    return re.fullmatch(form, text) is not None and abs(float(text.replace(",", "."))) < 1e18


def _has_layout(column: Column, layout: Layout, text: str, latest: date | None) -> bool:
    parts = {unit: re.fullmatch(layout.pattern_around(unit)[2:-2], text) for unit in layout.parts}
    if not all(parts.values()):
        return False
    if "year" not in parts:
        return True
    day = _day({unit: found[1] for unit, found in parts.items() if found})
    rules = column.rules
    return day is not None and all(
        not isinstance(bound, date) or is_within
        for bound, is_within in (
            (rules.minimum, isinstance(rules.minimum, date) and day >= rules.minimum),
            (rules.maximum, isinstance(rules.maximum, date) and day <= rules.maximum),
            (latest, latest is not None and day <= latest),
        )
    )


def _day(parts: Mapping[str, str]) -> date | None:
    try:
        return date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    except ValueError:
        return None


def _is_early(column: Column, text: str) -> bool:
    """Whether a text of an event lies before the first day that counts."""
    without_end = column.model_copy(update={"rules": column.rules.model_copy(update={"maximum": None})})
    return not _holds(without_end, [text], None)[0]
