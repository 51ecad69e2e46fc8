"""The search of SearchTables: a text in names, descriptions, columns and parameters, and properties of tables."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import JsonDict

_COMPARATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQUALS": operator.eq,
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
    "GREATER_THAN_EQUALS": operator.ge,
    "LESS_THAN_EQUALS": operator.le,
}
_TOKENS = re.compile(r"[-:#\s]+")  # the reference names these of the punctuation that separates
_TIMES = {"CreateTime", "UpdateTime", "LastAccessTime"}
_TEXTS = {"Name", "DatabaseName", "CatalogId", "Owner", "TableType", "Description", "VersionId"}


def search(
    tables: Iterable[JsonDict],
    text: str | None,
    filters: Sequence[Mapping[str, Any]],
    sort: Sequence[Mapping[str, Any]],
) -> list[JsonDict]:
    """Return the tables that hold the text and pass all filters; a text in double quotes is searched as a whole.

    Raises:
        InvalidInputException: tables cannot be sorted by that member.
    """
    found = [
        table
        for table in tables
        if (not text or _holds_text(table, text)) and all(_passes(table, condition) for condition in filters)
    ]
    found.sort(key=lambda table: (table["DatabaseName"], table["Name"]))
    for criterion in reversed(sort):
        member = criterion.get("FieldName", "Name")
        if member not in _TIMES | _TEXTS:
            raise InvalidInputException(f"Tables cannot be sorted by {member}")
        found.sort(key=lambda table: _sortable(table.get(member)), reverse=criterion.get("Sort") == "DESC")
    return found


def _sortable(value: Any) -> tuple[bool, Any]:
    return value is not None, value if isinstance(value, int | float) else str(value or "")


def _holds_text(table: JsonDict, text: str) -> bool:
    haystack = " ".join(_texts(table)).lower()
    words = [text[1:-1]] if len(text) > 1 and text.startswith('"') and text.endswith('"') else text.split()
    return all(word.lower() in haystack for word in words)


def _texts(table: JsonDict) -> Iterable[str]:
    yield from (str(table[member]) for member in _TEXTS if table.get(member))
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or ()
    for column in (*columns, *(table.get("PartitionKeys") or ())):
        yield from (column["Name"], column.get("Comment") or "")
    for key, value in (table.get("Parameters") or {}).items():
        yield f"{key} {value}"


def _passes(table: JsonDict, condition: Mapping[str, str]) -> bool:
    key, wanted = condition.get("Key", ""), condition.get("Value", "")
    compare = _COMPARATORS[condition.get("Comparator") or "EQUALS"]
    if key in _TIMES:
        moment = table.get(key)
        return moment is not None and compare(_seconds(moment), _seconds(wanted))
    if compare is not operator.eq:
        raise InvalidInputException(f"The comparator {condition['Comparator']} is for times only, not for {key}")
    actual = table.get(key) if key in _TEXTS else (table.get("Parameters") or {}).get(key)
    # by the API reference: `link` finds `customer-link`, and not `xxlinkyy`
    return actual is not None and wanted in (str(actual), *_TOKENS.split(str(actual)))


def _seconds(moment: Any) -> float:
    """Read a time: seconds since 1970 as moto keeps it, or a text as the caller gives it."""
    if isinstance(moment, datetime):
        return moment.timestamp()
    if isinstance(moment, int | float):
        return float(moment)
    try:
        if moment.replace(".", "", 1).isdigit():
            return float(moment)
        parsed = datetime.fromisoformat(moment)
    except ValueError as error:
        raise InvalidInputException(f"Not a time: {moment}") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
