"""Bookmarks over a database: the rows whose keys come after those of the last commit.

As on the page "Tracking processed data using job bookmarks": the keys are those of the script, or else the primary key
if its values have no gaps. Several keys form one compound key.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.bookmarks import Bookmark
from awsglue.errors import GlueDataError, unsupported
from awsglue.glue_logger import GlueLogger
from awsglue.jdbc.endpoint import Endpoint
from awsglue.jdbc.hashing import named

OPTIONS = ("jobBookmarkKeys", "jobBookmarkKeysSortOrder")
_ORDERS = ("asc", "desc")
Load = Callable[..., DataFrame]


@dataclass(frozen=True)
class Keys:
    """The key columns of a bookmark, and whether their values descend."""

    fields: Sequence[T.StructField]
    falls: bool

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [field.name for field in self.fields]


def check(options: Mapping[str, Any]) -> None:
    """Refuse an unknown sort order, with or without bookmarks.

    Raises:
        GlueDataError: the order is neither asc nor desc.
    """
    order = options.get("jobBookmarkKeysSortOrder", "asc")
    if str(order).lower() not in _ORDERS:
        raise GlueDataError(f"jobBookmarkKeysSortOrder is {order}; use asc or desc")


def new_rows(
    bookmark: Bookmark, context: str, endpoint: Endpoint, table: str | None, options: Mapping[str, Any], load: Load
) -> DataFrame:
    """The rows that no committed run has read. The last new key is recorded for the next commit."""
    frame = load()
    keys = _keys(frame, endpoint, table, options)
    if keys is None:
        GlueLogger().warn(
            f"job bookmark {context}: all rows are read, because there are no jobBookmarkKeys and no primary key "
            "without gaps"
        )
        return frame
    if any(isinstance(field.dataType, T.StringType | T.FloatType | T.DoubleType) for field in keys.fields):
        # the database may sort texts differently from Spark, and a real is not a decimal literal
        frame = load(pushDownPredicate="false")
    last = bookmark.last_keys(context, keys.names)
    if last is not None:
        frame = frame.where(_beyond(keys, last))
    reached = _furthest(frame, keys)
    if reached is None:
        return frame
    bookmark.note_keys(context, keys.names, reached)
    # rows that are added during this run belong to the next one
    return frame.where(~F.coalesce(_beyond(keys, reached), F.lit(False)))


def _keys(frame: DataFrame, endpoint: Endpoint, table: str | None, options: Mapping[str, Any]) -> Keys | None:
    chosen = options.get("jobBookmarkKeys")
    wanted = [chosen] if isinstance(chosen, str) else list(chosen or ())
    if not wanted:
        return _primary_key(frame, endpoint, table)
    names = [named(str(name), frame.columns, "jobBookmarkKeys") for name in wanted]
    fields = [frame.schema[name] for name in names]
    for field in fields:
        comparable = T.NumericType | T.StringType | T.DateType | T.TimestampType | T.TimestampNTZType
        if not isinstance(field.dataType, comparable):
            unsupported(f"jobBookmarkKeys {field.name} of type {field.dataType.simpleString()}")
    return Keys(fields, str(options.get("jobBookmarkKeysSortOrder", "asc")).lower() == "desc")


def _primary_key(frame: DataFrame, endpoint: Endpoint, table: str | None) -> Keys | None:
    """The primary key, if it is one column of integers without gaps."""
    columns = primary_key(frame, endpoint, table) if table and not table.lstrip().startswith("(") else []
    if len(columns) != 1:
        return None
    field = frame.schema[named(columns[0], frame.columns, "the primary key")]
    is_whole = isinstance(field.dataType, T.IntegralType) or (
        isinstance(field.dataType, T.DecimalType) and field.dataType.scale == 0
    )
    if not is_whole:
        return None
    name = f"`{field.name}`"
    row = frame.agg(F.count(name), F.min(name), F.max(name)).first()
    if row is None or (row[0] and row[0] != row[2] - row[1] + 1):
        return None
    return Keys([field], falls=False)


def primary_key(frame: DataFrame, endpoint: Endpoint, table: str | None) -> list[str]:
    """Ask the database for a table's primary key."""
    jvm: Any = frame.sparkSession._jvm
    jdbc_options = {"url": endpoint.url, "dbtable": str(table), **endpoint.properties}
    options = jvm.org.apache.spark.sql.execution.datasources.jdbc.JDBCOptions(jvm.PythonUtils.toScalaMap(jdbc_options))
    dialect = jvm.org.apache.spark.sql.jdbc.JdbcDialects.get(endpoint.url)
    connection = dialect.createConnectionFactory(options).apply(-1)
    try:
        *outer, name = split_table_name(str(table), _stored_case(connection.getMetaData()))
        schema = outer[-1] if outer else None
        catalog = outer[-2] if len(outer) > 1 else connection.getCatalog()
        if endpoint.vendor.name == "mysql":  # MySQL's catalogs are what others call schemas
            catalog, schema = schema or catalog, None
        elif schema is None:
            schema = connection.getSchema()
        found = connection.getMetaData().getPrimaryKeys(catalog, schema, name)
        columns = {}
        while found.next():
            columns[int(found.getShort("KEY_SEQ"))] = str(found.getString("COLUMN_NAME"))
        return [columns[position] for position in sorted(columns)]
    finally:
        connection.close()


def split_table_name(table: str, stored: Callable[[str], str]) -> list[str]:
    """Catalog, schema and table, as far as they are named. Unquoted names are converted by `stored`."""
    quoted = re.finditer(r'\s*(?:(["`])((?:(?!\1).|\1\1)*)\1|\[([^\]]*)\]|([^."`\[]+))\s*(?:\.|$)', table)
    return [
        stored(bare.strip()) if bare else bracketed or text.replace(mark * 2, mark)
        for mark, text, bracketed, bare in (found.groups("") for found in quoted)
    ]


def _stored_case(metadata: Any) -> Callable[[str], str]:
    """The function that converts an unquoted name to the case in which the database stores it."""
    if metadata.storesLowerCaseIdentifiers():
        return str.lower
    return str.upper if metadata.storesUpperCaseIdentifiers() else str


def _furthest(frame: DataFrame, keys: Keys) -> list[str] | None:
    """The largest compound key, or the smallest of descending keys, with each value as text."""
    whole = F.struct(*(F.col(f"`{name}`") for name in keys.names))
    present = reduce(lambda one, other: one & other, (F.col(f"`{name}`").isNotNull() for name in keys.names))
    row = (
        frame.where(present)
        .agg((F.min if keys.falls else F.max)(whole).alias("key"))
        .select(*(_as_text(F.col(f"key.`{field.name}`"), field.dataType) for field in keys.fields))
        .first()
    )
    return None if row is None or row[0] is None else [str(value) for value in row]


def _beyond(keys: Keys, values: Sequence[str]) -> Column:
    """The condition for rows after a key."""
    found: Column | None = None
    for field, value in reversed(list(zip(keys.fields, values, strict=True))):
        column, limit = F.col(f"`{field.name}`"), _from_text(value, field.dataType)
        step = column < limit if keys.falls else column > limit
        found = step if found is None else step | ((column == limit) & found)
    if found is None:
        raise GlueDataError("jobBookmarkKeys is empty")
    return found


def _as_text(column: Column, kind: T.DataType) -> Column:
    """A value as text that does not depend on the session's time zone."""
    if isinstance(kind, T.TimestampType):
        return F.unix_micros(column).cast("string")
    return column.cast("string")


def _from_text(value: str, kind: T.DataType) -> Column:
    if isinstance(kind, T.TimestampType):
        return F.timestamp_micros(F.lit(int(value)))
    return F.lit(value).cast(kind)
