"""Draft a first contract for a feed from its files: types, formats, and a role for each column.

The draft claims only what most values of a column show, and is tried at once on the rows that it was drafted from.
Event time, entity and key are guesses, and marked as such. If something cannot be guessed, an error asks for it by the
column's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from etl_job.findings.wording import count
from quartal.contracts.drafting import roles, words, writing
from quartal.contracts.drafting.acceptance import Verdict, judge
from quartal.contracts.drafting.column_names import is_published_name, shown_name
from quartal.contracts.drafting.column_type import Answers, Kind
from quartal.contracts.drafting.kinds import infer_kind
from quartal.contracts.drafting.roles import Column, EventTime
from quartal.contracts.drafting.sample import Sample
from quartal.contracts.drafting.sources import read_sample
from quartal.contracts.drafting.thousands import DecimalMark
from quartal.contracts.drafting.times import DateOrder, other_form, read_times
from quartal.contracts.linting import lint
from quartal.contracts.model import EARLIEST_EVENT, Contract, FileFormat
from quartal.contracts.row_judge import InputError, LocalObjectStore, read_headers
from quartal.core.errors import ConfigurationError

_LAST_YEAR = 2200  # of events
_MOST_DIGITS_OF_PART = 4  # such as a year
_LEAST_NAMES = 3  # of columns that are named by days
_FOLDER_OF_DAY = re.compile(r"[^=]+=(?:19|20)\d\d(?:-?[01]\d.*)?")
_PART = re.compile(rf"[+-]?\d{{1,{_MOST_DIGITS_OF_PART}}}(?:[.,]\d*)?")
NO_COLUMN = "none"  # of a choice: no entity, no key


@dataclass(frozen=True, slots=True)
class Choices:
    """A user's answers, which replace guesses; columns by their names in files.

    Attributes:
        event_time: the column with dates or timestamps.
        entity: columns that features are about; (NO_COLUMN,) for a single series.
        key: columns that identify a row; (NO_COLUMN,) for none.
        date_order: which comes first in dates such as 03/04/2024, day or month.
        decimal_mark: which mark stands before decimals, for numbers such as 1,250 that may be thousands.
    """

    event_time: str | None = None
    entity: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A contract, the guesses in it, and the job's verdict on the rows that it was drafted from.

    Attributes:
        warnings: those of the guesses that would lose rows if they are wrong.
    """

    dataset: str
    text: str
    guesses: tuple[str, ...]
    warnings: tuple[str, ...]
    verdict: Verdict
    verdict_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guessed:
    """The roles of columns, and other candidates for them."""

    when: EventTime
    entity: tuple[Column, ...]
    entities: tuple[Column, ...]
    key: tuple[Column, ...]
    unique: tuple[Column, ...]


def draft(source: Path, dataset: str, choices: Choices = Choices(), *, everything: bool = False) -> Draft:
    """Draft a contract for a file, or a folder of files.

    Raises:
        ConfigurationError: see `read_sample` and `draft_contract`.
    """
    return draft_contract(read_sample(source, everything=everything), dataset, choices)


def infer_columns(sample: Sample, choices: Choices) -> tuple[Column, ...]:
    """The sampled columns with their types. Others may settle the decimal mark, or the order, of an ambiguous one."""
    said = Answers(choices.date_order, choices.decimal_mark, choices.event_time)
    kinds = [infer_kind(column, said) for column in sample.columns]
    marks = {mark for kind in kinds if (mark := kind.decimal_mark)}
    if len(marks) == 1:
        (mark,) = marks
        said = replace(said, mark=mark)
        kinds = [
            kind if kind.open_mark is None else _as_others_are(infer_kind(column, said), mark)
            for column, kind in zip(sample.columns, kinds, strict=True)
        ]
    orders = {order for kind in kinds if kind.reading and (order := kind.reading.shown_order)}
    if choices.date_order is None and len(orders) == 1:
        (order,) = orders
        said = replace(said, order=order)
        kinds = [
            kind
            if kind.reading is None or not kind.reading.is_ambiguous
            else _as_others_begin(infer_kind(column, said), order)
            for column, kind in zip(sample.columns, kinds, strict=True)
        ]
    if sample.format is FileFormat.JSON_LINES:
        kinds = [_as_json_has_it(kind) for kind in kinds]
    return tuple(Column(column, kind) for column, kind in zip(sample.columns, kinds, strict=True))


def _as_json_has_it(kind: Kind) -> Kind:
    if kind.custom.get("thousandsSeparator") != ".":
        return kind
    return Kind(notes=("left as text: contracts for JSON lines do not support the point as thousands separator",))


def _as_others_begin(kind: Kind, order: DateOrder) -> Kind:
    note = f"read with the {order} first, like other columns; --date-order overrides that"
    return replace(kind, notes=(*kind.notes, note))


def _as_others_are(kind: Kind, mark: DecimalMark) -> Kind:
    note = f"read with a decimal {mark}, like other columns; --decimal-mark overrides that"
    return replace(kind, notes=(*kind.notes, note))


def draft_contract(sample: Sample, dataset: str, choices: Choices = Choices()) -> Draft:
    """Draft a contract from sampled rows, for somebody who knows the feed to check and correct.

    Raises:
        ConfigurationError: the dataset's name is invalid; no column holds the time of events, or a question about it is
            open; a choice names an unknown column; or the contract would be invalid.
    """
    if not is_published_name(dataset):
        raise ConfigurationError(
            f"{dataset!r} is not a valid name for a dataset, because its tables get that name.",
            remedy="Use lower-case letters, digits and _, starting with a letter: --dataset shop_sales.",
        )
    columns = infer_columns(sample, choices)
    guessed = guess_roles(sample, columns, dataset, choices)
    when, entity, key = guessed.when, guessed.entity, guessed.key
    taken = frozenset(column.name for column in (*when.columns, *key, *entity))
    measured, numbers = roles.measures(columns, taken, when)
    assigned = writing.Roles(when, entity, key, tuple(measured))
    document = writing.build_document(sample, columns, assigned, dataset)
    others = {"keys": guessed.unique, "entities": guessed.entities, "dates": when.others, "numbers": numbers}
    warnings = tuple(writing.warnings(sample, assigned))
    guesses = writing.comments(sample, columns, assigned, others, warnings)
    contract = _sound(sample, writing.render_document(document, ()), dataset)
    _check_files(sample, contract)
    verdict = judge(sample, contract)
    judged = writing.verdict_lines(verdict)
    sampled_rows = f"{'all' if sample.is_whole else 'first, middle and last rows,'} {count(verdict.rows, 'row')}"
    comment = [
        f"Drafted from {Path(sample.source).name} ({sampled_rows}). Please check these guesses:",
        *(f"  {guess}" for guess in guesses),
        "What the job would do with these rows:",
        *(f"  {line}" for line in judged),
        "Next: quartal contract lint, quartal contract show",
    ]
    return Draft(dataset, writing.render_document(document, comment), tuple(guesses), warnings, verdict, tuple(judged))


def guess_roles(sample: Sample, columns: Sequence[Column], dataset: str, choices: Choices) -> Guessed:
    """The roles of the columns: the user's choices, and guesses for the rest.

    Raises:
        ConfigurationError: as `draft_contract`.
    """
    _check_choices(sample, choices)
    when = _event_time(sample, columns, choices)
    key, unique = _key(sample, columns, dataset, choices)
    entity, entities = _entity(columns, when, key, choices)
    return Guessed(when, entity, entities, key, unique)


def _sound(sample: Sample, text: str, dataset: str) -> Contract:
    linted = lint(text, sample.source)
    for problem in linted.problems:
        raise ConfigurationError(
            f"A contract drafted from {sample.source} would be invalid: {problem.field}: {problem.message}.",
            remedy="Rename that column in the file, or write the contract by hand: docs/how-to/your-own-data.md.",
        )
    return linted.contracts[dataset]


def _check_files(sample: Sample, contract: Contract) -> None:
    try:
        read_headers(LocalObjectStore(), contract, [str(file) for file in sample.files])
    except InputError as error:
        reason = str(error).removesuffix("; nothing was written")
        raise ConfigurationError(
            f"The job cannot read {sample.source} with one contract: {reason}.",
            remedy="Correct or remove that file, or draft from files of one form.",
        ) from error


def _check_choices(sample: Sample, choices: Choices) -> None:
    known = [column.name for column in sample.columns if column.name]
    said = [choices.event_time] if choices.event_time else []
    said += [name for name in (*choices.entity, *choices.key) if name != NO_COLUMN or name in known]
    unknown = [name for name in said if name not in known]
    for option, chosen in (("--entity", choices.entity), ("--key", choices.key)):
        if NO_COLUMN in chosen and len(chosen) > 1 and NO_COLUMN not in known:
            raise ConfigurationError(
                f"{option} names both {', '.join(name for name in chosen if name != NO_COLUMN)} and none.",
                remedy="Use one or the other.",
            )
    if unknown:
        raise ConfigurationError(
            f"{sample.source} has no column {', '.join(unknown)}.", remedy=f"Use one of: {', '.join(known)}."
        )


def _event_time(sample: Sample, columns: Sequence[Column], choices: Choices) -> EventTime:
    found = roles.event_time(columns, choices.event_time)
    doubtful = [column for column in columns if column.kind.reading and column.kind.reading.is_ambiguous]
    better = found is None or (found.day.words & {"birth", "dob"} and doubtful)
    ambiguous = [column for column in doubtful if choices.event_time in (None, column.name)]
    if ambiguous and better:
        raise ConfigurationError(
            f"The dates in column {ambiguous[0].name} of {sample.source} do not show whether the day or the month "
            f"comes first: {next(iter(ambiguous[0].sampled.counts))!r}.",
            remedy="Add --date-order day (31/12/2024) or --date-order month (12/31/2024).",
        )
    unnamed = next((column for column in columns if column.kind.has_days and not column.name), None)
    if found is None and unnamed is not None:
        example = next(iter((unnamed.kind.reading.dates if unnamed.kind.reading else None) or unnamed.sampled.counts))
        second = next((note for note in sample.notes if note.startswith("check the header")), None)
        raise ConfigurationError(
            f"The days of {sample.source}, such as {example!r}, are in a column without a name, and a contract refers "
            "to columns by name.",
            remedy="Name the column: in pandas with to_csv(index_label='date'), or, if it is the file's first column, "
            "with sed -i '1s/^/date/' FILE."
            if second is None
            else "The second line may be the header. Remove the lines above it: the job reads the first line as the "
            "header.",
        )
    if found is None and choices.event_time is not None:
        named = next(column for column in columns if column.name == choices.event_time)
        why = "; ".join(named.kind.notes) or f"it holds {next(iter(named.sampled.counts), 'nothing')!r}"
        raise ConfigurationError(
            f"Column {named.name} of {sample.source} has no dates: {why}.",
            remedy="Name another column with --event-time, or omit the option and let quartal look for one.",
        )
    if found is None:
        unread = _unread_dates(columns) or _days_in_names(columns) or _days_of_folders(sample)
        raise ConfigurationError(
            f"No column of {sample.source} holds dates{': ' if unread else ''}{'; '.join(unread)}.",
            remedy="Add a column with the day of each event, such as yyyy-MM-dd, dd.MM.yyyy, MM/dd/yyyy or yyyyMMdd. A "
            "time of day and an offset may follow the day.",
        )
    days = found.day.kind.reading.days if found.day.kind.reading else None
    if days is not None and _share_outside(found.day) > 0.01:
        raise ConfigurationError(
            f"Column {found.day.name} of {sample.source} holds days from {days[0]} to {days[1]}, but events must lie "
            f"between {EARLIEST_EVENT.year} and {_LAST_YEAR}.",
            remedy="Name another column with --event-time, or deliver only rows of these years.",
        )
    return found


def _share_outside(column: Column) -> float:
    dates = (column.kind.reading.dates if column.kind.reading else None) or {}
    counts = column.sampled.counts
    return sum(counts[text] for text, day in dates.items() if day < EARLIEST_EVENT or day.year > _LAST_YEAR) / max(
        1, sum(counts.values())
    )


def _unread_dates(columns: Sequence[Column]) -> list[str]:
    """Columns with dates that no contract can read, and why; or columns with parts of dates."""
    reasons = [
        f"{column.name}: {note}"
        for column in columns
        for note in column.kind.notes
        if "its dates" in note or "1970" in note or "Excel" in note
    ]
    spoken = words.DAY | words.TIME | words.STAMP
    reasons += [
        f"{shown_name(each.name)}: {each.sampled.unread}"
        for each in columns
        if each.sampled.unread
        and ("days" in each.sampled.unread or "name" in each.sampled.unread or each.words & spoken)
    ]
    rows = max((len(column.sampled.texts) for column in columns), default=0)
    reasons += [
        f"{column.name}: {rows - column.missing:,} of {rows:,} rows have a day; --event-time {column.name} uses it"
        for column in columns
        if column.kind.has_days and column.sampled.counts
    ]
    if reasons:
        return reasons
    named = [column for column in columns if column.words & spoken and column.sampled.counts] or [
        column for column in columns if any("objects or lists" in note for note in column.kind.notes)
    ]
    parts = [column.name for column in named if _is_part_of_date(column)]
    return [
        f"{column.name}: {('' if column.kind.is_number else '; '.join(column.kind.notes)) or _no_dates(column)}"
        for column in named
        if column.name not in parts
    ] + [f"{', '.join(parts)}: only parts of dates; combine them into one column"] * bool(parts)


def _days_in_names(columns: Sequence[Column]) -> list[str]:
    """The first of several columns that are named by days or months, as tables for readers have them."""
    found = [
        name
        for name in (column.name for column in columns)
        if read_times({name: 1}) is not None or other_form({name: 1}) is not None
    ]
    told = (
        f"columns are named by them, such as {found[0]!r}: give each its own row, in pandas with melt" if found else ""
    )
    return [told] if len(found) >= _LEAST_NAMES else []


def _days_of_folders(sample: Sample) -> list[str]:
    """The first folder that is named by a day, as Hive and Spark name partitions."""
    named = (part for file in sample.files for part in file.parts[:-1] if _FOLDER_OF_DAY.fullmatch(part))
    return [f"folder {part} has one, but runs read days from columns alone" for part in islice(named, 1)]


def _is_part_of_date(column: Column) -> bool:
    """Whether it holds years, months, days or the like: numbers of at most four digits, or texts with one number."""
    counts = column.sampled.counts
    if column.kind.is_number:
        nothing = column.kind.custom.get("missingValues", ())
        return all(map(_PART.fullmatch, counts.keys() - set(nothing)))
    found = [re.findall(r"\d+", text) for text in counts]
    return all(len(each) < 2 and len("".join(each)) <= _MOST_DIGITS_OF_PART for each in found)


def _no_dates(column: Column) -> str:
    return f"its texts, such as {next(iter(column.sampled.counts))[:40]!r}, are no dates that contracts read"


def _key(
    sample: Sample, columns: Sequence[Column], dataset: str, choices: Choices
) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    named = sample.key if not choices.key else () if choices.key == (NO_COLUMN,) else choices.key
    guessed, unique = roles.key(sample, columns, dataset)
    if named or choices.key:
        return tuple(column for column in columns if column.name in named), ()
    return ((guessed,) if guessed else ()), unique


def _entity(
    columns: Sequence[Column], when: EventTime, key: Sequence[Column], choices: Choices
) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    if choices.entity:
        return tuple(column for name in choices.entity for column in columns if column.name == name), ()
    found, others = roles.entity(columns, when, [column.name for column in key])
    return ((found,) if found else ()), others


__all__ = ["NO_COLUMN", "Choices", "Draft", "Guessed", "draft", "draft_contract", "guess_roles", "infer_columns"]
