"""How a change of a contract affects those who read the tables, and those who deliver the files.

Readers break if a column is removed, changes its type, or changes its meaning. Stricter rules break no reader, but they
send rows into quarantine that were good before, which is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from quartal.contracts.linting import Problem, Severity, dataset_names, lint, read_text, without_unknown_properties
from quartal.contracts.model import RULE_KINDS, Column, Contract, TableColumn, curated_columns, feature_columns
from quartal.core import process
from quartal.core.errors import CommandError, ConfigurationError

_OTHERWISE_COMPARED = frozenset({"missing_values", "rounding", "notation", "thousands_separator"})
_NUMBERS = ("integer", "number")
_NUMBER = re.compile(r"[+-]?[.,]?\d[\d.,eE+-]*")
_MOST_DECIMALS = 6  # of numbers that are not rounded
_WIDENED = ("integer", "number")  # each text of the first is one of the second, with the same meaning
_NEW_DATASET = "Publish the change as a new dataset next to the old one, and move the readers to it first."
_IF_NUMBERS_STAY = "Undo this if the published numbers must not change."
_REDELIVER = "Deliver every file again in the new form, or publish the change as a new dataset."


def changes_since(revision: str, current: Mapping[Path, Mapping[str, Contract]]) -> tuple[Problem, ...]:
    """Every change for the worse since a git revision, dataset by dataset.

    A contract is compared with that of the same dataset at the revision, even if it was in another file. A dataset
    counts as removed if its file was in one of the folders then, and no contract there describes it now.

    Raises:
        ConfigurationError: there is no such revision, this is no git repository, or a contract could not be read even
            then.
    """
    problems: list[Problem] = []
    now = {name: (path, contract) for path, contracts in current.items() for name, contract in contracts.items()}
    seen: set[str] = set()
    for folder in sorted({path.resolve().parent for path in current}):
        linted = {path.resolve() for path in current}
        for old_file in contract_files_at(revision, folder):
            is_linted = old_file in linted
            is_removed = not old_file.exists()
            if not (is_linted or is_removed):
                continue
            for dataset, before in contracts_at(revision, old_file).items():
                if dataset in now and dataset not in seen:
                    seen.add(dataset)
                    path, after = now[dataset]
                    problems += breaking_changes(before, after, str(path))
                elif dataset not in now and old_file.parent == folder and dataset not in _described_in(folder):
                    seen.add(dataset)
                    shown = next((str(path) for path in current if path.resolve() == old_file), str(old_file))
                    problems.append(
                        Problem(shown, dataset, "the dataset was removed", "Keep it until nobody reads its tables.")
                    )
    return tuple(problems)


def contract_files_at(revision: str, folder: Path) -> tuple[Path, ...]:
    """The paths of all contracts that the folder's repository had at a revision.

    Raises:
        ConfigurationError: there is no such revision, or the folder is in no git repository.
    """
    try:
        process.run(["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], cwd=folder)
        top = Path(process.run(["git", "rev-parse", "--show-toplevel"], cwd=folder).stdout.strip())
    except CommandError as error:
        raise ConfigurationError(
            f"The git repository of {folder} has no revision '{revision}'.",
            remedy="Name a branch, tag or commit.",
        ) from error
    listed = process.run(
        ["git", "grep", "-l", "--full-name", "-e", "^kind: *DataContract", revision, "--", ":/*.yaml", ":/*.yml"],
        cwd=folder,
        success_codes=(0, 1),
    )
    names = (line.removeprefix(f"{revision}:") for line in listed.stdout.splitlines())
    return tuple(top.resolve() / name for name in names)


def contracts_at(revision: str, path: Path) -> Mapping[str, Contract]:
    """The contracts that a file held at a git revision, by dataset.

    Custom properties that the job does not know are ignored, so that a misspelt one can be corrected.

    Raises:
        ConfigurationError: the file could not be read even then.
    """
    folder = next(parent for parent in path.parents if parent.is_dir())
    top = process.run(["git", "rev-parse", "--show-toplevel"], cwd=folder).stdout.strip()
    name = path.relative_to(Path(top).resolve()).as_posix()
    shown = process.run(["git", "show", f"{revision}:{name}"], cwd=folder)
    linted = lint(without_unknown_properties(shown.stdout), f"{path} at {revision}")
    if not linted.contracts:
        first = linted.problems[0]
        raise ConfigurationError(
            f"{path} at {revision} is not a contract that this version can read: {first.field}: {first.message}",
            remedy="Compare with a later revision.",
        )
    return linted.contracts


def _described_in(folder: Path) -> set[str]:
    """The datasets of the folder's contracts as they are now, sound or not."""
    found: set[str] = set()
    for file in (*folder.glob("*.yaml"), *folder.glob("*.yml")):
        with suppress(ValueError, ConfigurationError):
            found.update(dataset_names(read_text(file)))
    return found


def breaking_changes(old: Contract, new: Contract, file: str) -> Iterator[Problem]:
    """Every change for the worse between two versions of one dataset's contract."""
    dataset = old.dataset
    yield from _columns(old, new, file)
    if old.key != new.key:
        message = f"the key changed from {_list(old.key)} to {_list(new.key)}: different rows count as duplicates"
        yield Problem(file, f"{dataset}.primaryKey", message, _NEW_DATASET)
    if set(old.features.entity) != set(new.features.entity):
        message = f"the entity changed from {_list(old.features.entity)} to {_list(new.features.entity)}: "
        message += "the tables' rows describe something else"
        yield Problem(file, f"{dataset}.features.entity", message, _NEW_DATASET)
    if old.files != new.files:
        message = f"the format changed from {old.files.format.value} to {new.files.format.value}: "
        yield Problem(
            file, f"{dataset}.files.format", f"{message}files already delivered have the old format", _REDELIVER
        )
    for name, before in old.csv.model_dump(by_alias=True).items():
        after = new.csv.model_dump(by_alias=True)[name]
        if before != after and name == "multiLine":
            message = f"changed to {after}: a value may {'now' if after else 'no longer'} contain line breaks"
            yield Problem(file, f"{dataset}.csv.{name}", message, _IF_NUMBERS_STAY, Severity.WARNING)
        elif before != after:
            message = f"{name} changed from {before!r} to {after!r}: files already delivered have the old form"
            yield Problem(file, f"{dataset}.csv.{name}", message, _REDELIVER)
    if old.conflicts != new.conflicts:
        message = f"changed from {old.conflicts} to {new.conflicts}: runs keep a different row of each key"
        yield Problem(file, f"{dataset}.conflicts", message, _IF_NUMBERS_STAY, Severity.WARNING)
    yield from _stricter_runs(old, new, file)
    if old.features.event_time != new.features.event_time or _zone(old) != _zone(new):
        message = "the event time changed: rows move to other days"
        yield Problem(file, f"{dataset}.features.eventTime", message, _NEW_DATASET)
    for table, columns_of in (("curated", curated_columns), ("features", feature_columns)):
        yield from _table(table, columns_of(old.features), columns_of(new.features), dataset, file)
    if old.hash != new.hash and old.version == new.version:
        yield Problem(
            file, "version", f"still {new.version}, although the contract changed", "Raise it.", Severity.WARNING
        )


def _stricter_runs(old: Contract, new: Contract, file: str) -> Iterator[Problem]:
    """Rules of whole rows that are new or have changed, and a lower limit of what may be quarantined."""
    before = {rule.name: rule.query for rule in old.quality if rule.severity == "error"}
    for rule in new.quality:
        if rule.severity == "error" and before.get(rule.name) != rule.query:
            how = "has another query" if rule.name in before else "is new"
            yield _stricter(file, f"{old.dataset}.quality.{rule.name}", f"the rule {how}")
    limit, lower = old.thresholds.quarantined_share, new.thresholds.quarantined_share
    if lower is not None and (limit is None or lower < limit):
        message = f"stricter: quarantinedShare changed from {limit} to {lower}: runs fail that published before"
        remedy = "Undo this if such deliveries must be published."
        yield Problem(file, f"{old.dataset}.thresholds.quarantinedShare", message, remedy, Severity.WARNING)


def _columns(old: Contract, new: Contract, file: str) -> Iterator[Problem]:
    after = {column.name: column for column in new.columns}
    for column in old.columns:
        field = f"{old.dataset}.properties.{column.name}"
        changed = after.get(column.name)
        if changed is None:
            yield Problem(
                file, field, "the column was removed", "Keep it; if it is no longer delivered, make it optional."
            )
            continue
        before, now = column.logical_type, changed.logical_type
        if before != now and (before, now) != _WIDENED:
            message = f"its type changed from {before} to {now}"
            yield Problem(file, field, message, "Keep the type, or deliver the new values in a new column.")
        if column.name_in_file != changed.name_in_file:
            message = f"its name in files changed from {column.name_in_file!r} to {changed.name_in_file!r}"
            yield Problem(
                file, f"{field}.physicalName", f"{message}: files already delivered have the old name", _REDELIVER
            )
        if changed.required and not column.required:
            yield _stricter(file, f"{field}.required", "it became required")
        yield from _reading(old, new, column, changed, file)
        rules = column.rules.model_dump()
        if before == "integer":  # which has no decimals, so that any mark of them is as good
            rules["decimal_separator"] = changed.rules.decimal_separator
        yield from _rules(rules, changed.rules.model_dump(), file, field)


def _reading(old: Contract, new: Contract, before: Column, after: Column, file: str) -> Iterator[Problem]:
    """Changes of missing values, rounding and notation."""
    field = f"{old.dataset}.properties.{before.name}"
    yield from _missing(set(old.missing_texts(before)), set(new.missing_texts(after)), after, file, field)
    kept, rounded = before.rules.rounding, after.rules.rounding
    if kept != rounded and (kept is not None or rounded != _MOST_DECIMALS):
        message = f"rounding changed from {kept} to {rounded}: published numbers change"
        yield Problem(file, f"{field}.rounding", message, _IF_NUMBERS_STAY, Severity.WARNING)
    yield from _meaning(before, after, file, field)
    if before.rules.notation == "free" and after.rules.notation != "free":
        yield _stricter(file, f"{field}.notation", "numbers with an exponent or a missing digit are now rejected")


def _missing(before: Set[str], after: Set[str], column: Column, file: str, field: str) -> Iterator[Problem]:
    """Texts that begin or cease to stand for a missing value; if they are numbers, sums change without a word."""
    field = f"{field}.missingValues"
    for change, texts in (("no longer", before - after), ("now", after - before)):
        numbers = {text for text in texts if column.logical_type in _NUMBERS and _NUMBER.fullmatch(text)}
        rejected = texts - numbers if change == "no longer" else texts if column.required else set()
        if rejected:
            yield _stricter(file, field, f"{change} read as missing: {_quoted(rejected)}")
        if numbers - rejected:
            message = f"{change} read as missing: {_quoted(numbers)}: published numbers change"
            yield Problem(file, field, message, _IF_NUMBERS_STAY, Severity.WARNING)


def _meaning(before: Column, after: Column, file: str, field: str) -> Iterator[Problem]:
    """Texts that are still valid, but now mean a different number or time."""
    old, new = before.rules, after.rules
    mark, new_mark = (each.rules.decimal_mark if each.logical_type == "number" else "" for each in (before, after))
    if old.thousands_separator == new_mark or new.thousands_separator == mark:
        message = f"the decimal mark changed from {old.decimal_mark!r} to {new.decimal_mark!r}: "
        message += "1.234 means a different number"
        yield Problem(file, f"{field}.thousandsSeparator", message, _REDELIVER)
    elif old.thousands_separator not in (None, new.thousands_separator):
        yield _stricter(
            file, f"{field}.thousandsSeparator", f"{old.thousands_separator!r} is no longer a thousands separator"
        )
    mistaken = [(one, other) for one in old.layouts for other in new.layouts if one.may_be_mistaken_for(other)]
    for one, other in mistaken[:1]:
        message = f"the format changed from {one.text} to {other.text}: the same text can mean a different time"
        yield Problem(file, f"{field}.logicalTypeOptions", message, _REDELIVER)


def _zone(contract: Contract) -> str | None:
    moment = contract.features.event_time.timestamp
    return contract.column(moment).rules.time_zone if moment is not None else None


def _rules(old: Mapping[str, Any], new: Mapping[str, Any], file: str, field: str) -> Iterator[Problem]:
    for name in new.keys() - _OTHERWISE_COMPARED:
        before, value = (_with_default(name, rules) for rules in (old, new))
        if value is None or value == before or _is_looser(name, before, value):
            continue
        message = f"{name} changed from {before!r} to {value!r}" if before is not None else f"{name} {value!r} is new"
        yield _stricter(file, f"{field}.logicalTypeOptions", message)


def _with_default(rule: str, rules: Mapping[str, Any]) -> Any:
    """The rule's value, or its default if the contract does not set it."""
    value = rules.get(rule)
    return "." if rule == "decimal_separator" and value is None else value


def _is_looser(rule: str, before: Any, after: Any) -> bool:
    if before is None or type(before) is not type(after):
        return False
    if rule == "other_formats":
        return set(after) >= set(before)
    return rule in RULE_KINDS and RULE_KINDS[rule].is_looser(before, after)


def _table(
    table: str, old: tuple[TableColumn, ...], new: tuple[TableColumn, ...], dataset: str, file: str
) -> Iterator[Problem]:
    kinds = {column.name: column.kind for column in new}
    for column in old:
        field = f"{dataset}_{table}.{column.name}"
        if column.name not in kinds:
            yield Problem(
                file,
                field,
                f"the column is no longer in the {table} table",
                "Keep the columns and aggregates that it is computed from.",
            )
        elif kinds[column.name] != column.kind:
            message = f"its type in the {table} table changed from {column.kind} to {kinds[column.name]}"
            yield Problem(file, field, message, _NEW_DATASET)


def _stricter(file: str, field: str, message: str) -> Problem:
    remedy = "Undo this if such rows must not be quarantined."
    return Problem(file, field, f"stricter: {message}", remedy, Severity.WARNING)


def _quoted(texts: Set[str]) -> str:
    return ", ".join(map(repr, sorted(texts)))


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
