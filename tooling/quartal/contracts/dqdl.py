"""A contract's rules as a DQDL ruleset for AWS Glue Data Quality, as far as DQDL can express them exactly.

The ruleset is for the raw table, where all columns are text. A rule passes if no row breaks the contract's rule. DQDL
cannot say what happens to rows that do. Rules that DQDL cannot express exactly are left out and listed in comments.
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
    r"(?:[^\\(){.\[\]\"#\n]|\{[0-9]+(?:,[0-9]*)?\}|\\[dDwW.\\/+*?()\[\]{}^$|-]|\((?!\?)|\(\?:|\)"
    r"|\[\^?(?:[^\\\[\]&\"]|\\[dw.\\/\-\]])+\])*"
)
_TEXT = re.compile(r"[^\\\"\n]*")
_DAY_OR_TIME = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}( [AP]M)?")
_OF_FILES = ("row.field_count", "row.encoding")


@dataclass
class Ruleset:
    """Rules in DQDL, and the names of the contract's other rules with the reason why they are left out."""

    rules: list[tuple[str, str]] = field(default_factory=list)  # the contract's name, the rule in DQDL
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def document(self, heading: str) -> str:
        """The text of a file."""
        lines = [
            f"# {heading}",
            "# For the raw table, where all columns are text. Each rule passes if no row breaks it.",
        ]
        lines += [f"# Left out: {name}: {reason}" for name, reason in self.left_out]
        body = [
            f"    {rule}{',' if place < len(self.rules) else ''} # {name}"
            for place, (name, rule) in enumerate(self.rules, 1)
        ]
        return "\n".join([*lines, "Rules = [", *body, "]", ""])


def build_ruleset(contract: Contract) -> Ruleset:
    """The rules of a contract that DQDL can express exactly, and those that it cannot."""
    found = Ruleset()
    for name in _OF_FILES:
        found.left_out.append((name, "it checks lines of files, which a table does not show"))
    for column in contract.columns:
        _add_column(found, contract, column)
    _add_row_rules(found, contract)
    if contract.key:
        why = "a row with a repeated key is a duplicate and breaks no rule"
        found.left_out.append((f"the key {', '.join(contract.key)}", why))
    if contract.has_zone_of_its_own:
        found.left_out.append(("row.event_time", "DQDL does not support daylight-saving time"))
    if contract.thresholds.quarantined_share is not None:
        found.left_out.append(("thresholds.quarantinedShare", "it applies to all rules together"))
    return found


def _add_column(found: Ruleset, contract: Contract, column: Column) -> None:
    missing = ("", *contract.missing_texts(column))
    for rule in contract.rules_of_column(column):
        name = f"{column.name}.{rule}"
        if contract.files.format is not FileFormat.CSV and column.logical_type != "string":
            found.left_out.append((name, f"its column may not be text in {contract.files.format.value} files"))
            continue
        if any(not _TEXT.fullmatch(text) or _DAY_OR_TIME.fullmatch(text) for text in missing):
            found.left_out.append((name, "a missing value contains a quote, a backslash, a date or a time"))
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
    literals = ", ".join(f"'{text}'" for text in missing)
    if rule != "required" and any("'" in text for text in missing):
        return _LeftOut("a missing value contains an apostrophe")
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
            return _LeftOut("a value contains a quote or a backslash, or DQDL would read it as a date or a time")
        listed = ", ".join(f'"{value}"' for value in values)
        return f"ColumnValues {name} in [{listed}]{present}"
    if rule == "format" and column.logical_type == "date" and not rules.other_formats and rules.format in _DATE_FORMATS:
        return f'ColumnDataType {name} = "Date"{present} with format = "{rules.format}"'
    if rule == "format":
        kind = "time of day" if column.logical_type == "string" else column.logical_type
        return _LeftOut(f"DQDL has no type for this {kind} format")
    if column.logical_type == "date" and rules.format == "yyyy-MM-dd" and not rules.other_formats:
        bound = rules.minimum if rule == "minimum" else rules.maximum
        if isinstance(bound, date):
            sign, text = ">=" if rule == "minimum" else "<=", f"`{column.name}`"
            # the length, because Java's $ also matches before a last line end
            is_like_one = f"length({text}) = 10 and {text} rlike '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'"
            is_date = f"{is_like_one} and try_cast({text} as date) is not null"
            return f'ColumnValues {name} {sign} "{bound.isoformat()}" where "{is_date}"'
    if rule == "future":
        return _LeftOut("it depends on the day of the file's upload")
    if rule == "minimum" and rules.minimum is None:
        return _LeftOut("the earliest day is the job's default, not the contract's")
    return _LeftOut(f"DQDL cannot compare text with a value of type {column.logical_type}")


def _pattern(name: str, pattern: str, present: str) -> str | _LeftOut:
    if not _PATTERN.fullmatch(pattern):
        return _LeftOut("the pattern contains a quote, or syntax that Java and RE2 may read differently")
    # a contract's pattern may match anywhere, DQDL's the whole text; Java's $ also matches before a last line end
    ends = "".join("\\z" if part == "$" else part for part in _parts(pattern))
    return f'ColumnValues {name} matches "(?s:.*)(?:{ends})(?s:.*)"{present}'


def _parts(pattern: str) -> Iterator[str]:
    """The pattern in signs, with what is escaped and each class as one part."""
    yield from re.findall(r"\\.|\[\^?(?:\\.|[^\]])+\]|.", pattern)


def _add_row_rules(found: Ruleset, contract: Contract) -> None:
    as_written = {
        column.name.lower(): f"nullif(`{column.name}`, '') as `{column.name}`"
        for column in contract.columns
        if column.logical_type == "string"
        and column.required
        and not column.rules.layouts
        and not contract.missing_texts(column)
    }
    for rule in contract.quality:
        name = f"row.{rule.name}"
        used = columns_of_condition(rule.query)
        if not used <= as_written.keys():
            why = "it uses typed values, but the raw table holds text; only required text columns are the same in both"
            found.left_out.append((name, why))
        elif any(sign in rule.query for sign in '"\\\n\r') or has_comment(rule.query):
            found.left_out.append((name, "its expression contains a quote, a backslash, a line break or a comment"))
        else:
            # a missing text is null in the contract's expressions
            columns = ", ".join(as_written[column] for column in sorted(used))
            rows = f"(select {columns} from primary) as named" if columns else "primary"  # noqa: S608 - not run here
            sql = f"select count(*) from {rows} where not coalesce(({rule.query}), false)"  # noqa: S608 - not run here
            found.rules.append((f"{name}, {rule.severity}", f'CustomSql "{sql}" = 0'))
