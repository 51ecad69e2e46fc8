"""Hooks the metastore into PySpark's own methods, which scripts call."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from pyspark.sql import DataFrame, DataFrameReader, DataFrameWriter, SparkSession, SQLContext
from pyspark.sql.catalog import Catalog as SparkCatalog

from awsglue.catalog import Catalog
from awsglue.errors import unsupported
from awsglue.metastore.metastore import Metastore
from awsglue.metastore.spark_side import HIDDEN
from awsglue.spark_versions import frame_class

_REMEMBERED = "_glue_metastore"


def install(catalog: Catalog | None = None) -> Callable[[], None]:
    """Make the sessions of this process use the Data Catalog. Returns a function that undoes it."""
    originals: list[tuple[type, str, Any]] = []
    sql = SparkSession.sql
    metastore = Metastore(lambda session, text: sql(session, text), catalog)

    def replace(owner: type, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        original = owner.__dict__[name]
        originals.append((owner, name, original))
        setattr(owner, name, wraps(original)(around(original)))

    _sessions(replace, metastore)
    _catalogs(replace, metastore)
    _writers(replace, metastore)

    def uninstall() -> None:
        for owner, name, original in reversed(originals):
            setattr(owner, name, original)

    return uninstall


def _sessions(replace: Any, metastore: Metastore) -> None:
    def sql(original: Any) -> Any:
        def call(self: SparkSession, sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:
            keywords = {} if args is None else {"args": args}
            answer: DataFrame = metastore.run(self, sqlQuery, lambda text: original(self, text, **keywords, **kwargs))
            return answer

        return call

    def table(original: Any) -> Any:
        def call(self: Any, tableName: str) -> DataFrame:
            metastore.table(getattr(self, "_spark", self), tableName)
            answer: DataFrame = original(self, tableName)
            return answer

        return call

    def listed(original: Any) -> Any:
        def call(self: SQLContext, dbName: str | None = None) -> Any:
            metastore.listed(self.sparkSession, dbName)
            return original(self, dbName)

        return call

    replace(SparkSession, "sql", sql)
    replace(SparkSession, "table", table)
    replace(DataFrameReader, "table", table)

    def write_to(original: Any) -> Any:
        def call(self: DataFrame, table: str) -> Any:
            if table.count(".") <= 1 or table.startswith("spark_catalog."):
                unsupported(f"DataFrame.writeTo({table})", "use saveAsTable or insertInto")
            return original(self, table)

        return call

    replace(frame_class(), "writeTo", write_to)
    replace(SQLContext, "tables", listed)
    replace(SQLContext, "tableNames", listed)
    # this metastore replaces Hive's own
    replace(SparkSession.Builder, "enableHiveSupport", lambda _: lambda self: self)


def _catalogs(replace: Any, metastore: Metastore) -> None:
    def databases(original: Any) -> Any:
        def call(self: SparkCatalog, *args: Any, **kwargs: Any) -> Any:
            metastore.databases(self._sparkSession)
            found = original(self, *args, **kwargs)
            return [one for one in found if one.name != HIDDEN] if isinstance(found, list) else found

        return call

    def tables(original: Any) -> Any:
        def call(self: SparkCatalog, dbName: str | None = None, pattern: str | None = None) -> Any:
            metastore.listed(self._sparkSession, dbName)
            return original(self, dbName, pattern)

        return call

    def table(original: Any) -> Any:
        def call(self: SparkCatalog, tableName: str, *args: Any, **kwargs: Any) -> Any:
            database = args[0] if args else kwargs.get("dbName")
            named = tableName if database is None or not isinstance(database, str) else f"`{database}`.`{tableName}`"
            metastore.table(self._sparkSession, named)
            return original(self, tableName, *args, **kwargs)

        return call

    def by_sql(statement: str) -> Any:
        def around(_: Any) -> Any:
            def call(self: SparkCatalog, tableName: str) -> None:
                self._sparkSession.sql(statement.format(tableName))

            return call

        return around

    for name in ("listDatabases", "databaseExists", "getDatabase", "setCurrentDatabase"):
        replace(SparkCatalog, name, databases)
    replace(SparkCatalog, "listTables", tables)
    for name in ("tableExists", "getTable", "listColumns", "cacheTable", "refreshTable"):
        replace(SparkCatalog, name, table)
    replace(SparkCatalog, "recoverPartitions", by_sql("MSCK REPAIR TABLE {}"))


def _writers(replace: Any, metastore: Metastore) -> None:
    def remembered(what: str) -> Any:
        def around(original: Any) -> Any:
            def call(self: DataFrameWriter, *args: Any, **kwargs: Any) -> DataFrameWriter:
                kept = self.__dict__.setdefault(_REMEMBERED, {})
                if what == "option":
                    key = args[0] if args else kwargs.get("key")
                    kept[str(key).lower()] = args[1] if len(args) > 1 else kwargs.get("value")
                elif what == "options":
                    kept.update({key.lower(): value for key, value in kwargs.items()})
                else:
                    kept[f"={what}"] = args[0] if args else next(iter(kwargs.values()), None)
                answer: DataFrameWriter = original(self, *args, **kwargs)
                return answer

            return call

        return around

    def save_as_table(original: Any) -> Any:
        def call(
            self: DataFrameWriter,
            name: str,
            format: str | None = None,  # noqa: A002 - Spark's name
            mode: str | None = None,
            partitionBy: Any = None,
            **options: Any,
        ) -> None:
            session = self._spark
            kept = {**self.__dict__.get(_REMEMBERED, {}), **{key.lower(): value for key, value in options.items()}}
            wanted, chosen = str(mode or kept.get("=mode") or "error"), format or kept.get("=format")
            if str(chosen).lower() == "hive":
                _save_to_hive(self, metastore, name, wanted)
                return
            is_appended = wanted.lower() == "append" and metastore.exists(session, name)
            if is_appended and metastore.is_hive_table(session, name):
                problem = f"The format of the existing table {name} is `HiveFileFormat`."
                raise ValueError(
                    f'AnalysisException: {problem} `{chosen or "parquet"}`; use insertInto, or format("hive")'
                )
            is_managed = "path" not in kept and not is_appended
            is_kept = wanted.lower() in {"ignore", "error", "errorifexists"} and metastore.exists(session, name)
            if is_managed and not is_kept and not metastore.is_elsewhere(session, name):
                options["path"] = metastore.location_for(session, name)
            metastore.save(
                session, name, lambda: original(self, name, format, mode, partitionBy, **options), is_managed=is_managed
            )

        return call

    def insert_into(original: Any) -> Any:
        def call(self: DataFrameWriter, tableName: str, overwrite: bool | None = None) -> None:
            metastore.insert(self._spark, tableName, lambda: original(self, tableName, overwrite))

        return call

    for name in ("format", "mode", "option", "options"):
        replace(DataFrameWriter, name, remembered(name))
    replace(DataFrameWriter, "saveAsTable", save_as_table)
    replace(DataFrameWriter, "insertInto", insert_into)


def _save_to_hive(writer: DataFrameWriter, metastore: Metastore, name: str, mode: str) -> None:
    """Save with `format("hive")`: fill a Hive table, with columns matched by name."""
    session = writer._spark
    if mode.lower() != "append" or not metastore.is_hive_table(session, name):
        unsupported('saveAsTable with format("hive") other than append to an existing table', "use CREATE TABLE")
    frame = writer._df
    columns = session.table(name).columns
    frame.select(*columns).write.insertInto(name)
