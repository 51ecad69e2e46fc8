"""The differences between two states of the features: rows by entity and day, values by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from quartal.core.errors import ConfigurationError, PipelineError
from quartal.features.table_reading import read_state

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from pyiceberg.table import Table

    from quartal.features.tags import State

_DAY = "day"


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """How many values of a column differ in the rows that both states have, and the first of them by key.

    Attributes:
        column: its name.
        changed: number of rows in which it differs; a missing value differs from every other.
        key: entity and day of the example.
        before: the example's value in the first state.
        after: the example's value in the second state.
    """

    column: str
    changed: int
    key: dict[str, Any]
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class FeaturesDiff:
    """The difference of two states.

    Attributes:
        key: the columns that identify a row: the entity's, then the day.
        rows_before: rows of the first state.
        rows_after: rows of the second state.
        added: rows of the second state whose key the first does not have.
        removed: rows of the first state whose key the second does not have.
        changed: rows of both with another value in at least one column that both have.
        columns_added: columns that only the second state has.
        columns_removed: columns that only the first state has.
        columns: one entry for each column with a changed value, in the table's order.
    """

    key: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    columns: tuple[ColumnChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two states hold the same."""
        return not (self.added or self.removed or self.changed or self.columns_added or self.columns_removed)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def feature_key(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that identify a row of the features: those of the entity, if it has one, then the day.

    Raises:
        ConfigurationError: there is no day, so these are no features.
    """
    if _DAY not in columns:
        raise ConfigurationError(
            f"The columns {', '.join(columns)} are not those of features (entity, day, then the values).",
            remedy="Publish the features again: `quartal run`.",
        )
    return tuple(columns[: columns.index(_DAY) + 1])


def diff_states(table: Table, before: State, after: State) -> FeaturesDiff:
    """Compare two states of the features table.

    Raises:
        AwsError: the files of one cannot be read.
    """
    return diff_features(read_state(table, before), read_state(table, after))


def diff_features(before: pa.Table, after: pa.Table) -> FeaturesDiff:
    """Compare two states of the features.

    Raises:
        ConfigurationError: the states have different keys, since the contract's entity changed between them.
        PipelineError: a state has two rows for one entity and day.
    """
    import duckdb

    key = feature_key(after.column_names)
    if feature_key(before.column_names) != key:
        raise ConfigurationError(
            f"The rows cannot be compared: they are identified by {', '.join(feature_key(before.column_names))} in the "
            f"first state and by {', '.join(key)} in the second.",
            remedy="Compare two tags that were published with the same entity.",
        )
    before, after = _without_zones(before), _without_zones(after)
    compared = {name: _comparable(name, before.schema, after.schema) for name in after.column_names}
    common = [name for name in after.column_names if name in before.column_names and name not in key]
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        for name, state in (("old", before), ("new", after)):
            database.register(name, state)
            _refuse_double_rows(database, name, key)
        same_key = " AND ".join(" IS NOT DISTINCT FROM ".join(compared[name]) for name in key)
        differs = [" IS DISTINCT FROM ".join(compared[name]) for name in common]
        counts = ", ".join(f"count(*) FILTER ({each})" for each in (" OR ".join(differs) or "false", *differs))
        joined = f"old JOIN new ON {same_key}"
        changed, *per_column = _first(database, f"SELECT {counts} FROM {joined}")  # noqa: S608  # names are quoted
        return FeaturesDiff(
            key=key,
            rows_before=before.num_rows,
            rows_after=after.num_rows,
            added=_first(database, f"SELECT count(*) FROM new ANTI JOIN old ON {same_key}")[0],  # noqa: S608
            removed=_first(database, f"SELECT count(*) FROM old ANTI JOIN new ON {same_key}")[0],  # noqa: S608
            changed=changed,
            columns_added=tuple(name for name in after.column_names if name not in before.column_names),
            columns_removed=tuple(name for name in before.column_names if name not in after.column_names),
            columns=tuple(
                _example(database, name, count, key, f"{joined} WHERE {condition}")
                for name, count, condition in zip(common, per_column, differs, strict=True)
                if count
            ),
        )


def _without_zones(state: pa.Table) -> pa.Table:
    """The same with points in time as clocks in UTC: DuckDB hands others over through pytz alone."""
    import pyarrow as pa

    for place, field in enumerate(state.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            state = state.set_column(place, field.name, state[field.name].cast(pa.timestamp(field.type.unit)))
    return state


def _comparable(name: str, before: pa.Schema, after: pa.Schema) -> tuple[str, str]:
    """A column of both states in SQL; as texts if it has types that may not compare."""
    sides = (f"old.{_quoted(name)}", f"new.{_quoted(name)}")
    if name not in before.names:
        return sides
    types = (before.field(name).type, after.field(name).type)
    if types[0] == types[1] or all(map(_is_number, types)):
        return sides
    return f"{sides[0]}::VARCHAR", f"{sides[1]}::VARCHAR"


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind))


def _example(
    database: duckdb.DuckDBPyConnection, column: str, count: int, key: tuple[str, ...], rows: str
) -> ColumnChange:
    keys = ", ".join(f"new.{_quoted(name)}" for name in key)
    values = f"old.{_quoted(column)}, new.{_quoted(column)}"
    *found, before, after = _first(database, f"SELECT {keys}, {values} FROM {rows} ORDER BY {keys} LIMIT 1")  # noqa: S608
    return ColumnChange(column, count, dict(zip(key, found, strict=True)), before, after)


def _refuse_double_rows(database: duckdb.DuckDBPyConnection, state: str, key: tuple[str, ...]) -> None:
    keys = ", ".join(_quoted(name) for name in key)
    doubles = f"SELECT {keys} FROM {state} GROUP BY {keys} HAVING count(*) > 1 ORDER BY {keys} LIMIT 1"  # noqa: S608
    found = database.execute(doubles).fetchone()
    if found is not None:
        which = "first" if state == "old" else "second"
        raise PipelineError(
            f"The {which} state has more than one row for {', '.join(str(value) for value in found)}, so rows cannot "
            "be matched.",
            remedy=f"The job publishes one row for each {', '.join(key)}. "
            "Find out which other program wrote to the table.",
        )


def _first(database: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = database.execute(sql).fetchone()
    if row is None:
        raise LookupError(f"no row for: {sql}")
    return tuple(row)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
