"""Partitions that are defined by a table's properties, not by the catalog: enum, integer, date and injected keys.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from localstack_glue.athena.engine.catalog import CatalogTable, Column, Partition
from localstack_glue.athena.engine.errors import QueryFailedError

_MOST = 100_000
_NOW = re.compile(r"now\s*(?:([+-])\s*(\d+)\s*(year|month|week|day|hour|minute|second)s?)?", re.IGNORECASE)
_TOKENS = re.compile(r"y{4}|M{2}|d{2}|H{2}|m{2}|s{2}|'[^']*'|[A-Za-z]+|[^A-Za-z']+")
_STRFTIME = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_UNITS = {"week": timedelta(weeks=1), "day": timedelta(days=1), "hour": timedelta(hours=1)} | {
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "millisecond": timedelta(milliseconds=1),
}
_INTERVALS = {"day": "DAYS", "month": "MONTHS"}  # of dates that are as fine as that


def is_projected(table: CatalogTable) -> bool:
    """Whether the catalog's partitions are not looked at."""
    return table.parameters.get("projection.enabled", "").lower() == "true" and bool(table.partition_keys)


def projected(table: CatalogTable, tree: exp.Expr, view: str, now: datetime | None = None) -> list[Partition]:
    """All partitions that the query may read.

    Args:
        table: the table.
        tree: the query, which contains the values of injected keys.
        view: the table's name in it.
        now: the present; for tests.

    Raises:
        QueryFailedError: the properties are wrong, or an injected key has no value.
    """
    own = _Properties(table, now or datetime.now(UTC).replace(tzinfo=None))
    own.check()
    values: list[Sequence[str]] = [own.values(key, tree, view) for key in table.partition_keys]
    count = 1
    for each in values:
        count *= len(each)
    if count > _MOST:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"{table.name}: {count} projected partitions; the limit here is {_MOST}"
        )
    return [Partition(combination, own.location(combination)) for combination in itertools.product(*values)]


class _Properties:
    def __init__(self, table: CatalogTable, now: datetime) -> None:
        self._table = table
        self._now = now
        self._parameters = {key.lower(): value for key, value in table.parameters.items()}

    def check(self) -> None:
        """Check that all keys have a type.

        Raises:
            QueryFailedError: one has none.
        """
        keys = [key.name for key in self._table.partition_keys]
        missing = [key for key in keys if f"projection.{key}.type" not in self._parameters]
        if missing:
            name = f"{self._table.database}.{self._table.name}"
            raise QueryFailedError(
                "HIVE_METASTORE_ERROR",
                f"Table {name} is configured for partition projection, but the following partition columns are missing "
                f"projection configuration: [{', '.join(missing)}] (table {name})",
            )

    def location(self, values: Sequence[str]) -> str:
        keys = [key.name for key in self._table.partition_keys]
        template = self._parameters.get("storage.location.template")
        if not template:
            template = self._table.location.rstrip("/") + "".join(f"/{key}=${{{key}}}" for key in keys) + "/"
        for key, value in zip(keys, values, strict=True):
            if f"${{{key}}}" not in template.lower():
                raise self._wrong(f"storage.location.template lacks ${{{key}}}")
            plain = value.replace("\\", "\\\\")
            template = re.sub(re.escape(f"${{{key}}}"), plain, template, flags=re.IGNORECASE)
        return template

    def values(self, key: Column, tree: exp.Expr, view: str) -> Sequence[str]:
        kinds: dict[str, Callable[[str], Sequence[str]]] = {
            "enum": lambda name: self._property(name, "values").split(","),  # a blank is part of a value
            "integer": self._integers,
            "date": self._dates,
        }
        kind = self._property(key.name, "type").strip().lower()
        if kind == "injected":
            if key.hive_type.lower() != "string":
                raise self._wrong(f"projection.{key.name}.type is injected, which is for the type string alone")
            return self._injected(key.name, tree, view)
        if kind not in kinds:
            raise self._wrong(f"projection.{key.name}.type is {kind}")
        return kinds[kind](key.name)

    def _integers(self, name: str) -> Sequence[str]:
        low, high = self._bounds(name)
        step, digits = self._positive(name, "interval", 1), self._positive(name, "digits", 0)
        try:
            numbers = range(int(low), int(high) + 1, step)
        except ValueError as error:
            raise self._wrong(f"projection.{name}.range: {error}") from error
        return _short([f"{number:0{digits + (number < 0)}d}" for number in numbers[: _MOST + 1]])

    def _dates(self, name: str) -> Sequence[str]:
        form = self._property(name, "format")
        tokens = _TOKENS.findall(form)
        unknown = [token for token in tokens if token[0].isalpha() and token not in _STRFTIME]
        if unknown:
            raise QueryFailedError(
                "NOT_SUPPORTED", f"{self._table.name}: dates in the form {form} are not projected here"
            )
        pattern = "".join(_STRFTIME.get(token) or token.strip("'").replace("%", "%%") for token in tokens)
        default = _INTERVALS.get(self._finest(tokens))
        unit = self._property(name, "interval.unit", default).strip().lower().removesuffix("s")
        step = self._positive(name, "interval", None if default is None else 1)
        low, high = (self._moment(name, text, pattern) for text in self._bounds(name))
        moments = itertools.takewhile(lambda moment: moment <= high, _steps(low, step, unit))
        return _short([moment.strftime(pattern) for moment in itertools.islice(moments, _MOST + 1)])

    @staticmethod
    def _finest(tokens: Sequence[str]) -> str:
        """The least unit of a format, as far as it has a usual interval."""
        if {"HH", "mm", "ss"} & set(tokens):
            return ""
        return "day" if "dd" in tokens else "month" if "MM" in tokens else ""

    def _positive(self, name: str, member: str, default: int | None) -> int:
        """A property that is a number above zero."""
        text = self._property(name, member, None if default is None else str(default)).strip()
        if not text.isdigit() or (int(text) < 1 and text != str(default)):
            raise self._wrong(f"projection.{name}.{member} must be a positive whole number, not {text}")
        return int(text)

    def _moment(self, name: str, text: str, pattern: str) -> datetime:
        found = _NOW.fullmatch(text.strip())
        if found is None:
            try:
                return datetime.strptime(text, pattern)
            except ValueError as error:
                raise self._wrong(f"projection.{name}.range: {error}") from error
        moment = self._now
        if found[1]:
            moment = _moved(moment, int(found[1] + found[2]), found[3].lower())
        return datetime.strptime(moment.strftime(pattern), pattern)

    def _injected(self, name: str, tree: exp.Expr, view: str) -> Sequence[str]:
        found = _static_values(tree, view, name)
        if not found:
            raise QueryFailedError(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {name}, the WHERE clause must contain only static "
                "equality conditions, and at least one such condition must be present.",
            )
        return found

    def _bounds(self, name: str) -> tuple[str, str]:
        parts = self._property(name, "range").split(",")
        if len(parts) != 2:
            raise self._wrong(f"projection.{name}.range must be two values")
        return parts[0], parts[1]

    def _property(self, name: str, member: str, default: str | None = None) -> str:
        found = self._parameters.get(f"projection.{name}.{member}", default)
        if found is None:
            raise self._wrong(f"projection.{name}.{member} is missing")
        return found

    def _wrong(self, what: str) -> QueryFailedError:
        return QueryFailedError("INVALID_TABLE_PROPERTY", f"{self._table.database}.{self._table.name}: {what}")


def _short(values: list[str]) -> list[str]:
    if len(values) > _MOST:
        raise QueryFailedError("NOT_SUPPORTED", f"more than {_MOST} projected values are not supported here")
    return values


def _steps(start: datetime, step: int, unit: str) -> Iterator[datetime]:
    for number in itertools.count():
        yield _moved(start, number * step, unit)


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    if unit in _UNITS:
        return moment + count * _UNITS[unit]
    if unit not in ("month", "year"):
        raise QueryFailedError("INVALID_TABLE_PROPERTY", f"{unit} is not a unit of a projected date")
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "year" else 1)
    first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(moment.day, (following - timedelta(days=1)).day))


def _static_values(tree: exp.Expr, view: str, key: str) -> list[str]:
    """The values that every mention of a table gives a key by `=` or IN; none if one does not."""
    found: list[str] = []
    for select in tree.find_all(exp.Select):
        tables = [each for each in select.find_all(exp.Table) if each.find_ancestor(exp.Select) is select]
        aliases = {each.alias_or_name for each in tables if each.name == view}
        if not aliases:
            continue
        where = select.args.get("where")
        condition = where.this if where is not None else None
        parts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
        value_sets = [values for part in parts for values in [_values(part, aliases, key)] if values]
        if not value_sets:
            return []
        found += value_sets[0]
    return list(dict.fromkeys(found))


def _values(part: exp.Expr | None, aliases: set[str], key: str) -> list[str]:
    column = part.this if isinstance(part, exp.EQ | exp.In) else None
    if not isinstance(column, exp.Column) or column.table not in aliases or column.name.lower() != key:
        return []
    values = [part.expression] if isinstance(part, exp.EQ) else list(part.expressions) if part is not None else []
    return [str(value.this) for value in values] if all(isinstance(each, exp.Literal) for each in values) else []
