"""The few questions that decide a contract, each with evidence from the sample; the guess comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from etl_job.findings.wording import count
from quartal.contracts.drafting import NO_COLUMN, Choices, guess_roles, infer_columns
from quartal.contracts.drafting.roles import Column
from quartal.contracts.drafting.sample import Sample

Ask = Callable[[str, Sequence[tuple[str, str]], str], str]
_SHOWN = 12


def answered(sample: Sample, dataset: str, choices: Choices, ask: Ask) -> Choices:
    """Ask for everything that the choices leave open: date order, decimal mark, event time, entity, key.

    Args:
        sample: the sampled rows.
        dataset: the name of the feed.
        choices: the answers so far.
        ask: asks a question, given its text, the answers with their evidence, and the default.
    """
    seen_columns = infer_columns(sample, choices)
    doubtful = [c for c in seen_columns if c.kind.reading and c.kind.reading.is_ambiguous]
    if doubtful and choices.date_order is None:
        seen = ", ".join(list(doubtful[0].sampled.counts)[:3])
        orders = (("day", "31/12/2024"), ("month", "12/31/2024"))
        said = ask(f"{doubtful[0].name} ({seen}): does the day or the month come first?", orders, "day")
        choices = replace(choices, date_order="month" if said == "month" else "day")
        seen_columns = infer_columns(sample, choices)
    unsure = [column for column in seen_columns if column.kind.open_mark]
    if unsure and choices.decimal_mark is None:
        texts = [text for text in unsure[0].sampled.counts if (unsure[0].kind.open_mark or "") in text][:3]
        marks = (("point", "1,250 means 1250"), ("comma", "1,250 means 1.25"))
        guess = "point" if unsure[0].kind.open_mark == "." else "comma"
        said = ask(f"{unsure[0].name} ({' '.join(texts)}): which decimal mark do the numbers use?", marks, guess)
        choices = replace(choices, decimal_mark="comma" if said == "comma" else "point")
        seen_columns = infer_columns(sample, choices)
    guessed = guess_roles(sample, seen_columns, dataset, choices)
    if choices.event_time is None and guessed.when.others:
        columns = (guessed.when.day, *guessed.when.others)
        said = ask("Which column holds the time of an event?", _answers(columns), columns[0].name)
        choices = replace(choices, event_time=said)
        guessed = guess_roles(sample, seen_columns, dataset, choices)
    if not choices.entity and (guessed.entity or guessed.entities):
        columns = (*guessed.entity, *guessed.entities)[:_SHOWN]
        answers = (*_answers(columns), (NO_COLUMN, "a single series, with one row per day"))
        default = guessed.entity[0].name if guessed.entity else NO_COLUMN
        choices = replace(choices, entity=(ask("What should the features describe?", answers, default),))
    if not choices.key and (guessed.key or guessed.unique):
        columns = (*guessed.key, *guessed.unique)[:_SHOWN]
        answers = (*_answers(columns), (NO_COLUMN, "no row is a duplicate of another"))
        default = guessed.key[0].name if guessed.key else NO_COLUMN
        choices = replace(
            choices, key=(ask("Which column identifies a row, so that repeated rows count once?", answers, default),)
        )
    return choices


def _answers(columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, _evidence(column)) for column in columns)


def _evidence(column: Column) -> str:
    days = column.kind.reading.days if column.kind.reading else None
    missing = f", {column.missing:,} missing" if column.missing else ""
    if days is not None:
        return f"from {days[0]} to {days[1]}{missing}"
    examples = ", ".join(list(column.sampled.counts)[:3])
    return f"{count(column.different, 'different value')}{missing}: {examples[:60]}"
