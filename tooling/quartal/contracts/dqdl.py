"""A contract's rules as a DQDL ruleset for AWS Glue Data Quality, as far as they mean the same there.

The ruleset is for the raw table, whose columns are texts. A rule passes where no row would break the contract's; what
becomes of rows that do, DQDL cannot say. What would mean something else is left out and named in a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from quartal.contracts.expressions import columns_of_condition, has_comment
from quartal.contracts.model import Column, Contract, FileFormat

# of a date without separators or names of months; AWS knows no others
_DATE_FORMATS = ("dd-MM-yyyy", "MM-dd-yyyy", "yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "yyyy/MM/dd")
# what RE2, in which contracts are written, and Java read alike
_PATTERN = re.compile(
    r"(?:[^\\().\[\]\"#\n]|\\[dDwW.\\/+*?()\[\]{}^$|-]|\((?!\?)|\(\?:|\)|\[\^?(?:[^\\\[\]&\"]|\\[dw.\\/\-\]])+\])*"
)
_TEXT = re.compile(r"[^\\\"\n]*")
_DAY_OR_TIME = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}( [AP]M)?")
_OF_FILES = ("row.field_count", "row.encoding")


@dataclass
class Ruleset:
    """Rules in DQDL, and the names of the contract's rules that are not among them, with the reason."""

    rules: list[tuple[str, str]] = field(default_factory=list)  # the contract's name, the rule in DQDL
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def document(self, heading: str) -> str:
        """The text of a file."""
        lines = [
            f"# {heading}",
            "# For the raw table, whose columns are texts. Each rule passes where no row breaks it.",
        ]
        lines += [f"# Left out: {name}: {reason}" for name, reason in self.left_out]
        body = [
            f"    {rule}{',' if place < len(self.rules) else ''} # {name}"
            for place, (name, rule) in enumerate(self.rules, 1)
        ]
        return "\n".join([*lines, "Rules = [", *body, "]", ""])


def ruleset_of(contract: Contract) -> Ruleset:
    """What of a contract keeps its meaning in DQDL."""
    found = Ruleset()
    for name in _OF_FILES:
        found.left_out.append((name, "it is about lines of files, which a table does not show"))
    for column in contract.columns:
        _add_column(found, contract, column)
    _add_row_rules(found, contract)
    if contract.key:
        why = "rows that repeat a key are set aside by the job, and are no fault"
        found.left_out.append((f"the key {', '.join(contract.key)}", why))
    if contract.has_zone_of_its_own:
        found.left_out.append(("row.event_time", "DQDL knows no clocks that are put forward"))
    if contract.thresholds.quarantined_share is not None:
        found.left_out.append(("thresholds.quarantinedShare", "it is about all rules together"))
    return found


def _add_column(found: Ruleset, contract: Contract, column: Column) -> None:
    missing = ("", *contract.missing_texts(column))
    for rule in contract.rules_of_column(column):
        name = f"{column.name}.{rule}"
        if contract.files.format is not FileFormat.CSV and column.logical_type != "string":
            found.left_out.append((name, f"its column need be no text where files are {contract.files.format.value}"))
            continue
        if any(not _TEXT.fullmatch(text) or _DAY_OR_TIME.fullmatch(text) for text in missing):
            found.left_out.append((name, "a missing value holds a quote, a backslash, a date or a time"))
            continue
        written = _written(column, rule, missing)
        (found.left_out if isinstance(written, _LeftOut) else found.rules).append(
            (name, written.reason if isinstance(written, _LeftOut) else written)
        )


@dataclass(frozen=True)
class _LeftOut:
    reason: str


def _written(column: Column, rule: str, missing: Sequence[str]) -> str | _LeftOut:
    name, rules = f'"{column.name}"', column.rules
    texts = ", ".join("EMPTY" if text == "" else f'"{text}"' for text in missing)
    literals = ", ".join("'" + text.replace("'", "\\'") + "'" for text in missing)
    if rule != "required" and any("'" in text for text in missing):
        return _LeftOut("a missing value holds an apostrophe")
    # a missing value breaks only `required`
    present = f' where "`{column.name}` is not null and `{column.name}` not in ({literals})"'
    if rule == "required":
        return f"ColumnValues {name} not in [NULL, {texts}]"
    if rule == "minLength":
        return f"ColumnLength {name} >= {rules.min_length}{present}"
    if rule == "maxLength":
        return f"ColumnLength {name} <= {rules.max_length}{present}"
    if rule == "pattern":
        return _pattern(name, rules.pattern or "", present)
    if rule == "enum":
        values = rules.enum or ()
        if any(not _TEXT.fullmatch(value) or _DAY_OR_TIME.fullmatch(value) for value in values):
            return _LeftOut("a value holds a quote or a backslash, or DQDL would read it as a date or a time")
        listed = ", ".join(f'"{value}"' for value in values)
        return f"ColumnValues {name} in [{listed}]{present}"
    if rule == "format" and column.logical_type == "date" and not rules.other_formats and rules.format in _DATE_FORMATS:
        return f'ColumnDataType {name} = "Date"{present} with format = "{rules.format}"'
    if rule == "format":
        kind = "time of day" if column.logical_type == "string" else column.logical_type
        return _LeftOut(f"DQDL has no type for this form of {kind}")
    if column.logical_type == "date" and rules.format == "yyyy-MM-dd" and not rules.other_formats:
        bound = rules.minimum if rule == "minimum" else rules.maximum
        if isinstance(bound, date):
            sign, text = ">=" if rule == "minimum" else "<=", f"`{column.name}`"
            is_date = f"{text} rlike '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' and try_cast({text} as date) is not null"
            return f'ColumnValues {name} {sign} "{bound.isoformat()}" where "{is_date}"'
    if rule == "future":
        return _LeftOut("it is about the day on which a file was uploaded")
    if rule == "minimum" and rules.minimum is None:
        return _LeftOut("the earliest day of events is the job's own")
    return _LeftOut(f"DQDL compares no texts with values of type {column.logical_type}")


def _pattern(name: str, pattern: str, present: str) -> str | _LeftOut:
    if not _PATTERN.fullmatch(pattern):
        return _LeftOut("the pattern holds a quote, or what Java may read otherwise than RE2")
    # a contract's pattern is found anywhere, DQDL's is the whole text; Java's $ also stands before a last line end
    ends = "".join("\\z" if part == "$" else part for part in _parts(pattern))
    return f'ColumnValues {name} matches "(?s:.*)(?:{ends})(?s:.*)"{present}'


def _parts(pattern: str) -> Iterator[str]:
    """The pattern in signs, with what is escaped and each class as one part."""
    yield from re.findall(r"\\.|\[\^?(?:\\.|[^\]])+\]|.", pattern)


def _add_row_rules(found: Ruleset, contract: Contract) -> None:
    as_written = {
        column.name.lower()
        for column in contract.columns
        if column.logical_type == "string" and column.required and not contract.missing_texts(column)
    }
    for rule in contract.quality:
        name = f"row.{rule.name}"
        if not columns_of_condition(rule.query) <= as_written:
            why = "it is about values, and the raw table holds texts: only required texts are the same in both"
            found.left_out.append((name, why))
        elif any(sign in rule.query for sign in '"\\\n\r') or has_comment(rule.query):
            found.left_out.append((name, "its expression holds a quote, a backslash, a line end or a comment"))
        else:
            sql = f"select count(*) from primary where not coalesce(({rule.query}), false)"  # noqa: S608 - not run here
            found.rules.append((f"{name}, {rule.severity}", f'CustomSql "{sql}" = 0'))
